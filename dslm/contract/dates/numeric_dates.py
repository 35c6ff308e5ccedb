"""Reads days that are written in three numbers: 2025-03-04, 04.03.2025, 4/3/25, 4. 3. 2025.

Takes a folded text and the digits in it; gives the days that three numbers in a row may state, in
either order of day and month where nothing decides. Used by `date_reader`.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from dslm.contract.dates.date_customs import Customs

Orders = list[tuple[str, ...]]
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
_GROUP_BEFORE = re.compile(r"\d[)/.\-]?\s?\Z")
_DAY_BEFORE = re.compile(r"\d{4}-\d\d-\d\d[-t ]\Z")  # 2025-03-04-10.15.30
_VERSION_BEFORE = re.compile(r"(?:\bv|\bversion\s?)\Z")
# An amount rather than a year: 1250.00, 2000.00, 1999,00; 2025,12 may be two cells of a row
CENTS = re.compile(r"(?!19|20)\d{4}[.,]\d\d(?![\d:.])|\d{4}(?:\.\d\d|,00)(?![\d:.,h])")
ANY_CENTS = re.compile(r"\d{4}[.,]\d\d(?![\d:.])")
_SHARE = re.compile(r"%\d")
# 1.12.25,00 and 1.2.25:8080; not 4.3.25,12.50 and 4.3.25:10:15
_GLUED_TO_POINTS = re.compile(r"%\d|,\d\d(?![\d.,:h])|:\d+(?![\d:])")
_BEHIND_A_BLANK = re.compile(r"[%,:]\d")  # 04.03. 10:15 and 04.03. 12,50 have no year
_HOUR = re.compile(r"\s?uhr(?![^\W\d_])")  # 04.03.2025. 8.15 Uhr
_YEAR_ALONE = re.compile(r"(?:19|20)\d\d(?![.,]?\d)")
NORDIC = frozenset(("da", "nb", "nn", "no", "sv"))
_RANGE_BEHIND = re.compile(r"[/.]\d")
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
    if len(named["m"]) > 2 or len(named["d"]) > 2 or len(named["y"]) == 1:
        return set()
    return set(days_of(customs.years(named["y"]), int(named["m"]), int(named["d"])))


def _orders(parts: tuple[str, str, str], customs: Customs, dotted: bool) -> Orders:
    """Orders to try together, the likeliest first; the next only where these are no days."""
    if len(parts[0]) == 4:
        return [("ymd",)]
    given = tuple(customs.orders)
    if len(parts[2]) == 1 or len(parts[0]) == 3:
        return [given] if "ymd" in given else []
    # No locale of CLDR writes the month first with full stops
    usual: Orders = [("dmy",), ("mdy",)] if dotted and "mdy" not in given else [("dmy", "mdy")]
    if len(parts[2]) == 4:
        return [given, *usual] if given and "ymd" not in given else usual
    return [given, *usual, ("ymd",)] if given else [*usual, ("ymd",)]


@lru_cache(maxsize=4096)
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
    after = text[end : end + 1] == sign and text[end + 1 : end + 2].isdigit()
    if sign == BLANK:
        timed = ":" in text[end + 2 : end + 4]  # 04 03 2025 10:15
        return (after and not timed) or bool(_GROUP_BEFORE.search(text, max(0, start - 3), start))
    return after or (start >= 2 and text[start - 1] == sign and text[start - 2].isdigit())


def _is_version(text: str, start: int) -> bool:
    return bool(_VERSION_BEFORE.search(text, max(0, start - 9), start))


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
    inner = start + len(parts[0]), end - len(parts[2])
    full = len(parts[0]) == 4 or len(parts[2]) == 4
    mixed = signs == ("/", "-") or (signs == ("/", BLANK) and full)
    if mixed and NORDIC & customs.languages and not _is_amount(text, start, *inner):
        return _nordic(text, parts, end, customs)
    if first != second and (signs not in _PAIRS or len(parts[2]) != 4):  # 4/3/2025-5/3/2025
        return frozenset()
    if _is_amount(text, start, *inner):
        return frozenset()
    if first == BLANK and not (full and int(max(parts, key=len)) in _BLANK_YEARS):
        return frozenset()
    pointed = first == "." and "0" not in (parts[0][0], parts[1][0])  # no amount has 04.03.
    if not full and (first != second or _is_time_or_amount(text, start, end, pointed=pointed)):
        return frozenset()
    if not full and text[inner[1] - 1].isspace() and _BEHIND_A_BLANK.match(text, end):
        return frozenset()
    if first == "." and (_is_version(text, start) or _HOUR.match(text, end)):
        return frozenset()
    may_go_on = first == second and (not full or first in (".", BLANK))
    if may_go_on and _is_longer(text, start, end, first):
        return frozenset()
    return readings(parts, customs, dotted=first == ".")


def _nordic(
    text: str, parts: tuple[str, str, str], end: int, customs: Customs
) -> frozenset[dt.date]:
    """The day of 4/3-25 and 4/3 2025, as in the north of Europe; none of 3/4-10/4 2025."""
    if len(parts[0]) > 2 or len(parts[2]) not in (2, 4) or _RANGE_BEHIND.match(text, end):
        return frozenset()
    return frozenset(_by_order(parts, "dmy", customs))


def _is_amount(text: str, start: int, one: int, third: int) -> bool:
    """Whether the third number is one: 04-03 -12.50, 04/03 2000.00, 04/03/24 1250.

    Args:
        text: Folded.
        start: Where the first number starts.
        one: Where it ends.
        third: Where the third one starts.
    """
    if not text[one + 1].isdigit():
        return False
    if not text[third - 1].isspace():
        minus = text[third - 1] == "-" and text[third - 2].isspace()
        return minus and not _YEAR_ALONE.match(text, third)
    within = start > 1 and text[start - 1] == "/" and text[start - 2].isdigit()
    return within or bool(ANY_CENTS.match(text, third))


def _is_time_or_amount(text: str, start: int, end: int, *, pointed: bool) -> bool:
    """Whether a short year is something else by what is glued to it; a next cell says nothing."""
    if _DAY_BEFORE.search(text, max(0, start - 11), start):
        return True
    glued = _GLUED_TO_POINTS if pointed else _SHARE
    return glued.match(text, end) is not None
