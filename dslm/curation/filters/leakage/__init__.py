"""Filters on what would leak: gold, quotations of it, groups and texts across splits.

In goes the case table, out come drops. Called by `filter_order`.
"""
