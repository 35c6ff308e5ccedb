"""Whether an extracted value occurs in the input, in any common notation, and how.

Text is looked for as whole words with case, blanks and separating punctuation folded. Numbers and
dates are looked for among everything in the input that reads as one (1,309.00 · 1.309,00 · 1309,-;
04.03.2025 · 4 March 2025 · le 4 mars 2025). Of lists and objects every leaf has to occur.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal

from dslm.contract.answers.canonical_answer import schema_errors
from dslm.contract.dates import date_readings, dates, found_dates
from dslm.contract.model.contract_model import Contract
from dslm.contract.model.locales import Locale
from dslm.contract.numbers import amounts_in, numbers, plain, readings_of
from dslm.contract.text.word_search import stands_folded, stands_verbatim

__all__ = ["Grounding", "dates", "groundings", "numbers", "occurs", "ungrounded", "with_minus"]

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


Keys = tuple[str | int, ...]


def _leaves(value: Any, keys: Keys = ()) -> Iterator[tuple[Keys, Any]]:
    if isinstance(value, list):
        for number, item in enumerate(value):
            yield from _leaves(item, (*keys, number))
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _leaves(item, (*keys, key))
    elif value is not None:
        yield keys, value


def _place(keys: Keys) -> str:
    return "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in keys)


def _as_number(value: Any, text: str, locale: Locale, *, unsigned: bool = False) -> Grounding:
    """How a number occurs; `unsigned`: as what a negative one has behind its minus."""
    wanted = readings_of(value, locale)
    if unsigned:
        wanted = tuple(replace(w, value=-w.value) for w in wanted if w.value > 0)
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


def _is_number(how: str, value: Any) -> bool:
    """Whether a value is looked for as a number: one of a JSON type whatever the comparator."""
    if how == "date" or isinstance(value, bool):
        return False
    return how == "decimal" or isinstance(value, int | float)


def _grounding(how: str, value: Any, text: str, locale: Locale) -> Grounding:
    if how == "date":
        return _as_date(value, text, locale)
    if _is_number(how, value):
        return _as_number(value, text, locale)
    return _as_text(str(value), text)


def grounding(
    how: str,
    value: Any,
    text: str,
    locale: Locale = None,
    never_negative: Callable[[Keys], bool] = lambda _: False,
) -> Grounding:
    """How a value occurs in the input; of many leaves the one found in the weakest way.

    Args:
        how: By which it is compared; see `Compare`.
        value: Text, a number, or a list or object of such.
        text: The input.
        locale: The contract's.
        never_negative: Whether the number at some keys could not have a minus: it is then found in
            a negative one too, whose sign another field says (the kind of a credit note), and a
            sign alone makes nothing ambiguous.
    """
    found = []
    for keys, leaf in _leaves(value):
        one = _grounding(how, leaf, text, locale)
        if one.how == "missing" and _is_number(how, leaf):
            unsigned = _as_number(leaf, text, locale, unsigned=True)
            one = unsigned if unsigned.how != "missing" and never_negative(keys) else one
        elif one.ambiguous and _is_number(how, leaf) and never_negative(keys):
            left = tuple(dict.fromkeys(reading.lstrip("-") for reading in one.readings))
            one = replace(one, readings=left if len(left) > 1 else ())
        found.append(replace(one, place=_place(keys)))
    if not found:
        return Grounding("verbatim")
    return max(found, key=lambda one: (_WEAKER.index(one.how), one.ambiguous))


def occurs(how: str, value: Any, text: str, locale: Locale = None) -> bool:
    """Whether a value, compared `how` (see `Compare`), occurs in the input; of many all leaves."""
    return all(_grounding(how, leaf, text, locale).how != "missing" for _, leaf in _leaves(value))


def with_minus(value: Any, keys: Keys = ()) -> Any:
    """A value with a minus before the number or text at some keys of it."""
    if not keys:
        return f"-{value}" if isinstance(value, str) else -value
    changed = value.copy()
    changed[keys[0]] = with_minus(value[keys[0]], keys[1:])
    return changed


def groundings(contract: Contract, text: str, answer: Mapping[str, Any]) -> dict[str, Grounding]:
    """How each `grounded` field's value occurs in the input; null needs no ground."""

    def never_negative(field: str, keys: Keys) -> bool:
        """Whether the schema allows a number as it is, and not with a minus before it."""
        changed = {**answer, field: with_minus(answer[field], keys)}
        return bool(schema_errors(contract, changed)) and not schema_errors(contract, answer)

    return {
        field: grounding(
            how_of(contract, field), answer[field], text, contract.locale,
            partial(never_negative, field),
        )
        for field in contract.grounded
        if answer.get(field) is not None
    }  # fmt: skip


def how_of(contract: Contract, field: str) -> str:
    """The comparator by which a field is looked for; `text` where it names none."""
    return contract.compare[field].how if field in contract.compare else "text"


def ungrounded(contract: Contract, text: str, answer: Mapping[str, Any]) -> tuple[str, ...]:
    """The `grounded` fields whose value does not occur in the input; null needs no ground."""
    found = groundings(contract, text, answer)
    return tuple(field for field, one in found.items() if one.how == "missing")
