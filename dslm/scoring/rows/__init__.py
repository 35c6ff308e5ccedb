"""Scored rows: made, compared, and answered again.

In go predictions and gold, out come rows. Called by scoring stages and `dslm verify`.
"""
