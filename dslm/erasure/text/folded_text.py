"""Texts as letters and digits alone, and the pieces of them that are looked for.

What JSON, HTML, CSV, mail and excerpts change of a text (escapes, quotes, blanks, the ends of
lines, letter case, composition) is no part of it then. Called by `text_search` and whoever compares
two texts of unknown form.
"""

from __future__ import annotations

import html
import re
import unicodedata

SHORTEST = 16  # letters and digits; what is shorter stands in others' texts by chance
WINDOW = 32  # of a longer text, so many letters and digits at once
MOST_WINDOWS = 8  # of one text, from its start to its end
_NOT_KEPT = bytes(one for one in range(128) if not chr(one).isalnum())
_UNICODE = re.compile(r"\\+u([0-9a-fA-F]{4})")
_ESCAPED = re.compile(r"\\+[nrtbf]")


def plain(text: str) -> str:
    """A text as letters and digits alone, case and composition folded, escapes undone."""
    text = unescaped(text)
    if text.isascii():
        return text.encode().lower().translate(None, _NOT_KEPT).decode()
    text = unicodedata.normalize("NFKC", text).casefold()
    for sign in {one for one in set(text) if not one.isalnum()}:
        text = text.replace(sign, "")
    return text


def unescaped(text: str) -> str:
    """A text without what JSON or HTML escape in it, however often."""
    if "\\" in text:
        text = _UNICODE.sub(lambda found: chr(int(found[1], 16)), text)
        text = _ESCAPED.sub(" ", text)
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if "&" in text:
        text = html.unescape(text)
    return text


def windows_of(text: str) -> tuple[bytes, ...]:
    """The pieces of a plain text that are looked for; none of one that is too short."""
    folded = plain(text)
    return _pieces(folded) if len(folded) >= SHORTEST else ()


def raw_windows_of(text: str) -> tuple[bytes, ...]:
    """The same of a text as it is, for files that are no text themselves."""
    return _pieces(text) if len(text) >= SHORTEST else ()


def _pieces(text: str) -> tuple[bytes, ...]:
    last = max(0, len(text) - WINDOW)
    count = min(MOST_WINDOWS, -(-len(text) // WINDOW))
    starts = {last * place // max(1, count - 1) for place in range(count)}
    return tuple(
        text[start : start + WINDOW].encode("utf-8", "surrogatepass") for start in sorted(starts)
    )
