"""Reads days as people write them: 04.03.2025, 4 de marzo de 2025, Mar 4th 2025, 2025年3月4日.

Takes a label or a running text; gives every day that it may state. What one form alone does not
decide (03/04/2025) the contract's `locale` decides, else it stays ambiguous. A day is the one that
is written, whatever time and zone stand behind it. Used by comparing, grounding and narrowing.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from dslm.contract.characters import plain_characters
from dslm.contract.cldr import day_orders, locales_of, month_key, months, weekdays
from dslm.contract.east_asian import in_digits

Locale = str | tuple[str, ...] | list[str] | None

_DIGITS = re.compile(r"\d+", re.ASCII)
_WIDEST_GAP = 30  # characters between a day and its year: a month and some small words
_NUMERIC_GAP = re.compile(r"[ \u00a0]?(?:[./\-\u2212年년月월]|[ \u00a0])[ \u00a0]?\Z")
_VIETNAMESE = re.compile(r"[ \u00a0]*(?:tháng|thg)[ \u00a0]*\Z", re.IGNORECASE)
_VIETNAMESE_YEAR = re.compile(r"[, \u00a0]*(?:năm)?[ \u00a0]*\Z", re.IGNORECASE)
_PARTS = re.compile(r"[\s,/'()\-\u2212\u00a0\u060c\u3001:;]+")
# What stands between day, month and year besides: of, de, den; ordinals; signs of a year.
_SMALL_WORDS = """
    of the st nd rd th de del des di do da du d den der dem le la el al l er re ère eme ème ro
    e o a ª º ° r g m p р г год года году року рік roku rok roka godine an ano año anno any
    jaar jahr year år lat gada gads metų พ.ศ. ค.ศ. năm ngày día dia dag dnia tahun عام سنة वर्ष সাল i
"""
_SMALL = frozenset(map(month_key, _SMALL_WORDS.split()))
_UNITS = frozenset(("年", "月", "日", "년", "월", "일", "tháng", "thg", "年月", "年月日"))
_PIVOT = 69  # POSIX: two digits from 69 on are of 1900, those below of 2000
_BUDDHIST = 543  # years before the common era
_BUDDHIST_YEARS = range(1900 + _BUDDHIST, 2100 + _BUDDHIST)
_THAI_ERA = month_key("พ.ศ.")
_COMPACT = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\Z", re.ASCII)


@dataclass(frozen=True)
class StatedDay:
    """A place of a text that states a day, and all the days it may be."""

    text: str
    readings: tuple[dt.date, ...]

    @property
    def ambiguous(self) -> bool:
        """Whether it may be several days."""
        return len(self.readings) > 1


@dataclass(frozen=True)
class _Digits:
    """A run of digits in a text."""

    start: int
    end: int
    text: str

    @property
    def is_year(self) -> bool:
        return len(self.text) in (2, 4)

    @property
    def is_day(self) -> bool:
        return len(self.text) <= 2


def _year(digits: str, *, buddhist: bool | None, locales: tuple[str, ...]) -> tuple[int, ...]:
    """The years that two or four digits may mean; `buddhist` is None where nothing says so."""
    year = int(digits)
    if len(digits) == 2:
        return (year + (1900 if year >= _PIVOT else 2000),)
    if year not in _BUDDHIST_YEARS or buddhist is False:
        return (year,)
    thai = {name.split("_")[0] == "th" for name in locales}
    if buddhist or thai == {True}:
        return (year - _BUDDHIST,)
    return (year,) if thai == {False} else (year - _BUDDHIST, year)


def _days(years: Iterable[int], month: int, day: str) -> Iterator[dt.date]:
    for year in years:
        try:
            yield dt.date(year, month, int(day))
        except ValueError:
            continue


def _numeric(
    parts: tuple[str, str, str], gap: str, locales: tuple[str, ...]
) -> tuple[dt.date, ...]:
    """What three numbers may state as a day, in the orders that the form and the locale leave."""
    found: dict[str, tuple[dt.date, ...]] = {}
    for order in _orders(parts, gap, locales):
        named = dict(zip(order, parts, strict=True))
        if len(named["y"]) not in (2, 4) or len(named["d"]) > 2 or len(named["m"]) > 2:
            continue
        years = _year(named["y"], buddhist=None, locales=locales)
        found[order] = tuple(_days(years, int(named["m"]), named["d"]))
    wanted = day_orders(locales) if locales else frozenset(found)
    chosen = [days for order, days in found.items() if order in wanted and days]
    chosen = chosen or [days for days in found.values() if days]
    return tuple(sorted({day for days in chosen for day in days}))


def _orders(parts: tuple[str, str, str], gap: str, locales: tuple[str, ...]) -> tuple[str, ...]:
    if len(parts[0]) == 4:
        return ("ymd",)
    if len(parts[2]) == 4:
        # No locale writes the month first with full stops (CLDR 47)
        dotted = "." in gap and day_orders(locales) != {"mdy"}
        return ("dmy",) if dotted else ("dmy", "mdy")
    return (
        ("dmy", "ymd") if "." in gap and day_orders(locales) != {"mdy"} else ("dmy", "mdy", "ymd")
    )


@lru_cache(maxsize=4096)
def _words(gap: str) -> tuple[str, ...]:
    """The words that count between two numbers, as they are looked up."""
    keys = (month_key(part) for part in _PARTS.split(gap))
    return tuple(key for key in keys if key and key not in _SMALL)


def _month(key: str, locales: tuple[str, ...]) -> tuple[int, ...]:
    """The months that a word may mean: those of the locale's language where they differ."""
    known = months(locales)
    found = known.get(key) or (known.get(key[1:]) if key.startswith("ב") else None) or {}
    languages = {name for locale in locales for name in (locale, locale.split("_")[0])}
    chosen = [month for month, of in found.items() if of & languages] if len(found) > 1 else []
    return tuple(chosen or found)


