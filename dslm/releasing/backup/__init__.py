"""Backup and restore of a workflow's registry: releases and journal, whole or not at all.

In: a registry, or what is left of one. Out: a folder with all that the journal can return to, or a
registry made of such folders. Called by `dslm release backup`, `restore` and `drill`.
"""
