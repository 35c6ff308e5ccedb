"""Reads days that are written in three numbers: 2025-03-04, 04.03.2025, 4/3/25, 4. 3. 2025.

Takes a folded text and the digits in it; gives the days that three numbers in a row may state, in
either order of day and month where nothing decides. Used by `dates`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator

from dslm.contract.date_customs import Customs

BLANK = " "
# What may stand between two numbers of a date, and which separator that is
SEPARATORS = {
    f"{before}{sign}{after}": sign
    for sign in "./-"
    for before in ("", " ", "\n")
    for after in ("", " ", "\n")
} | {BLANK: BLANK, "  ": BLANK}
# Two that differ stand together only so: 4/3-2025 and 4/3 2025 are Danish and Swedish
_PAIRS = {("/", "-"), ("-", "/"), ("/", BLANK)}
_BLANK_YEARS = range(1900, 2200)  # 12 11 0300 is no date


def day_of(year: int, month: int, day: int) -> dt.date | None:
    """The day, or None where the calendar has none."""
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None


def days_of(years: Iterable[int], month: int, day: int) -> Iterator[dt.date]:
    """The day in each of these years in which there is one."""
    return (found for year in years if (found := day_of(year, month, day)))


def _by_order(parts: tuple[str, str, str], order: str, customs: Customs) -> set[dt.date]:
    named = dict(zip(order, parts, strict=True))
    if len(named["m"]) > 2 or len(named["d"]) > 2 or len(named["y"]) not in (2, 4):
        return set()
    return set(days_of(customs.years(named["y"]), int(named["m"]), int(named["d"])))


def _orders(parts: tuple[str, str, str], customs: Customs, dotted: bool) -> list[tuple[str, ...]]:
    """Orders to try together, the likeliest first; the next only where these are no days."""
    if len(parts[0]) == 4:
        return [("ymd",)]
    either = ("dmy", "mdy")
    if dotted and not customs.orders:  # no locale of CLDR writes the month first with full stops
        return [("dmy",), ("mdy",), ("ymd",)] if len(parts[2]) > 1 else []
    if len(parts[2]) == 4:
        decided = customs.orders <= set(either)
        return [tuple(customs.orders), either] if customs.orders and decided else [either]
    if len(parts[2]) == 1:
        return [("ymd",)] if "ymd" in customs.orders else []
    return [tuple(customs.orders), either, ("ymd",)] if customs.orders else [either, ("ymd",)]


def readings(
    parts: tuple[str, str, str], customs: Customs, *, dotted: bool = False
) -> frozenset[dt.date]:
    """All days that three numbers may state; a locale decides only between days."""
    for orders in _orders(parts, customs, dotted):
        found = {day for order in orders for day in _by_order(parts, order, customs)}
        if found:
            return frozenset(found)
    return frozenset()


def _is_longer(text: str, start: int, end: int, sign: str) -> bool:
    """Whether the same sign goes on to a fourth number: an IP, a version, a telephone number."""
    before = start >= 2 and text[start - 1] == sign and text[start - 2].isdigit()
    after = text[end : end + 1] == sign and text[end + 1 : end + 2].isdigit()
    if after and sign == BLANK:  # 04 03 2025 10:15
        after = ":" not in text[end + 2 : end + 4]
    return before or after


def numeric_readings(
    text: str, parts: tuple[str, str, str], signs: tuple[str, str], start: int, end: int,
    customs: Customs,
) -> frozenset[dt.date]:  # fmt: skip
    """The days that three numbers of a text may state; none where they are of something else.

    Args:
        text: Folded.
        parts: The three numbers.
        signs: What stands between them, as `SEPARATORS` has it.
        start: Where they start.
        end: Where they end.
        customs: Of the locale.
    """
    first, second = signs
    if first != second and signs not in _PAIRS:
        return frozenset()
    full = len(parts[0]) == 4 or len(parts[2]) == 4
    if first == BLANK and not (full and int(max(parts, key=len)) in _BLANK_YEARS):
        return frozenset()
    if not full and (first != second or _is_part_of_amount(text, end)):
        return frozenset()
    may_go_on = first == second and (not full or first in (".", BLANK))
    if may_go_on and _is_longer(text, start, end, first):
        return frozenset()
    return readings(parts, customs, dotted=first == ".")


def _is_part_of_amount(text: str, end: int) -> bool:
    return text[end : end + 1] in (",", ":", "%") and text[end + 1 : end + 2].isdigit()
