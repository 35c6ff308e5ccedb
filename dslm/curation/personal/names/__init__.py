"""Names that are also words, and lists of names and words by language.

In goes a word, out comes whether it tells somebody. Called by known values and surrogates.
"""
