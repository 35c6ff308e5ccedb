"""Proving: what `dslm check` shows of a workflow before any work is spent on it."""
