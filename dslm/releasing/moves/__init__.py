"""Moves of the champion: promotion, rollback, recovery, and what has to hold before one.

In goes a version, out comes a moved alias with its journal entry. Called by `dslm release`.
"""
