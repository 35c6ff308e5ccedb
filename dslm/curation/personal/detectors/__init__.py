"""Finds personal values in text and in declared fields, one kind a file.

In goes a text, out come found values. Called by replacement.
"""
