"""Invented values in place of personal ones: keyed, of the same form, never two alike.

In go a key and a value, out comes its surrogate. Called by replacement.
"""
