"""The words of dates in the world's languages: months, weekdays, and what stands between.

The words of `LANGUAGES` lie in `date_words.json`, taken from Unicode's CLDR by `cldr_words`, since
reading CLDR itself takes seconds; a locale beyond those is read from CLDR when it is asked for.
Gives `MonthWords` to the readers.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from dslm.contract.dates.date_text import fold, words
from dslm.contract.dates.month_spellings import FURTHER

TABLE = Path(__file__).with_name("date_words.json")
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})
_SHORTEST_STEM = 3

# Beside CLDR's own: what people write in dates of these languages.
_BETWEEN = (
    "of the day st nd rd th er re eme e o a ro do de del di du den der da dem d le la el il "
    "los ano anul year г р года году року roku r lat gada ж"
    " m y ngay nam eko ci cu yil йил жылғы წლის ng hb haribulan লা রা ঠা ই শে "
    "พ ศ ค ที่ เดือน ปี พศ คศ พุทธศักราช คริสต์ศักราช عام سنه لعام من שנת го е"
)
_AROUND = (
    "م ad ce at um uhr kl klo klokken alle ore as las on the le den am der dem vom du el em il op "
    "dnia dne dated date datum dia día fecha data ngày 公元 西元 西暦 от r y g tarihli "
    "tues weds thur thurs година ء жыл yili godine године tanggal tarehe lì dňa z dd วันที่ "
    "付 日付 現在 في بتاريخ يوم वर्ष दिनांक तारीख "
)


@dataclass(frozen=True)
class MonthWords:
    """What words mean.

    Attributes:
        months: Folded words of a month → number of the month → languages in which they mean it.
        between: Words that may stand between day, month and year.
        around: Words that may stand beside a date and belong to it: weekdays, articles.
        most: How many words a month's name has at most.
    """

    months: Mapping[str, Mapping[int, frozenset[str]]]
    between: frozenset[str]
    around: frozenset[str]
    most: int


def _spellings(name: str) -> set[str]:
    """A month's name as it may be typed: words apart by one blank, `ae` for `ä`."""
    return {" ".join(words(fold(form))) for form in (name, name.lower().translate(_UMLAUTS))}


def _stems(full: Mapping[int, set[str]]) -> dict[str, int]:
    """The beginnings of a language's month names that are of one month only: `octo`, `fév`."""
    begin = defaultdict(set)
    for month, names in full.items():
        for name in names:
            for end in range(_SHORTEST_STEM, len(name)):
                if name.isalpha():
                    begin[name[:end]].add(month)
    return {stem: min(months) for stem, months in begin.items() if len(months) == 1}


def _index(tables: Mapping[str, Mapping[str, Any]]) -> MonthWords:
    """One index of the words of several languages; a name outranks another language's stem."""
    known: dict[str, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
    stems: dict[str, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
    between, around = set(words(fold(_BETWEEN))), set(words(fold(_AROUND)))
    for language, table in tables.items():
        full = {n: set().union(*map(_spellings, names)) for n, names in _months_of(language, table)}
        for month, names in full.items():
            for name in names:
                known[name][month].add(language)
        for stem, month in _stems(full).items():
            stems[stem][month].add(language)
        between.update(*(words(fold(text)) for text in table["between"]))
        around.update(*(words(fold(text)) for text in table["around"]))
    for stem, months in stems.items():
        if stem not in known and len(months) == 1:
            known[stem] = months
    known.pop("", None)
    frozen = {
        name: {month: frozenset(of) for month, of in sorted(months.items())}
        for name, months in known.items()
    }
    most = max(name.count(" ") + 1 for name in frozen)
    return MonthWords(frozen, frozenset(between), frozenset(around | between), most)


def _months_of(language: str, table: Mapping[str, Any]) -> Iterable[tuple[int, list[str]]]:
    further = FURTHER.get(language, {})
    for month, names in enumerate(table["months"], start=1):
        yield month, [*names, *further.get(month, [])]


@lru_cache(maxsize=1)
def _table() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(TABLE.read_text("utf-8"))
    return found


@lru_cache(maxsize=32)
def month_words(locales: tuple[str, ...] = ()) -> MonthWords:
    """The words of all known languages, and of these CLDR locales."""
    tables = _table()
    beyond = [name for name in locales if name not in tables]
    if not beyond:
        return month_words() if locales else _index(tables)
    from dslm.contract.dates.cldr_words import words_of

    return _index(tables | {name: words_of(name) for name in beyond})
