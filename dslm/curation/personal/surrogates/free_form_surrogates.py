"""Invented values of a free form: digits for digits and letters for letters, written as they were.

For what has no check digit to hold: policy numbers, the last four digits of a social security
number, mistyped addresses. A spoken digit becomes a spoken digit. Called by `surrogates`.
"""

from __future__ import annotations

import re
from itertools import groupby

from dslm.curation.personal.found_values import Identity
from dslm.curation.personal.surrogates.keyed_draws import KeyedDraws
from dslm.curation.personal.variants.letters_and_digits import heard, stream_of
from dslm.curation.personal.variants.spelling_variants import OF_ADDRESSES
from dslm.curation.personal.variants.spoken_digits import spoken_like
from dslm.curation.personal.variants.value_keys import hearing_of

_GROUP = re.compile(r"\d+|[^\W\d_]+")
_YEAR_DIGITS, _LAST_DAY, _MONTHS = 4, 28, 12


def free_value(identity: Identity, draw: KeyedDraws, kept: int = 0) -> str:
    """Another value of the same form: as many letters and digits, at the same places.

    Args:
        identity: The value.
        draw: Of this value.
        kept: How many of its first letters stay.
    """
    if identity.kind == "date" and (made := _date(identity.value, draw)):
        return made
    made = draw.like(identity.value)
    if len(made) != len(identity.value):
        raise AssertionError("an invented value of another length")
    return identity.value[:kept] + _without_new_nought(identity.value[kept:], made[kept:], draw)


def _without_new_nought(value: str, made: str, draw: KeyedDraws) -> str:
    """A number keeps its length as a number: no nought before it where there was none."""
    if value[0].isdigit() and value[0] != "0" and made[0] == "0":
        return f"{1 + draw.below(9)}{made[1:]}"
    return made


def _date(value: str, draw: KeyedDraws) -> str | None:
    """A day that there is, of eight or six digits in any common order; None for other forms."""
    if not (value.isascii() and value.isdigit() and len(value) in (6, 8)):
        return None
    day, month = f"{1 + draw.below(_LAST_DAY):02d}", f"{1 + draw.below(_MONTHS):02d}"
    year = f"{1940 + draw.below(65)}"[-(len(value) - _YEAR_DIGITS) :]
    if len(value) == 8 and 1900 <= int(value[:4]) < 2100:
        return year + (month + day if int(value[4:6]) <= _MONTHS else day + month)
    return (month + day if int(value[:2]) <= _MONTHS else day + month) + year


def written_alike(identity: Identity, text: str, value: str) -> str:
    """`value` in the separators, the case and the manner of speaking of `text`.

    Of a text with more digits than the value the first are kept: a telephone's country code.
    """
    stream = stream_of(text, hearing_of(identity))
    kept = len(stream.chars) - len(value)
    if kept < 0:
        return value
    made = stream.chars[:kept] + value
    words = _kept_words(text) if identity.kind == "address" else []
    out, place = [], 0
    spans = [span for word in stream.words for span in zip(word.starts, word.ends, strict=True)]
    for (start, end), numbers in groupby(range(len(made)), spans.__getitem__):
        listed = list(numbers)
        out.append(text[place:start])
        place = end
        if listed[-1] < kept or any(first <= start < last for first, last in words):
            out.append(text[start:end])
        else:
            out.append(_spelled(text[start:end], "".join(made[n] for n in listed)))
    return "".join([*out, text[place:]])


def _kept_words(text: str) -> list[tuple[int, int]]:
    return [m.span() for m in _GROUP.finditer(text) if m[0].casefold() in OF_ADDRESSES]


def _spelled(before: str, made: str) -> str:
    """A character for a character; for a spoken number its digits spoken."""
    if before.isalpha() and made.isdigit():
        said = spoken_like(heard(before, "letters"), made)
        if before.isupper():
            return said.upper()
        return said.capitalize() if before[0].isupper() else said
    return made.upper() if before.isupper() else made
