"""Reads ranges that share month or year: 3.-4. März 2025, 28.02.-03.03.2025, March 3-4, 2025.

Takes a folded text and the days found in it; gives the days whose month or year stands with the
other end of their range only. Used by `date_reader`.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Sequence

from dslm.contract.dates.date_customs import Customs
from dslm.contract.dates.date_words import month_words
from dslm.contract.dates.numeric_dates import day_of
from dslm.contract.dates.worded_dates import Found, last_month, month_readings, months_in

_LONGEST = 40  # characters before a day in which its range begins
_WORDS = (
    "to|until|till|through|thru|and|bis(?: zum| einschl\\.?)?|und|au|et|al|a|ao|ate|hasta|e|y|"
    "tot|t/m|en|do|az|til|till|och|og|i|по|до|и|ile"
)
_TO = rf"(?:\s?[-~/&]\s?|\s(?:{_WORDS})\s)(?:(?:the|le|el|il|den) )?"
_NTH = r"(?:\.o|\.|st|nd|rd|th|er|o)?"
_DAY = r"(?P<day>\d(?<![\d.,:/\-].)(?<!\d[.,:/\-] .)(?<!\d .)\d?)"
_DAY_ONLY = re.compile(rf"{_DAY}{_NTH}{_TO}\Z")
_IN_NUMBERS = re.compile(rf"{_DAY}(?P<sign>[./]) ?(?P<second>\d\d?)\.?{_TO}\Z")
_IN_WORDS = re.compile(rf"{_DAY}(?P<gap>[^\d]{{2,20}}?){_TO}\Z")
_MONTH_FIRST = re.compile(
    rf"{_DAY}{_NTH}{_TO}(?P<last>\d\d?){_NTH}[,\s]{{1,3}}(?P<year>\d{{4}})(?!\d)"
)


def _before(day: dt.date, month: int, number: int) -> dt.date | None:
    """The last such day of a year that is not after a range's end."""
    found = day_of(day.year, month, number)
    return found if found is None or found <= day else day_of(day.year - 1, month, number)


def _first_days(text: str, last: Found, customs: Customs) -> Found | None:
    """The first day of a range whose last one is found."""
    start, _, days = last
    head = text[max(0, start - _LONGEST) : start]
    offset = start - len(head)
    readings: set[dt.date | None] = set()
    number = re.match(r"\d+", text[start:])
    if number is None:  # March 28 - April 3, 2025
        match = _DAY_ONLY.search(head)
        months = match and last_month(head, match.start(), month_words(customs.locales))
        if match and months:
            readings = {_before(day, m, int(match["day"])) for day in days for m in months[1]}
    elif match := _DAY_ONLY.search(head):
        first = int(match["day"])
        if first < int(number[0]) and len(number[0]) <= 2:
            readings = {day_of(d.year, d.month, first) for d in days if d.day == int(number[0])}
    elif match := _IN_NUMBERS.search(head):
        one, two, sign = int(match["day"]), int(match["second"]), match["sign"]
        if text[number.end() + start : number.end() + start + 1] == sign:
            readings = {
                _before(d, two, one) if d.day == int(number[0]) else _before(d, one, two)
                for d in days
            }
    elif (match := _IN_WORDS.search(head)) and (of := months_in(match["gap"], customs.locales)):
        readings = {_before(day, month, int(match["day"])) for day in days for month in of}
    found = frozenset(day for day in readings if day)
    return (offset + match.start(), offset + match.end(), found) if match and found else None


def _month_first(text: str, customs: Customs) -> Iterator[Found]:
    """Both days of `March 3-4, 2025`."""
    for match in _MONTH_FIRST.finditer(text):
        month = last_month(text, match.start(), month_words(customs.locales))
        if month and int(match["day"]) < int(match["last"]):
            for group, end in (("day", match.end("day")), ("last", match.end())):
                days = month_readings(month[1], match[group], match["year"], customs)
                yield (month[0] if group == "day" else match.start("last"), end, days)


def ranges(text: str, found: Sequence[Found], customs: Customs) -> Iterator[Found]:
    """The days of ranges that are not among the found ones.

    Args:
        text: Folded.
        found: Days that are written in full.
        customs: Of the locale.
    """
    yield from _month_first(text, customs)
    for one in found:
        if one[2] and (first := _first_days(text, one, customs)):
            yield first
