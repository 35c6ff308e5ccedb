"""Reads days whose month is a word: 4 March 2025, le 1er mars 2025, March 4th, 2025, 04-Mar-25.

Takes a folded text and two neighbouring numbers of it; gives the days that they state with the word
between, before or after them. Used by `date_reader`.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from functools import lru_cache

from dslm.contract.dates.date_customs import NO_LOCALE, Customs
from dslm.contract.dates.date_text import words
from dslm.contract.dates.date_words import MonthWords, month_words
from dslm.contract.dates.numeric_dates import ANY_CENTS, CENTS, days_of

Span = tuple[int, int]
Months = Mapping[int, frozenset[str]]
Found = tuple[int, int, frozenset[dt.date]]

WIDEST = 40  # characters between day and year
_BEFORE = 32  # characters in which a month before its day is looked for
_YEARS = range(1000, 3000)
_YEARS_BEFORE_MONTH = range(1600, 2700)  # other numbers of four digits stand before months too
# 2025. gada 4. marts, 2025-yil 4-mart, 2025-ci il 4 mart
_AFTER_THE_YEAR = frozenset(("gada", "ж", "жылғы", "yil", "йил", "ci", "cu", "წლის"))
_PUNCTUATION = re.compile(r"[^\W\d_]|[\s.,\-/'()]|[^\x00-\x7f]|:(?=[ae]\b)")  # den 4:e mars
_ROMANS = ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii")
# 4 III 2025, 4.X.2025; not 4 x 2025
_ROMAN = re.compile(r"(?:[.\-/] ?| )(i{2,3}|iv|vi{1,3}|ix|xi{1,2}|(?<=[.\-/])[ivx])[.\-/ ] ?")
_TIMED_YEAR = re.compile(
    r"\d\d?:\d\d(?::\d\d(?:[.,]\d+)?)?(?:\s?[ap]\.?m\.?)?(?:\s[a-z]{2,5})?\s(\d{4})(?!\d)"
)
_MONEY = (  # not: 4 Mar 25 EUR -5.00
    r",-(?!\d)|\s?(?:[$]|(?:euros?|eur|usd|gbp|chf|kr|zl|pln|czk|kc|sek|nok|dkk|tl|cad|aud|inr|rs"
    r"|jpy|cny|brl|руб\w*|sfr|dollars|pounds|kronen|kronor|kroner|lira|zloty\w*)(?![^\W\d_]))"
    r"(?!\.?\s?(?:[-+]?\d|\([\d.,]+\)))"
)
_BEYOND = r"[^\W_]|[./\-]\d|%"  # 04-Mar-24 % Arabica is a name
_BEYOND_MARKED = re.compile(_BEYOND)  # a time or the next cell may be glued: 04-Mar-25,12.50
# 25,50 and 25,000; not cells: 25,12.50 25,1,Tesco 25,10:15
_AMOUNT = r",\d{1,3}(?!\d|[.,:h]\d|,\S)|:\d"
_BEYOND_A_YEAR = re.compile(rf"{_BEYOND}|{_AMOUNT}|\s%|{_MONEY}")
_NEXT_DAY = re.compile(r",\d\d?[ .\-/]{0,2}([^\s\d!-/:-@\[-`{-~]+)")  # 4 Mar 25,27 May 25
_A_YEAR_BEYOND = re.compile(r"[ ,]{1,2}(?:19|20)\d\d(?!\d|[.,/\-]\d)")
# 10:15 Mar 25, 2019, 12,50 Mar 25, 2019; not cells: 17,04 Mar 25,2019
_GLUED_BEFORE = re.compile(r"\d[.:/\-h]\Z")
_CENTS_BEFORE = re.compile(r"\d,\Z")
# What stands before a short year, whatever follows: 04-Mar-25, 04MAR25, Mar/04/25, 4 Mar '25
_MARKED = re.compile(r"(?:\d([.\-/]?)[^\W\d_]+\.?\1|[^\W\d_]([\-/])\d\d?\2|')\Z")
_HOURS = re.compile(
    r"(?:\s?(?:-|to|bis|a|al|till?|do|до)\s?\d\d?)?"
    r"\s?(?:uhr|hrs?|h(?!\s?&)|[ap]\.?m|o'clock|heures?|horas?|uur|ч|час\w*|時|点|點|시)"
    r"(?![^\W\d_])"
)
# Those that no name begins with: not 04-Mar-24 H&M, 04-Mar-10 AM Best Co
_HOURS_SAID = re.compile(r"\s?(?:uhr|hrs?|o'clock|heures?|horas?|uur|час\w*)(?![^\W\d_])")
_BEFORE_A_NUMBER = re.compile(rf"[\s,]{{1,2}}(?!{CENTS.pattern})\d{{4}}")
_ON_ITS_LINE = re.compile(rf"[ ,]{{1,2}}(?!{CENTS.pattern})\d{{4}}")
_A_DAY_BEFORE = re.compile(
    r"(?<![^\W_])[0-3]?\d\.? [^\W\d_]+\.? \Z"
)  # the 24 of 04 Mar 24 1999,99 is a year
# A day that is whole with the two digits behind: of 4 Mar 25, 2019, not of 10:15 Mar 25, 2019
_WHOLE_BEFORE = re.compile(r"(?<!\d)(?<!\d[.:/\-])(?:0?[1-9]|[12]\d|3[01])\.? ?[^\W\d_]+\.? ?\Z")
_JOINED_TO_MONTH = re.compile(r"(?:\.|st|nd|rd|th|er|o)?[ \-]?(?:(?:of|de|di) )?[^\W\d_]")
_NO_YEAR_BEHIND = re.compile(r"[/\-]\d|\.\d")  # 2025/117, 2025-03-06
_LAST_HOUR = 24
_BREAK = re.compile(r'[\d;:$"]')
_NEXT_WORD = re.compile(r"[\s.,\-]*([^\s\d!-/:-@\[-`{-~]+)")
_SAME_DAY = re.compile(r"[ .\-]*([^\s\d!-/:-@\[-`{-~]+)")  # of 12 Mar 15 Apr 2025
_FOLLOWED_BY_A_WORD = re.compile(r"\s*[^\W\d_]")


@lru_cache(maxsize=8192)
def months_in(gap: str, locales: tuple[str, ...]) -> Months | None:
    """The month that a gap names among nothing but small words; empty for small words only."""
    if _PUNCTUATION.sub("", gap):
        return None
    if numeral := _ROMAN.fullmatch(gap):
        return {_ROMANS.index(numeral[1]) + 1: frozenset()}
    known = month_words(locales)
    parts = words(gap)
    small = [part in known.between for part in parts]
    for size in range(min(known.most, len(parts)), 0, -1):
        for start in range(len(parts) - size + 1):
            name = " ".join(parts[start : start + size])
            if name in known.months and all(small[:start]) and all(small[start + size :]):
                return known.months[name]
    if all(small):
        return {}
    return _twice(gap, locales) if "/" in gap.strip(" /") else None


def _twice(gap: str, locales: tuple[str, ...]) -> Months | None:
    """The month that two names say together, as in Arabic of the United Nations."""
    both = [months_in(half, locales) or {} for half in gap.strip(" /").split("/")]
    shared = set(both[0]).intersection(*both[1:])
    return {month: frozenset().union(*(one[month] for one in both)) for month in shared} or None


def last_month(text: str, end: int, known: MonthWords) -> tuple[int, Months] | None:
    """The month that ends just before a place, small words aside, and where it starts."""
    start = max(0, end - _BEFORE)
    parts = words(_BREAK.split(text[start:end])[-1])
    while parts and parts[-1] in known.between and parts[-1] not in known.months:
        parts.pop()
    for size in range(min(known.most, len(parts)), 0, -1):
        if months := known.months.get(" ".join(parts[-size:])):
            return text.rfind(parts[-size], start, end), months
    return None


def month_readings(months: Months, day: str, year: str, customs: Customs) -> frozenset[dt.date]:
    """The days of a month's readings in a year."""
    ours = {month for month, of in months.items() if of & customs.languages}
    found: set[dt.date] = set()
    for month in ours or months:
        years = customs.years(year, thai="th" in months[month])
        found.update(days_of(years, month, int(day)))
    return frozenset(found)


