"""Checks of gate policy and release policy.

In go policies and the size of gold, out come findings. Called by `check_workflow`.
"""
