"""Replaces personal values: in a case, in its group, everywhere; keeps labels right.

In goes a case, out comes the case without them. Called by the source table and the personal
pipeline.
"""
