"""Checks of gold, sources, review file, lengths and key before curation or training.

In goes a workspace, out come findings. Called by `check_workflow` and `sources_and_params`.
"""
