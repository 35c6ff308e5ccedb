"""Whether words stand in a text, whole and in a row, case and separating punctuation folded.

`A7731` does not stand in `A77311`, nor `5` in `-5`, nor `12` in `12,50`, nor चना in चनाक. Scripts
that put no blanks between words (Chinese, Thai, …) have words that start and end anywhere, though
not within a character and its marks; so may Korean ones, to which particles are joined. Used by
`grounding` and `narrowing`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from dslm.contract.numbers import is_number
from dslm.contract.text.characters import MINUS, is_mark
from dslm.contract.text.folding import (
    Folded,
    composed,
    folded,
    folded_seen,
    is_gap,
    placed,
    separates,
    with_gaps,
)

# Scripts without blanks between words (UAX #14's SA class, Han, Kana, Yi, …), and Hangul
_UNSPACED = re.compile(
    "[\uac00-\ud7fb\u1100-\u11ff\ua960-\ua97f\u0e00-\u0eff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff\u1950-\u19df\u1a20-\u1aaf\u1b00-\u1b7f"
    "\u2e80-\u2fdf\u3005-\u3007\u3021-\u312f\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\ua000-\ua4cf\ua980-\ua9ff\uaa60-\uaadf\uf900-\ufaff\U0001b000-\U0001b16f\U00020000-\U0003ffff]"
)

# A consonant or vowel of a Korean syllable that has no composed form, and what goes on with it
_WITHIN_SYLLABLE = re.compile(
    "[\u1100-\u11ff\ua960-\ua97f\uac00-\ud7fb][\u1160-\u11ff\ud7b0-\ud7fb]"
)
_FLAGS = re.compile("[\U0001f1e6-\U0001f1ff]+")  # two of these letters are a flag
_LONGEST_SOUGHT = 1000  # characters: a longer value that repeats itself takes the square of it
_LONGEST_NUMBER = 100  # characters: what looks at more takes the square of a long text


def stands_alone(char: str) -> bool:
    """Whether a character is of a script without blanks between words."""
    return _UNSPACED.match(char) is not None


def is_of_word(char: str) -> bool:
    """Whether a character is a letter, a digit or a mark on one."""
    return char.isalnum() or is_mark(char)


class _Known(dict[str, bool]):
    """Whether folding drops a character of a text `with_gaps`, asked once of each."""

    def __missing__(self, char: str) -> bool:
        found = self[char] = separates(char) or is_gap(char)
        return found


_DROPPED = _Known()


@lru_cache(maxsize=32)
def _places(text: str) -> tuple[str, Folded]:
    """The text as folding sees it before separators go, and folded."""
    seen = with_gaps(placed(composed(text)))
    return seen, folded_seen(seen)


@lru_cache(maxsize=32)
def origin(seen: str) -> tuple[int, ...]:
    """Where the characters of a folded text stand in what folding sees, gaps marked."""
    return tuple(place for place, char in enumerate(seen) if not _DROPPED[char])


@lru_cache(maxsize=4)
def _within_flags(text: str) -> frozenset[int]:
    """The places between the two letters of a flag."""
    runs = _FLAGS.finditer(text)
    return frozenset(n for run in runs for n in range(run.start() + 1, run.end(), 2))


def _within_emoji(text: str, place: int) -> bool:
    """Whether a place is between an emoji and its tone of skin, or within a flag."""
    if text[place] < "\U0001f1e6":
        return False
    if not _FLAGS.match(text[place]):
        return "\U0001f3fb" <= text[place] <= "\U0001f3ff"
    return place in _within_flags(text)


def may_start(text: str, place: int) -> bool:
    """Whether a word may start at a place."""
    if place == 0:
        return True
    left, right = text[place - 1], text[place]
    if is_mark(right) or (left == MINUS and right.isdecimal()) or _within_emoji(text, place):
        return False
    if left in ".," and right.isdecimal():
        return not _within_number(text, place)
    if not (is_of_word(left) and is_of_word(right)):
        return True
    return (stands_alone(left) or stands_alone(right)) and not _WITHIN_SYLLABLE.match(left + right)


def may_end(text: str, place: int) -> bool:
    """Whether a word may end before a place."""
    if place == len(text):
        return True
    left, right = text[place - 1], text[place]
    if is_mark(right) or (left.isdecimal() and right in f"^{MINUS}") or _within_emoji(text, place):
        return False
    if right in ".," and left.isdecimal() and text[place + 1 : place + 2].isdecimal():
        return not _within_number(text, place)
    if right in "+#" and left.isalpha():  # C++, C#
        return text[place:].lstrip("+#")[:1].isalnum()
    if not (is_of_word(left) and is_of_word(right)):
        return True
    return (stands_alone(left) or stands_alone(right)) and not _WITHIN_SYLLABLE.match(left + right)


def _within_number(text: str, place: int) -> bool:
    """Whether the digits and points around a place are one number, not a date or version."""
    start, least = place, max(0, place - _LONGEST_NUMBER)
    while start > least and (text[start - 1].isdecimal() or text[start - 1] in ".,"):
        start -= 1
    end, most = place, min(len(text), place + _LONGEST_NUMBER)
    while end < most and (text[end].isdecimal() or text[end] in ".,"):
        end += 1
    return end - start < _LONGEST_NUMBER and is_number(text[start:end].strip(".,"))


def occurrences(text: str, value: str) -> Iterator[int]:
    """Every place where a value stands in a text, in order; they may overlap."""
    if len(value) > _LONGEST_SOUGHT:
        yield from _overlapping(text, value)
        return
    start = text.find(value)
    while start >= 0:
        yield start
        start = text.find(value, start + 1)


def _overlapping(text: str, value: str) -> Iterator[int]:
    """The same in one pass, however long the value and however often it repeats itself.

    Source: D. E. Knuth, J. H. Morris, V. R. Pratt, Fast pattern matching in strings (1977).
    """
    if value not in text:
        return
    borders, size = [0], 0  # of each beginning: the longest shorter one that it ends with
    for char in value[1:]:
        while size and char != value[size]:
            size = borders[size - 1]
        size += char == value[size]
        borders.append(size)
    size = 0
    for place, char in enumerate(text):
        while size and (size == len(value) or char != value[size]):
            size = borders[size - 1]
        size += char == value[size]
        if size == len(value):
            yield place + 1 - size


def _whole(text: str, value: str) -> bool:
    return any(
        may_start(text, start) and may_end(text, start + len(value))
        for start in occurrences(text, value)
    )


def stands_verbatim(text: str, value: str) -> bool:
    """Whether a value stands in a text to the letter, as whole words."""
    return not value.strip() or (_whole(text, value) and stands_folded(text, value))


def stands_folded(text: str, value: str) -> bool:
    """Whether a value stands in a text as whole words, both folded."""
    wanted = folded(value)
    if not wanted.chars:
        return value.strip() in text
    seen, whole = _places(text)
    if wanted.chars not in whole.chars:
        return False
    places, size = origin(seen), len(wanted.chars)
    return any(
        may_start(seen, places[start])
        and may_end(seen, places[start + size - 1] + 1)
        and wanted.stands_at(start, whole)
        for start in occurrences(whole.chars, wanted.chars)
    )
