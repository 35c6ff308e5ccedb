"""Checks of what the contract says by itself: terms, labels, grounded and personal fields.

In goes a contract with its gold, out come findings. Called by `check_workflow`.
"""
