"""Finds days in text and reads values that are days.

Takes text and locales; folds the text, looks at numbers that stand near each other, and gives every
day that they state. A day is the one that is written, whatever time and zone stand beside it. Used
through `dslm.contract.dates`.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from dslm.contract.dates.date_customs import Customs, customs
from dslm.contract.dates.date_ranges import ranges
from dslm.contract.dates.date_text import date_text, fold, words
from dslm.contract.dates.date_words import month_words
from dslm.contract.dates.marked_dates import marked
from dslm.contract.dates.numeric_dates import SEPARATORS, day_of, numeric_readings
from dslm.contract.dates.worded_dates import WIDEST, Found, Span, worded

Locale = str | Sequence[str] | None

_DIGITS = re.compile(r"\d+")
_COMPACT_TIME = re.compile(r"t\d{4}")
# Of eight digits alone: 20250304, of 1900 to 2099, not RE-20250304, 20250304/17, $20250304
_COMPACT_YEARS = range(1900, 2100)
_JOINED_BEFORE = re.compile(r"(?:[^\W_]|[$#]|[^\W_][./-]|(?:\A|[\s(])[-+])\Z")
_JOINED_BEHIND = re.compile(r"[^\W_]|[$%]|[./]\d|-(?!\d{8}(?!\d))[^\W_]")
_OF_A_WEEK = re.compile(r"w\d\d-?[1-7]")
_WEEK = re.compile(
    r"(?<![^\W_])(?<![^\W_][./\-])(\d{4})(-?)w(\d\d)\2([1-7])(?![^\W_]|\.\d|[/\-][^\W_])"
)
_TIME = re.compile(
    r"(?:(?<![a-z])(?:kl\.?|klo|klokken|klockan|kell|godz\.?|ore|pukul|ob|um)\s*\d\d?(?:[.:]\d\d)?(?![.:]?\d)"
    r"|t?\s*\d\d?(?:(?::\d\d){1,2}|h\d\d|[.]\d\d(?=\s?uhr)|時\d\d?分)(?:[.,]\d+)?)\s*(?:[ap]\.?m\.?(?![a-z]))?"
    r"\s*(?:z(?![a-z])|utc|gmt|[a-z]{3,4}(?![a-z])|[+\-]\d\d:?\d\d)?(?!\d)"
)
_ISO = re.compile(r"\d{4}-?(?:\d\d-?\d\d|W\d\d-?\d)(?:[T ]|\Z)")
_AROUND = re.compile(r"[^\W\d_]|[\s.,\-()']|[^\x00-\x7f]")
_GLUED_BEFORE, _GLUED_BEHIND = re.compile("[a-z]"), re.compile(r"(?!r\b)[a-z]")  # 4 III 2025r.
_LONGEST_VALUE = 120  # no day is longer, with its weekday, time and zone


@dataclass(frozen=True)
class FoundDate:
    """A place of a text that states a day.

    Attributes:
        start: Where it starts in the text that was given.
        end: Where it ends.
        readings: All days that it may state; never empty.
    """

    start: int
    end: int
    readings: frozenset[dt.date]

    @property
    def ambiguous(self) -> bool:
        """Whether it may state several days."""
        return len(self.readings) > 1


def _compact(text: str, span: Span) -> frozenset[dt.date]:
    """The day of ISO 8601 without separators, as in 20250304T101500Z, or alone."""
    digits = text[slice(*span)]
    if len(digits) != 8:
        return frozenset()
    if not _COMPACT_TIME.match(text, span[1]):
        joined = _JOINED_BEFORE.search(text, max(0, span[0] - 2), span[0])
        alone = not joined and not _JOINED_BEHIND.match(text, span[1])
        if not alone or int(digits[:4]) not in _COMPACT_YEARS:
            return frozenset()
    day = day_of(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    return frozenset((day,)) if day else frozenset()


def _weeks(text: str) -> Iterator[Found]:
    """The days of ISO 8601 by week: 2025-W10-2, 2025W102."""
    for match in _WEEK.finditer(text):
        year, week, day = int(match[1]), int(match[3]), int(match[4])
        with suppress(ValueError):
            yield match.start(), match.end(), frozenset((dt.date.fromisocalendar(year, week, day),))


def _by_numbers(text: str, customs: Customs) -> Iterator[Found]:
    """All that numbers which stand near each other state, from left to right."""
    runs = [match.span() for match in _DIGITS.finditer(text)]
    end = 0  # of a day that starts with its year: 2025-03-04 - 2025-03-06 has no 03-04-2025
    for place, first in enumerate(runs):
        if first[0] < end:
            continue
        if first[1] - first[0] > 4:
            if days := _compact(text, first):
                yield *first, days
            continue
        if place + 1 == len(runs):
            return
        second = runs[place + 1]
        if second[0] - first[1] > WIDEST or second[1] - second[0] > 4:
            continue
        sign = SEPARATORS.get(text[first[1] : second[0]])
        if (
            sign
            and place + 2 < len(runs)
            and (found := _three(text, runs[place : place + 3], customs))
        ):
            end = found[1] if first[1] - first[0] == 4 else end
            yield found
        elif (with_word := worded(text, first, second, customs)) and with_word[2]:
            end = with_word[1] if first[1] - first[0] == 4 else end
            yield with_word


def _three(text: str, runs: Sequence[Span], customs: Customs) -> Found | None:
    first, second, third = runs
    one, two = (
        SEPARATORS.get(text[first[1] : second[0]]),
        SEPARATORS.get(text[second[1] : third[0]]),
    )
    if not one or not two or second[1] - second[0] > 2 or third[1] - third[0] > 4:
        return None
    parts = text[slice(*first)], text[slice(*second)], text[slice(*third)]
    days = numeric_readings(text, parts, (one, two), first[0], third[1], customs)
    return (first[0], third[1], days) if days else None


def _found(text: str, customs: Customs) -> list[Found]:
    """Every place of a folded text that states a day; marked ones first, since they say most."""
    found = list(marked(text, customs))
    taken = {place for start, end, _ in found for place in range(start, end)}
    for one in _by_numbers(text, customs):
        if one[0] not in taken and one[1] - 1 not in taken:
            found.append(one)
    found += _weeks(text) if _OF_A_WEEK.search(text) else ()
    starts = {start for start, _, _ in found}
    found += [one for one in ranges(text, found, customs) if one[0] not in starts]
    return list(_merged(sorted(one for one in found if one[2])))


def _merged(found: Iterable[Found]) -> Iterator[Found]:
    """Places that share digits as one, with the readings of both: 4 Mar 25, 2026."""
    last: Found | None = None
    for start, end, days in found:
        if last and start < last[1]:
            last = last[0], max(last[1], end), last[2] | days
            continue
        if last:
            yield last
        last = start, end, days
    if last:
        yield last


@lru_cache(maxsize=8)
def _found_dates(text: str, customs: Customs) -> tuple[FoundDate, ...]:
    folded = date_text(text)
    return tuple(
        FoundDate(*folded.span(start, end), readings)
        for start, end, readings in _found(folded.text, customs)
    )


def found_dates(text: str, locale: Locale = None) -> tuple[FoundDate, ...]:
    """Every place of a running text that states a day, in order.

    Args:
        text: Any text.
        locale: One CLDR locale (`de_DE`, `en-US`) or several: what decides between readings.

    Raises:
        InputError: CLDR knows no such locale.
    """
    return _found_dates(text, customs(locale))


def dates(text: str, locale: Locale = None) -> set[dt.date]:
    """Every day that a text may state, in all readings."""
    return {day for found in found_dates(text, locale) for day in found.readings}


def _is_nothing_else(folded: str, start: int, end: int, customs: Customs) -> bool:
    """Whether only blanks, weekdays, small words and a time stand beside a date."""
    after = _TIME.sub(" ", folded[end:], count=1)
    if _GLUED_BEFORE.match(folded[max(0, start - 1) : start]) or _GLUED_BEHIND.match(after):
        return False
    rest = f"{folded[:start]} {after}"
    if _AROUND.sub("", rest) or _DIGITS.search(rest):
        return False
    around = month_words(customs.locales).around
    return all(word in around for word in words(rest))


def _iso(value: str) -> frozenset[dt.date]:
    """What a whole value states in ISO 8601, also compact or by week, with or without a time."""
    if not _ISO.match(value):
        return frozenset()
    if value[:8].isdecimal() and int(value[:4]) not in _COMPACT_YEARS:
        return frozenset()
    try:
        return frozenset((dt.datetime.fromisoformat(value).date(),))
    except ValueError:
        return frozenset()


def date_readings(value: Any, locale: Locale = None) -> frozenset[dt.date]:
    """The days that a value may state which is nothing but a day; empty for any other value.

    Args:
        value: Text; weekdays, articles and a time may stand beside the day. Or a date.
        locale: As in `found_dates`.
    """
    if isinstance(value, dt.date):
        return frozenset((dt.date(value.year, value.month, value.day),))
    if not isinstance(value, str) or len(value) > _LONGEST_VALUE:
        return frozenset()
    folded, local = fold(value).strip(), customs(locale)
    if iso := _iso(folded.upper()):
        return iso
    found = _found(folded, local)
    if len(found) != 1 or not _is_nothing_else(folded, *found[0][:2], local):
        return frozenset()
    return found[0][2]


def date_of(value: Any, locale: Locale = None) -> dt.date | None:
    """The one day that a value states; None where it states none, or several are possible."""
    readings = date_readings(value, locale)
    return next(iter(readings)) if len(readings) == 1 else None
