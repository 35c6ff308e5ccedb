"""What a mistyped word was probably meant to be.

Takes a word and those that are valid; gives the most similar. Called wherever a message says "did
you mean".
"""

from __future__ import annotations

import difflib


def nearest(word: str, words: list[str]) -> str | None:
    """The most similar of `words`, or None where none is close."""
    found = difflib.get_close_matches(word, words, n=1, cutoff=0.6)
    return found[0] if found else None