def _worded(
    year: _Digits, day: _Digits, key: str, era: bool | None, locales: tuple[str, ...]
) -> tuple[dt.date, ...]:
    thai = any("\u0e00" <= char <= "\u0e7f" for char in key)
    years = _year(year.text, buddhist=era if era is not None else thai, locales=locales)
    found = {d for month in _month(key, locales) for d in _days(years, month, day.text)}
    return tuple(sorted(found))


def _last_word(text: str, end: int) -> str:
    words = _words(text[max(0, end - _WIDEST_GAP) : end].rpartition("\n")[2])
    return words[-1] if words else ""


def _first_word(text: str, start: int) -> str:
    words = _words(text[start : start + _WIDEST_GAP].partition("\n")[0])
    return words[0] if words else ""


def _with_word(
    text: str, first: _Digits, second: _Digits, locales: tuple[str, ...]
) -> tuple[dt.date, ...]:
    """A day with its month in words: `4 March 2025`, `March 4, 2025`, `2025. gada 4. marts`."""
    gap = text[first.end : second.start]
    words = _words(gap)
    era = True if _THAI_ERA in month_key(gap) else None
    forward, backward = first.is_day and second.is_year, len(first.text) == 4 and second.is_day
    if len(words) == 1 and _month(words[0], locales):
        year, day = (second, first) if forward else (first, second)
        return _worded(year, day, words[0], era, locales) if forward or backward else ()
    if words:
        return ()
    if forward and _month(key := _last_word(text, first.start), locales):
        return _worded(second, first, key, era, locales)
    if backward and _month(key := _first_word(text, second.end), locales):
        return _worded(first, second, key, era, locales)
    return ()


def _with_numbers(
    text: str, runs: tuple[_Digits, _Digits, _Digits], locales: tuple[str, ...]
) -> tuple[dt.date, ...]:
    """A day in numbers alone: `4.3.2025`, `2025-03-04`, `2025년 3월 4일`, `4 tháng 3, 2025`."""
    one, two, three = runs
    before, after = text[one.end : two.start], text[two.end : three.start]
    parts = (one.text, two.text, three.text)
    if max(map(len, parts)) > 4:
        return ()
    if _NUMERIC_GAP.match(before) and _NUMERIC_GAP.match(after):
        return _numeric(parts, before, locales)
    if _VIETNAMESE.match(before) and _VIETNAMESE_YEAR.match(after) and three.is_year:
        years = _year(three.text, buddhist=False, locales=locales)
        return tuple(_days(years, int(two.text), one.text)) if two.is_day else ()
    return ()


@lru_cache(maxsize=64)
def _stated_in(text: str, locales: tuple[str, ...]) -> tuple[StatedDay, ...]:
    text = in_digits(plain_characters(text))
    runs = [_Digits(m.start(), m.end(), m.group()) for m in _DIGITS.finditer(text)]
    found = []
    for place, run in enumerate(runs):
        if _COMPACT.match(run.text):
            if days := tuple(_compact(run.text)):
                found.append(StatedDay(run.text, days))
            continue
        if len(run.text) > 4 or place + 1 == len(runs):
            continue
        following = runs[place + 1]
        if following.start - run.end > _WIDEST_GAP or len(following.text) > 4:
            continue
        if place + 2 < len(runs):
            last = runs[place + 2]
            if days := _with_numbers(text, (run, following, last), locales):
                found.append(StatedDay(text[run.start : last.end], days))
                continue
        if days := _with_word(text, run, following, locales):
            found.append(StatedDay(text[run.start : following.end], days))
    return tuple(found)


def _compact(digits: str) -> Iterator[dt.date]:
    return _days((int(digits[:4]),), int(digits[4:6]), digits[6:])


def found_dates(text: str, locale: Locale = None) -> tuple[StatedDay, ...]:
    """Every place of a running text that states a day, with all the days it may be."""
    return _stated_in(text, locales_of(locale))


def dates(text: str, locale: Locale = None) -> set[dt.date]:
    """Every day that a text may state, whatever its notation."""
    return {day for stated in found_dates(text, locale) for day in stated.readings}


_ISO = re.compile(r"\d{4}-\d\d-\d\d(?:[T ].*)?\Z", re.ASCII | re.DOTALL)


def date_readings(value: Any, locale: Locale = None) -> tuple[dt.date, ...]:
    """What a whole label states as a day: nothing, one day, or several where it is ambiguous.

    ISO 8601 (2025-03-04, also with a time and zone) is that day in any locale.
    """
    if not isinstance(value, str):
        return ()
    text = value.strip()
    if _ISO.match(text):
        return tuple(_days((int(text[:4]),), int(text[5:7]), text[8:10]))
    stated = found_dates(text, locale)
    if len(stated) != 1 or not _is_all(text, locales_of(locale)):
        return ()
    return stated[0].readings


def date_of(value: Any, locale: Locale = None) -> dt.date | None:
    """The one day that a label states; None where it states none, or none for sure."""
    found = date_readings(value, locale)
    return found[0] if len(found) == 1 else None


@lru_cache(maxsize=1024)
def _is_all(text: str, locales: tuple[str, ...]) -> bool:
    """Whether a label has no word besides its day's, its month's and those of its weekday."""
    text = in_digits(plain_characters(text))
    rest = [word for word in _words(_DIGITS.sub(" ", text)) if word not in _UNITS]
    named = [word for word in rest if _month(word, locales)]
    return len(named) <= 1 and all(word in weekdays(locales) for word in rest if word not in named)
