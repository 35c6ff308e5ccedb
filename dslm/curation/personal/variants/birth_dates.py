"""Days of birth in any notation: 07.03.1984 is "March 7th, 1984", and stays written so.

Where a text states a day is known by `dslm.contract.dates`. Used by `declared_fields` for what a
field holds, by `group_index` to look for it, and by `surrogates` to write another day in its place.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from dslm.contract.dates import date_readings, found_dates
from dslm.curation.personal.found_values import FoundValue, Identity
from dslm.curation.personal.surrogates.keyed_draws import KeyedDraws
from dslm.curation.personal.variants.escaped_characters import read_on
from dslm.curation.personal.variants.letters_and_digits import folded_words

DAY = "day"  # the form of a date that is one; other ones have a free form
_YOUNGEST, _YEARS, _EVERY_ORDER = 1940, 65, 12
_TOKEN = re.compile(r"\d+|[^\W\d_]+")
_MONTHS = tuple(
    tuple(names.split()) for names in (
        "january february march april may june july august september october november december",
        "januar februar märz april mai juni juli august september oktober november dezember",
        "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    )
)  # fmt: skip
_SHORTEST_MONTH = 3
_MONTH_NUMBERS = {
    spelled: number
    for names in reversed(_MONTHS) for number, name in enumerate(names, start=1)
    for spelled in (name, name[:_SHORTEST_MONTH])
}  # fmt: skip
_ANY_MONTH = "|".join(sorted(_MONTH_NUMBERS, key=lambda name: (-len(name), name)))
_YEARLESS = re.compile(  # "March 7th", "7. März": in the order of few languages a year is missed
    rf"(?<![\w.,/:-])(?P<d1>\d{{1,2}})(?:st|nd|rd|th|er|\.)?\s+(?:of\s+|de\s+)?(?P<m1>{_ANY_MONTH})\b"
    rf"|(?<!\w)(?P<m2>{_ANY_MONTH})\b\.?\s+(?:the\s+)?(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?(?![\w:]|[.,/]\d)",
    re.IGNORECASE,
)


def day_identity(text: str) -> Identity | None:
    """What a field's text is as a day, in all its readings; None where it is none."""
    readings = sorted(day.isoformat() for day in date_readings(text))
    return Identity("date", DAY, " ".join(readings)) if readings else None


def days_of(identity: Identity) -> list[dt.date]:
    """The days that an identity may be."""
    if identity.form != DAY:
        return []
    return [dt.date.fromisoformat(day) for day in identity.value.split()]


def digits_of_day(day: dt.date) -> tuple[str, ...]:
    """A day in digits that nothing parts, in any order: 07031984, 070384, 3071984."""
    year, month, date = f"{day.year}", f"{day.month:02d}", f"{day.day:02d}"
    short = year[2:]
    return (
        date + month + year, month + date + year, date + month + short, month + date + short,
        short + month + date, f"{day.month}{date}{year}", f"{day.day}{month}{year}",
    )  # fmt: skip


def days_in(text: str, known: Mapping[dt.date, Identity]) -> Iterator[FoundValue]:
    """Where a text states a known day, read with its escapes and over lines that are quoted."""
    plain, places = read_on(text)
    for one in _stated_in(plain, known):
        start, end = places[one.start][0], places[one.end - 1][1]
        said = one.text if text[start:end] == one.text else " ".join(one.text.split())
        yield one._replace(start=start, end=end, text=said)


def _stated_in(text: str, known: Mapping[dt.date, Identity]) -> Iterator[FoundValue]:
    stated = [*found_dates(text)]
    for found in stated:
        if days := sorted(found.readings & known.keys()):
            spelled, start, end = text[found.start : found.end], found.start, found.end
            yield FoundValue("date", start, end, spelled, known[days[0]])
    yearless = {(day.month, day.day): known[day] for day in sorted(known, reverse=True)}
    for match in _YEARLESS.finditer(text):
        identity = yearless.get(
            (_month(match["m1"] or match["m2"]), int(match["d1"] or match["d2"]))
        )
        start, end = match.span()
        if (
            identity
            and not _is_verb(match)
            and all(end <= one.start or one.end <= start for one in stated)
        ):
            yield FoundValue("date", start, end, match[0], identity)


