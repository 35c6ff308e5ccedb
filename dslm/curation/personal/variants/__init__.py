"""All the ways in which one value may be written: separators, spoken digits, names, dates, escapes.

In goes a value, out come its variants. Called by detectors, search and proof.
"""
