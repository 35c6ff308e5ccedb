"""Whether an extracted value occurs in the input, in any common notation, and how.

Text is looked for as whole words with case, blanks and separating punctuation folded. Numbers and
dates are looked for among everything in the input that reads as one (1,309.00 · 1.309,00 · 1309,-;
04.03.2025 · 4 March 2025 · le 4 mars 2025). Of lists and objects every leaf has to occur.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from dslm.contract.dates import date_readings, dates, found_dates
from dslm.contract.locales import Locale
from dslm.contract.model import Contract
from dslm.contract.numbers import amounts_in, numbers, plain, readings_of
from dslm.contract.words import stands_folded, stands_verbatim

__all__ = ["Grounding", "dates", "groundings", "numbers", "occurs", "ungrounded"]

How = Literal["verbatim", "normalised", "number", "date", "missing"]
_WEAKER = ("verbatim", "normalised", "number", "date", "missing")


@dataclass(frozen=True)
class Grounding:
    """How a value was found in the input.

    Attributes:
        how: To the letter; as text with case, blanks and punctuation folded; as a number or date
            in another notation; or not at all.
        readings: Where the input's form may mean several things (03/04/2025), all of them.
        place: Which leaf of a list or object this is, the one found in the weakest way: `[1].name`.
    """

    how: How
    readings: tuple[str, ...] = ()
    place: str = ""

    @property
    def ambiguous(self) -> bool:
        """Whether the input's form may mean something else too."""
        return bool(self.readings)


def _leaves(value: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, list):
        for number, item in enumerate(value):
            yield from _leaves(item, f"{place}[{number}]")
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _leaves(item, f"{place}.{key}")
    elif value is not None:
        yield place, value


def _as_number(value: Any, text: str, locale: Locale) -> Grounding:
    wanted = readings_of(value, locale)
    if not wanted:
        return Grounding("missing")
    stated = [
        one for one in amounts_in(text, locale)
        if any(w.value == r.value and w.may_be(r) for r in one.readings for w in wanted)
    ]  # fmt: skip
    if not stated:
        return Grounding("missing")
    sure = [one for one in stated if not one.ambiguous] if len(wanted) == 1 else []
    label = str(value).strip()
    there = any(one.text in label for one in sure or stated) and label in text
    how: How = "verbatim" if there else "number"
    if sure:
        return Grounding(how)
    values = {amount.value for one in stated for amount in one.readings}
    return Grounding(how, tuple(plain(number) for number in sorted(values)))


def _as_date(value: Any, text: str, locale: Locale) -> Grounding:
    wanted = date_readings(value, locale)
    stated = [one for one in found_dates(text, locale) if set(one.readings) & set(wanted)]
    if not stated:
        return Grounding("missing")
    sure = [one for one in stated if not one.ambiguous] if len(wanted) == 1 else []
    how: How = "verbatim" if str(value).strip() in text else "date"
    if sure:
        return Grounding(how)
    return Grounding(
        how, tuple(str(day) for day in sorted({d for s in stated for d in s.readings}))
    )


def _as_text(value: str, text: str) -> Grounding:
    if stands_verbatim(text, value):
        return Grounding("verbatim")
    return Grounding("normalised" if stands_folded(text, value) else "missing")


def _grounding(how: str, value: Any, text: str, locale: Locale) -> Grounding:
    if how == "date":
        return _as_date(value, text, locale)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if how == "decimal" or is_number:
        return _as_number(value, text, locale)
    return _as_text(str(value), text)


def grounding(how: str, value: Any, text: str, locale: Locale = None) -> Grounding:
    """How a value, compared `how` (see `Compare`), occurs in the input; of many leaves the weakest.

    Numbers of a JSON type are looked for as numbers whatever the comparator.
    """
    found = [
        replace(_grounding(how, leaf, text, locale), place=place) for place, leaf in _leaves(value)
    ]
    if not found:
        return Grounding("verbatim")
    return max(found, key=lambda one: (_WEAKER.index(one.how), one.ambiguous))


def occurs(how: str, value: Any, text: str, locale: Locale = None) -> bool:
    """Whether a value, compared `how` (see `Compare`), occurs in the input; of many all leaves."""
    return all(_grounding(how, leaf, text, locale).how != "missing" for _, leaf in _leaves(value))


def groundings(contract: Contract, text: str, answer: Mapping[str, Any]) -> dict[str, Grounding]:
    """How each `grounded` field's value occurs in the input; null needs no ground."""
    return {
        field: grounding(how_of(contract, field), answer[field], text, contract.locale)
        for field in contract.grounded
        if answer.get(field) is not None
    }


def how_of(contract: Contract, field: str) -> str:
    """The comparator by which a field is looked for; `text` where it names none."""
    return contract.compare[field].how if field in contract.compare else "text"


def ungrounded(contract: Contract, text: str, answer: Mapping[str, Any]) -> tuple[str, ...]:
    """The `grounded` fields whose value does not occur in the input; null needs no ground."""
    return tuple(
        field
        for field in contract.grounded
        if answer[field] is not None
        and not occurs(how_of(contract, field), answer[field], text, contract.locale)
    )
