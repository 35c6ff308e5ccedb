"""Reads days whose numbers are marked as year, month and day: 令和7年3月4日, 2025년 3월 4일.

Takes a folded text; gives what East Asian and Vietnamese dates in it state, years of eras and
numerals in Chinese characters too. Used by `date_reader`.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator

from dslm.contract.dates.date_customs import TAIWAN, Customs
from dslm.contract.dates.numeric_dates import day_of

Found = tuple[int, int, frozenset[dt.date]]

_DAY_ONE = {
    "明治": dt.date(1868, 1, 25), "大正": dt.date(1912, 7, 30), "昭和": dt.date(1926, 12, 25),
    "平成": dt.date(1989, 1, 8), "令和": dt.date(2019, 5, 1), "民國": dt.date(1912, 1, 1),
}  # fmt: skip
_ALSO = {"民国": "民國", "㍾": "明治", "㍽": "大正", "㍼": "昭和", "㍻": "平成", "㋿": "令和"}
_LETTERS = {"m": "明治", "t": "大正", "s": "昭和", "h": "平成", "r": "令和"}
_NUMERALS = "〇一二三四五六七八九"
_TENS = {"十": 10, "百": 100, "千": 1000}
_NUMBER = rf"\d{{1,4}}|[{_NUMERALS}零十百千]{{1,7}}"
_ERA = rf"(?P<era>{'|'.join((*_DAY_ONE, *_ALSO))})"
# Korean syllables also as they are typed apart
_YEAR, _MONTH, _DAY = (
    "[年년]|\u1102\u1167\u11ab",
    "[月월]|\u110b\u116f\u11af",
    "[日号號일]|\u110b\u1175\u11af",
)
_MARKED = re.compile(
    rf"(?:{_ERA}\s*)?(?<!\d)(?P<y>{_NUMBER}|元)\s*(?:{_YEAR})\s*"
    rf"(?P<m>{_NUMBER})\s*(?:{_MONTH})\s*(?P<d>{_NUMBER})(?!\d)\s*(?:{_DAY})?"
)
_UNTIL = re.compile(  # 2025年3月4日~5日, 3月30日から4月2日
    rf"\s*(?:[-~至到]|から|부터)\s*(?:(?P<m>{_NUMBER})\s*(?:{_MONTH})\s*)?(?P<d>{_NUMBER})\s*(?:{_DAY})"
)
_ERA_NUMBERS = re.compile(
    rf"(?:{_ERA}|(?<![a-z0-9])(?P<letter>[mtshr]))\s?(?P<y>\d{{1,3}}|元)\s?(?P<sign>[./\-])\s?"
    r"(?P<m>\d{1,2})\s?(?P=sign)\s?(?P<d>\d{1,2})(?!\d)"
)
_VIETNAMESE = re.compile(
    r"(?<!\d)(?P<d>\d{1,2})\s*,?\s*(?:thang|thg)\.?\s*(?P<m>\d{1,2})(?:\s*(?:,|nam|/|-)+\s*|\s+)"
    r"(?P<y>\d{4})(?!\d)"
)


def _number(written: str) -> int:
    """A number in digits, in Chinese numerals by place (二〇二五) or with tens (二十五)."""
    if written.isdigit() and written.isascii():
        return int(written)
    written = written.replace("零", "〇")
    if not any(char in _TENS for char in written):
        return int("".join(str(_NUMERALS.index(char)) for char in written))
    total, digit = 0, 0
    for char in written:
        if char in _TENS:
            total += (digit or 1) * _TENS[char]
            digit = 0
        else:
            digit = _NUMERALS.index(char)
    return total + digit


def _of_era(era: str, year: str, month: str, day: str) -> frozenset[dt.date]:
    """A day by an era's years, of which the first (元) may be short."""
    first = _DAY_ONE[_ALSO.get(era, era)]
    count = 1 if year == "元" else _number(year)
    found = day_of(first.year + count - 1, _number(month), _number(day)) if count else None
    return frozenset((found,)) if found and found >= first else frozenset()


def _common_years(year: str, customs: Customs) -> tuple[int, ...]:
    """What a year without an era may be."""
    if year == "元":
        return ()
    number = _number(year)
    if number >= 1000:
        return customs.years(str(number)) if number < 10000 else ()
    if 100 <= number < 200 or (customs.taiwan and len(year) > 1):
        return (number + TAIWAN,)  # no year but Taiwan's is written so
    return customs.years(f"{number:02}") if len(year) > 1 else ()


def _marked(text: str, customs: Customs) -> Iterator[Found]:
    for match in _MARKED.finditer(text):
        year, month, day = match["y"], match["m"], match["d"]
        if match["era"]:
            days = _of_era(match["era"], year, month, day)
        else:
            years = _common_years(year, customs)
            found = (day_of(y, _number(month), _number(day)) for y in years)
            days = frozenset(one for one in found if one)
        yield match.start(), match.end(), days
        if last := _UNTIL.match(text, match.end()):
            yield (
                last.start("m" if last["m"] else "d"),
                last.end(),
                _until(days, last["m"], last["d"]),
            )


def _until(first: frozenset[dt.date], month: str | None, number: str) -> frozenset[dt.date]:
    """The last day of a range that names no year of its own."""
    found = (day_of(d.year, _number(month) if month else d.month, _number(number)) for d in first)
    return frozenset(last for last in found if last and all(last > d for d in first))


def _with_era(text: str, customs: Customs) -> Iterator[Found]:
    for match in _ERA_NUMBERS.finditer(text):
        era = match["era"] or (_LETTERS[match["letter"]] if customs.japan else None)
        if era:
            yield match.start(), match.end(), _of_era(era, match["y"], match["m"], match["d"])


def marked(text: str, customs: Customs) -> Iterator[Found]:
    """Start, end and days of every date of these forms; no days where the calendar has none."""
    if "年" in text or "년" in text or "\u1102\u1167\u11ab" in text:
        yield from _marked(text, customs)
    named = not text.isascii() and any(era in text for era in (*_DAY_ONE, *_ALSO))
    if customs.japan or named:
        yield from _with_era(text, customs)
    if "thang" in text or "thg" in text:
        for match in _VIETNAMESE.finditer(text):
            day = day_of(int(match["y"]), int(match["m"]), int(match["d"]))
            yield match.start(), match.end(), frozenset((day,)) if day else frozenset()
