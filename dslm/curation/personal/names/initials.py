"""Whether one letter beside a family name is the initial of the given one, or a word of its own.

"Weber, A." and "aweber" are Anna Weber; of "Kellner's claim", "merci. J'ai", "llamé a García" and
"il y a Lefèvre" the letter is a word of the language. Takes a text and where name and letter stand.
Called by `group_index`.
"""

from __future__ import annotations

import re

_NUMBER = re.compile(r"[^\w\n]?\d")  # behind an initial, which then is a number's: "Weber A-12"
_APART = re.compile(r"[.!?…:;\n'’ʼ`]")  # no name goes on over it to an initial
_ENDS = re.compile(r"\.|\s*(?:$|[^\w\s'’ʼ`])|[ \t]*\n")
_WITHIN = "'’ʼ`."  # sentence or word goes on over it to a name
_NEAR = 16  # characters before a letter that are looked at
_GENITIVE = "s"
LEAST_BEFORE_GENITIVE = 5  # letters of a name that is found within a longer word without its ending


def is_initial(text: str, start: int, end: int, *, behind: bool) -> bool:
    """Whether the letter that a name ends or begins with there is an initial.

    Args:
        text: Any.
        start: Where name and letter begin.
        end: Before where they end.
        behind: Whether the letter is the last, or the first.
    """
    return _is_behind(text, start, end) if behind else _is_before(text, start, end)


def _is_behind(text: str, start: int, end: int) -> bool:
    letter, rest = text[end - 1], text[start : end - 1]
    if _NUMBER.match(text, end):
        return False
    if rest[-1:].isalnum():  # in one word: "Kellners"
        return letter.casefold() != _GENITIVE or len(rest) < LEAST_BEFORE_GENITIVE
    gap = rest[len(rest.rstrip(" \t.,;:!?…'’ʼ`\n\r-_()")) :]
    if _APART.search(gap):
        return False
    return _ENDS.match(text, end) is not None or (letter.isupper() and not _goes_on(text, end))


def _is_before(text: str, start: int, end: int) -> bool:
    letter, rest = text[start], text[start + 1 : end]
    if rest[:1].isalnum():
        return True
    gap = rest[: len(rest) - len(rest.lstrip(" \t.,;:!?…'’ʼ`\n\r-_()"))]
    if gap[:1] == ".":
        return True
    if _APART.search(gap):
        return False
    before = text[max(0, start - _NEAR) : start].rstrip(" \t\r")
    return letter.isupper() or not (before[-1:].isalnum() or before[-1:] in [*_WITHIN])


def _goes_on(text: str, end: int) -> bool:
    """Whether a sentence goes on behind a letter: "Smith I have", "J'ai"."""
    after = re.match(r"['’ʼ`]|\s+[^\W\d_]", text[end : end + 4])
    return after is not None and not after[0][-1].isupper()