def _is_verb(match: re.Match[str]) -> bool:
    """Whether "may" goes before a number that is no day: "you may 3 times"."""
    return match["m2"] == "may" and match[0][-1].isdigit()


def months_said(words: Iterable[str]) -> bool:
    """Whether some folded words have the name of a month, or its beginning."""
    return not _folded_months().isdisjoint(words)


@lru_cache(maxsize=1)
def _folded_months() -> frozenset[str]:
    return frozenset(word for one in _MONTH_NUMBERS for word in folded_words(one))


def _month(word: str) -> int:
    return _MONTH_NUMBERS[word.casefold()]


def another_day(identity: Identity, draw: KeyedDraws) -> str:
    """Another day, of other numbers, that is one in every order."""
    before = days_of(identity)[0]
    year, month, day = (
        _YOUNGEST + draw.below(_YEARS), 1 + draw.below(_EVERY_ORDER), 1 + draw.below(_EVERY_ORDER)
    )  # fmt: skip
    year += year == before.year
    old = {before.month, before.day}
    month = next(m for n in range(3) if (m := (month + n - 1) % _EVERY_ORDER + 1) not in old)
    day = next(d for n in range(3) if (d := (day + n - 1) % _EVERY_ORDER + 1) not in old)
    return dt.date(year, month, day).isoformat()


def day_like(identity: Identity, text: str, made: str) -> str:
    """The day `made` in the notation of `text`, which states the identity's.

    As in ISO 8601 where that notation cannot be written: another calendar, a month's name of a
    language that is not here.
    """
    before, after = days_of(identity)[0], dt.date.fromisoformat(made)
    if _YEARLESS.fullmatch(text):
        return _TOKEN.sub(lambda token: _yearless_like(token[0], after), text)
    for day in days_of(identity):
        if text in (digits := digits_of_day(day)):
            return digits_of_day(after)[digits.index(text)]
    small = [m for m in _TOKEN.finditer(text) if m[0].isdigit() and len(m[0]) < 3]
    short_year = _short_year(text, small, before)
    if before.month == before.day:  # which is which cannot be told
        after = after.replace(day=after.month)

    def written(match: re.Match[str]) -> str:
        token = match[0]
        if not token.isdigit():
            return _month_like(token, after.month)
        if match.span() == short_year:
            return f"{after.year % 100:02d}"
        return _digits_like(token, before, after)

    alike = _TOKEN.sub(written, text)
    return alike if _states(alike, after) else after.isoformat()


def _states(text: str, day: dt.date) -> bool:
    """Whether a text may state a day, of whatever century."""
    wanted = (day.month, day.day, day.year % 100)
    return any((one.month, one.day, one.year % 100) == wanted for one in date_readings(text))


def _short_year(text: str, small: list[re.Match[str]], before: dt.date) -> tuple[int, int] | None:
    """Where a year of two digits stands, if one does."""
    has_year = any(len(m[0]) == 4 for m in _TOKEN.finditer(text) if m[0].isdigit())
    years = [] if has_year else [m.span() for m in small if int(m[0]) == before.year % 100]
    return years[-1] if years else None


def _digits_like(token: str, before: dt.date, after: dt.date) -> str:
    if len(token) == 4:
        return f"{after.year}"
    if len(token) > 4:
        year_first = token.startswith(f"{before.year}")
        parts = [token[:4], token[4:6], token[6:]] if year_first else [
            token[:2], token[2:4], token[4:]
        ]  # fmt: skip
        return "".join(_digits_like(part, before, after) for part in parts if part)
    number = after.month if int(token) == before.month else after.day
    return f"{number:02d}" if len(token) == 2 else f"{number}"


def _yearless_like(token: str, after: dt.date) -> str:
    if token.isdigit():
        return f"{after.day:02d}" if token[0] == "0" else f"{after.day}"
    return _month_like(token, after.month)


def _month_like(word: str, month: int) -> str:
    folded = word.casefold()
    for names in _MONTHS:
        if len(folded) >= _SHORTEST_MONTH and any(name.startswith(folded) for name in names):
            whole = folded in names
            new = names[month - 1] if whole else names[month - 1][: len(folded)]
            return new.upper() if word.isupper() else new.title() if word[0].isupper() else new
    return word


@lru_cache(maxsize=1)
def month_names() -> frozenset[str]:
    """Names of months, folded."""
    return frozenset(word for names in _MONTHS for name in names for word in folded_words(name))
