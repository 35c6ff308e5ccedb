"""Filters on equal and nearly equal inputs among the curated cases.

In goes the case table, out come drops. Called by `filter_order`.
"""
