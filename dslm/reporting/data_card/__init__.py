"""The data card as a page and in the terminal.

In goes a data card, out come HTML and lines. Called by the curate stage and `dslm show data`.
"""
