"""Text in which nothing is invisible, for pages, terminals, comments and XML.

Takes any text, gives one that can be shown. Called by `dslm.reporting` and `dslm.gating`.
"""

from __future__ import annotations

import unicodedata


def visible(text: str) -> str:
    """Text in which nothing is invisible: controls and bidi marks are written ⟨U+202E⟩.

    Line breaks and tabs stay. Joiners stay after a character outside ASCII, where scripts and
    emoji need them.
    """
    shown = []
    before = "a"
    for char in text:
        joins = char in "\u200c\u200d" and not before.isascii()
        hidden = unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp")
        kept = joins or char in "\n\t" or not hidden
        shown.append(char if kept else f"⟨U+{ord(char):04X}⟩")
        before = char
    return "".join(shown)
