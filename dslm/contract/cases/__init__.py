"""What a case belongs to: its id, group, unit of chance and slices.

In goes a case with the contract's data settings, out come keys. Called by curation, scoring,
gating.
"""
