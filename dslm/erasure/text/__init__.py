"""Looks for a person's texts in any file, in whatever form it holds them.

In go files and texts, out come hits. Called by the rest of erasure.
"""
