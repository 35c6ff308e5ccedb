"""Whether letters and digits that stand somewhere in a text may be a value, and are no chance.

Takes a text's stream and where a value's characters begin and end in it. What is a word of its own
is; within a longer word or over several it has to be long enough. Called by `group_index`.
"""

from __future__ import annotations

import re

from dslm.contract.dates import date_readings
from dslm.curation.personal.variants.letters_and_digits import Stream, is_unspaced

WITHIN_WORD = 5  # letters and digits that are looked for within a longer word
ACROSS_WORDS = 8  # that may begin at a word and end within another
OF_CUT_WORD = 3  # of these, that are within the other
WITHIN_NUMBER = 7  # digits that are looked for within a longer number
IN_GROUPS = 4  # letters and digits that blanks may part
LEAST_BEHIND_NOUGHTS = 3  # digits before which noughts may be missing; with them, be too many
SHORT_NUMBER = 4  # digits; of fewer, or of a year, a part of a date or a sum is one by chance
BEHIND_PREFIX = 3  # letters of a name behind such
LONGEST_PREFIX = 4
_PREFIXES = re.compile(  # wa, fa, bi, li, ka and al; ve, ha, be, ke, le, mi, she
    "[\u0648\u0641\u0628\u0644\u0643]{1,2}(?:\u0627\u0644)?"
    "|[\u05d5\u05d4\u05d1\u05db\u05dc\u05de\u05e9]{1,2}"
)
_YEAR = re.compile(r"(?:19|20)[0-9]{2}")
_DATE_TIME_SUM = re.compile(
    r"(?<![\d.])(?:\d{1,4}([./-])\d{1,2}\1\d{1,4}|\d{1,2}:\d\d|\d+(?:[.,]\d+)+)(?!\d)"
)
_DAY_TIME = re.compile(
    r"(?<!\d)(?:(?P<time>(?:[01]?\d|2[0-3])(?::[0-5]\d){1,2})|\d{1,2}([./])\d{1,2}\2\d{2}(?:\d{2})?"
    r"|\d{4}([./-])\d{1,2}\3\d{1,2}|\d{1,2}-\d{1,2}-\d{4})(?!\d)"
)


def begins(stream: Stream, place: int) -> bool:
    """Whether a word begins at a place, or letters and digits part there."""
    if place in (0, len(stream.chars)) or stream.word(place - 1) != stream.word(place):
        return True
    return stream.chars[place - 1].isdigit() != stream.chars[place].isdigit()


def stands(stream: Stream, start: int, end: int) -> bool:
    """Whether what stands there may be the value, and is no chance."""
    length = end - start
    whole = begins(stream, end) and (
        begins(stream, start)
        or _behind_noughts(stream, start, end) or _behind_prefix(stream, start, end)
    )  # fmt: skip
    together = stream.word(start) == stream.word(end - 1) or is_unspaced(stream.chars[start:end])
    if _within_spoken(stream, start) or _within_spoken(stream, end):
        return False
    if whole:
        return together or length >= IN_GROUPS or _is_said(stream, start, end)
    if _goes_on(stream, start) or _goes_on(stream, end):
        return together and length >= WITHIN_NUMBER
    if together:
        return length >= WITHIN_WORD
    if length < ACROSS_WORDS or not (begins(stream, start) or begins(stream, end)):
        return False
    cut = end - stream.firsts[stream.word(end - 1)]
    if not begins(stream, start):
        cut = stream.firsts[stream.word(start) + 1] - start
    return cut >= OF_CUT_WORD  # of "Duval zzz" one z is no initial


def _is_said(stream: Stream, start: int, end: int) -> bool:
    """Whether all digits are spoken, and no others stand beside them: "four one five"."""
    first, last = stream.word(start), stream.word(end - 1) + 1
    near = [*stream.words[max(first - 1, 0) : first], *stream.words[last : last + 1]]
    said = all(word.spoken for word in stream.words[first:last])
    return said and not any(word.chars.isdigit() for word in near)


def _within_spoken(stream: Stream, place: int) -> bool:
    """Whether a place is within a spoken number: the 4 of "forty"."""
    if place in (0, len(stream.chars)):
        return False
    return stream.start(place - 1) == stream.start(place)


def _goes_on(stream: Stream, place: int) -> bool:
    """Whether a number goes on over a place."""
    if place in (0, len(stream.chars)) or stream.word(place - 1) != stream.word(place):
        return False
    return stream.chars[place - 1].isdigit() and stream.chars[place].isdigit()


def _behind_noughts(stream: Stream, start: int, end: int) -> bool:
    """Whether digits stand behind noughts alone, as of 314 and 0314 a column may keep either."""
    if not stream.chars[start:end].isdigit():
        return False
    first = start
    while stream.chars[first - 1 : first] == "0" and not begins(stream, first):
        first -= 1
    return first < start and end - first >= LEAST_BEHIND_NOUGHTS and begins(stream, first)


def _behind_prefix(stream: Stream, start: int, end: int) -> bool:
    """Whether a name stands behind no more than the words that Arabic and Hebrew write before it.

    "And", "to", "with" and the article; most names have three or four letters there.
    """
    if end - start < BEHIND_PREFIX or not stream.chars[start : start + 1] >= "\u05d0":
        return False
    return _PREFIXES.fullmatch(stream.chars, stream.firsts[stream.word(start)], start) is not None


def prefixes_of(word: str) -> list[int]:
    """How many letters of a word may be what Arabic and Hebrew write before another: לדוד has 1."""
    if not word[:1] >= "\u05d0":
        return []
    return [size for size in range(1, LONGEST_PREFIX + 1)
            if len(word) > size and _PREFIXES.fullmatch(word, 0, size)]  # fmt: skip


def is_part_of_sum(text: str, start: int, end: int) -> bool:
    """Whether a short number, or a year, is a part of a date, a time or a sum: 31 of 31.12.2025."""
    said = text[start:end]
    if not said.isdigit() or (len(said) >= SHORT_NUMBER and not _YEAR.fullmatch(said)):
        return False
    near = max(0, start - 12)
    return any(
        found.start() <= start - near < end - near <= found.end()
        and found.end() - found.start() > end - start
        for found in _DATE_TIME_SUM.finditer(text[near : end + 12])
    )


def is_of_day_or_time(kind: str, text: str, start: int, end: int, *, parted: bool = False) -> bool:
    """Whether what stands there with signs in it is a day or a time, or a part, and no number.

    Documents are numbered by days: 150325 is one of 15.03.25, and not the day. 2604 is a part of
    26.04.2025 by chance, and so is 03/2025. A number that was labelled `parted` may be all of it.
    """
    if kind == "date" or text[start:end].isalnum():
        return False
    near = max(0, start - 12)
    here = (start - near, end - near)
    return any(
        found.start() <= here[0] < here[1] <= found.end()
        and (found["time"] or date_readings(found[0])) and not (parted and found.span() == here)
        for found in _DAY_TIME.finditer(text[near : end + 12])
    )  # fmt: skip