def _is_short_year(text: str, span: Span, known: MonthWords) -> bool:
    """Whether two digits after a month are a year, and not a day, a time, an amount or a share."""
    marked = _is_marked(text, span[0])
    beyond = _BEYOND_MARKED if marked else _BEYOND_A_YEAR
    cell = text.startswith(",", span[1]) and _NEXT_DAY.match(text, span[1])
    if cell and cell.group(1) in known.months:
        return True
    if beyond.match(text, span[1]) or _is_hour(text, span, marked=marked):
        return False
    following = _SAME_DAY.match(text, span[1])
    if not following or following.group(1) not in known.months or int(text[slice(*span)]) > 31:
        return True
    # not: 04-Mar-10-Mar-2025; 04-Mar-25 Jan Kowalski, 04-Mar-25. Jan Kowalski
    return marked and (text[span[1]] not in "-./" or text[span[1] + 1] == " ")


def _is_hour(text: str, span: Span, *, marked: bool) -> bool:
    """Whether a number is an hour; of one that its signs mark as a year, a word must say so."""
    said = _HOURS_SAID if marked else _HOURS
    return int(text[slice(*span)]) <= _LAST_HOUR and bool(said.match(text, span[1]))


def _is_marked(text: str, start: int) -> bool:
    """Whether the number at a place is the year of a day by its signs: 04-Mar-25, 4 Mar '25."""
    return bool(_MARKED.search(text, max(0, start - WIDEST), start))


