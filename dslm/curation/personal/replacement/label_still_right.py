"""Whether a label is still right once values were replaced. Called by `replace_in_case`."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from dslm.contract.answers.canonical_answer import schema_errors
from dslm.contract.answers.grounding import occurs, ungrounded
from dslm.contract.model.contract_model import Contract
from dslm.contract.model.personal_fields import PersonalKind
from dslm.contract.rules.cel_rules import breaches
from dslm.curation.personal.json_texts import texts_in, whole_number
from dslm.curation.personal.replacement.unreplaced_parts import part_stands
from dslm.records import Case

SHORTEST = 4  # digits of a number that is somebody's outside of a personal field


def label_holds(
    contract: Contract, before: Case, after: Case, broken: Collection[str] | None = None
) -> bool:
    """Whether the label is as valid, as grounded and as true to the rules as it was.

    And whether what it took from the input still stands there: of "Weber A-12" a part
    may have been taken for Anna Weber's name, and the number be another in the label. And whether
    its numbers are those they were: three pieces stay three where somebody's number is 3.

    Args:
        contract: Says what is valid.
        before: The case as it was.
        after: As it became.
        broken: The rules that it broke before, where that was asked already.
    """
    old, new = before.target or {}, after.target or {}
    if (before.input, old) == (after.input, new):
        return True
    if schema_errors(contract, new) or _lost(before, after) or _lost_sum(contract, before, after):
        return False
    if _counts_otherwise(contract, before, after) or _is_partly_left(contract, before, after):
        return False
    loose = set(ungrounded(contract, after.input, new))
    if loose and loose - set(ungrounded(contract, before.input, old)):
        return False
    if broken is None:
        broken = [rule.id for rule in breaches(contract, before.input, old)]
    return {rule.id for rule in breaches(contract, after.input, new)} == set(broken)


def _lost(before: Case, after: Case) -> bool:
    """Whether a text of the target was in the input and is not in the new one.

    One that stays, as the schema lists it, may have been the word of somebody's name there; one of
    few digits is a part of a telephone number by chance.
    """
    said, now = before.input.casefold(), after.input.casefold()
    for old, new in zip(_texts(before.target), _texts(after.target), strict=True):
        if old != new:
            gone = new not in after.input and _stands(old, before.input)
        else:
            one = old.casefold()
            fewer = not _is_few_digits(one) and said.count(one) > now.count(one)
            gone = fewer and _stands(one, said) and not _stands(one, now)
        if gone:
            return True
    return False


def _is_few_digits(text: str) -> bool:
    return len(text) < SHORTEST and not any(map(str.isalpha, text))


def _stands(words: str, text: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(words)}(?!\w)", text) is not None


def _lost_sum(contract: Contract, before: Case, after: Case) -> bool:
    """Whether a sum with decimals, which is never replaced, no longer stands in the input.

    Of "policy 415, pay 415.50" the number of the policy may be a part of it.
    """
    return any(
        occurs("decimal", one, before.input, contract.locale)
        and not occurs("decimal", one, after.input, contract.locale)
        for one in _sums(before.target)
    )


def _counts_otherwise(contract: Contract, before: Case, after: Case) -> bool:
    """Whether a number changed that no personal field holds and that is nobody's.

    One of few digits shares them with a value by chance; a longer one is the value itself where
    the input goes on saying it.
    """
    places = contract.data.personal.places
    for place, old, new in _leaves("target", before.target, after.target):
        number = _number(old)
        if number is None or old == new or _is_held(place, places):
            continue
        if len(number.lstrip("-")) < SHORTEST:
            return True
        if isinstance(old, str):
            continue  # looked for in the input with all other texts
        said = occurs("decimal", old, before.input, contract.locale)
        if said and not occurs("decimal", new, after.input, contract.locale):
            return True
    return False


def _is_partly_left(contract: Contract, before: Case, after: Case) -> bool:
    """Whether a part of somebody's address or day that is another in the label stands there."""
    places = contract.data.personal.places
    if not {"address", "date"} & set(places.values()):
        return False
    changed = [
        (kind, old, new) for place, old, new in _leaves("target", before.target, after.target)
        if isinstance(old, str) and isinstance(new, str) and old != new
        and (kind := _kind_of(place, places))
    ]  # fmt: skip
    given = [new for _, _, new in changed]
    return any(part_stands(kind, old, new, after.input, given) for kind, old, new in changed)


def _kind_of(place: str, places: Mapping[str, PersonalKind]) -> PersonalKind | None:
    held = (kind for one, kind in places.items() if place == one or place.startswith(f"{one}."))
    return next(held, None)


def _number(value: Any) -> str | None:
    """The digits of a whole number, or of a text that is no more."""
    if isinstance(value, str):
        return value.strip() if value.strip().isdecimal() else None
    return whole_number(value)


def _is_held(place: str, places: Collection[str]) -> bool:
    return any(place == one or place.startswith(f"{one}.") for one in places)


def _leaves(place: str, old: Any, new: Any) -> Iterator[tuple[str, Any, Any]]:
    """Every value of a target and what became of it, with its place; lists are walked through."""
    if isinstance(old, dict):
        for key, inner in old.items():
            yield from _leaves(f"{place}.{key}", inner, new[key])
    elif isinstance(old, list):
        for one, other in zip(old, new, strict=True):
            yield from _leaves(place, one, other)
    else:
        yield place, old, new


def _sums(value: Any) -> Iterator[float]:
    if isinstance(value, float) and whole_number(value) is None:
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _sums(inner)


def _texts(value: Any) -> list[str]:
    return [text for text, naming in texts_in(value) if not naming]
