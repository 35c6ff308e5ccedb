"""Versions, aliases and the journal: what was released, by whom, and the way back."""