def _year_at(text: str, span: Span, known: MonthWords) -> tuple[str, int] | None:
    """The year that stands at a number after day and month, or behind a time there."""
    digits = text[span[0] : span[1]]
    if len(digits) == 4:
        sure = digits[:2] in ("19", "20") and _is_marked(text, span[0])
        amount = not sure and CENTS.match(text, span[0])
        return (digits, span[1]) if int(digits) in _YEARS and not amount else None
    if timed := _TIMED_YEAR.match(text, span[0]):
        return timed.group(1), timed.end()
    return (digits, span[1]) if len(digits) == 2 and _is_short_year(text, span, known) else None


def _is_before_a_month(text: str, first: Span, second: Span) -> bool:
    """Whether a number is none of the month behind, which has its day and year: 12, May 4, 2025."""
    if not _A_YEAR_BEYOND.match(text, second[1]) or _is_marked(text, second[0]):
        return False
    head = max(0, first[0] - 2), first[0]
    cells = text[second[1]] == "," and text[second[1] + 1] != " "
    glued = _GLUED_BEFORE.search(text, *head) or (not cells and _CENTS_BEFORE.search(text, *head))
    return bool(glued) or not _JOINED_TO_MONTH.match(text, first[1])


def _day_first(
    text: str, first: Span, second: Span, months: Months, known: MonthWords, customs: Customs
) -> Found | None:
    """`4 March 2025`."""
    if year := _year_at(text, second, known):
        if len(year[0]) == 2 and _is_before_a_month(text, first, second):
            return None
        readings = month_readings(months, text[slice(*first)], year[0], customs)
        return (first[0], year[1], readings)
    return None


def _is_of_the_day_before(text: str, first: Span, second: Span) -> bool:
    """Whether a number behind a month is a short year, since no year of its day follows it."""
    head = max(0, first[0] - WIDEST), first[0]
    if _A_DAY_BEFORE.search(text, *head) and ANY_CENTS.match(text, second[0]):
        return True
    if first[1] - first[0] < 2 or not _WHOLE_BEFORE.search(text, *head):
        return False
    gap = text[first[1] : second[0]]
    return any(sign in gap for sign in "\n.)") or bool(_NO_YEAR_BEHIND.match(text, second[1]))


def _month_first(
    text: str, first: Span, second: Span, known: MonthWords, customs: Customs
) -> Found | None:
    """`March 4, 2025`."""
    year = _year_at(text, second, known)
    month = last_month(text, first[0], known) if year else None
    if not year or not month:
        return None
    if _is_marked(text, first[0]) or _is_of_the_day_before(text, first, second):
        return None
    if len(year[0]) == 2:  # not: March 4, 25 people
        gap = text[first[1] : second[0]]
        parted = gap != "," and any(sign in gap for sign in ",-/")  # May 25,50 is an amount
        unclear = not parted or _FOLLOWED_BY_A_WORD.match(text, second[1])
        whole = _WHOLE_BEFORE.search(text, max(0, first[0] - WIDEST), first[0])  # 4 Mar 25, 10
        if (unclear or whole) and not _is_marked(text, second[0]):
            return None
    return month[0], year[1], month_readings(month[1], text[slice(*first)], year[0], customs)


def _year_first(
    text: str, first: Span, second: Span, months: Months, customs: Customs
) -> Found | None:
    """`2025. március 4.`; not the middle of `4 3 2025 March 5, 2026`."""
    number = _BEFORE_A_NUMBER if "\n" in text[first[1] : second[0]] else _ON_ITS_LINE
    unclear = number.match(text, second[1]) and not _is_marked(text, second[0])
    if int(text[slice(*first)]) not in _YEARS_BEFORE_MONTH or unclear:
        return None
    return (
        first[0],
        second[1],
        month_readings(months, text[slice(*second)], text[slice(*first)], customs),
    )


def _month_last(
    text: str, first: Span, second: Span, known: MonthWords, customs: Customs
) -> Found | None:
    """`2025. gada 4. marts`."""
    if not _AFTER_THE_YEAR.intersection(words(text[first[1] : second[0]])):
        return None
    following = _NEXT_WORD.match(text, second[1])
    months = known.months.get(following.group(1)) if following else None
    if not following or not months:
        return None
    readings = month_readings(months, text[slice(*second)], text[slice(*first)], customs)
    return first[0], following.end(), readings


def worded(text: str, first: Span, second: Span, customs: Customs = NO_LOCALE) -> Found | None:
    """What two neighbouring numbers and a word state: start, end and the days.

    Args:
        text: Folded.
        first: Where the first number stands.
        second: Where the next one does.
        customs: Of the locale.
    """
    months = months_in(text[first[1] : second[0]], customs.locales)
    if months is None:
        return None
    known = month_words(customs.locales)
    sizes = first[1] - first[0], second[1] - second[0]
    if sizes[0] <= 2:
        if months:
            return _day_first(text, first, second, months, known, customs)
        return _month_first(text, first, second, known, customs)
    if sizes[0] == 4 and sizes[1] <= 2:
        if months:
            return _year_first(text, first, second, months, customs)
        return _month_last(text, first, second, known, customs)
    return None
