"""When a predicted value is right. Used by scoring, curation and grounding."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from dslm.contract.dates import date_of
from dslm.contract.model.contract_model import Compare, Contract
from dslm.contract.model.locales import Locale
from dslm.contract.numbers import amount_of, decimal_of, plain
from dslm.contract.text.folding import composed, fold, folded

__all__ = ["EXACT", "decimal_of", "equal", "fold", "plain", "sameness", "wrong_fields"]

EXACT = Compare.model_validate({"as": "exact"})


def _text(value: Any) -> str:
    """What a text is compared by; one of nothing but separators (`-`, `?`) by itself."""
    return fold(str(value)) or _bare(value)


def _bare(value: Any) -> str:
    return composed(str(value)).strip()


def _may_be(predicted: Any, gold: Any) -> bool:
    """Whether two texts are the same, each blank between digits grouping or parting numbers."""
    made, right = folded(str(predicted)), folded(str(gold))
    if not (made.chars and right.chars):
        return not (made.chars or right.chars) and _bare(predicted) == _bare(gold)
    return made.may_be(right)


def _item(value: Any) -> str:
    if isinstance(value, str):
        return f"'{_text(value)}"
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _items(value: Any) -> list[str]:
    return [_item(v) for v in _listed(value)]


def _set(value: Any) -> list[str]:
    return sorted(set(_items(value)))


def _same_item(predicted: Any, gold: Any) -> bool:
    if isinstance(predicted, str) and isinstance(gold, str):
        return _may_be(predicted, gold)
    return _item(predicted) == _item(gold)


def _same_list(predicted: Any, gold: Any) -> bool:
    made, right = _listed(predicted), _listed(gold)
    return len(made) == len(right) and all(map(_same_item, made, right))


def _same_set(predicted: Any, gold: Any) -> bool:
    """Whether each member of a set is one of the other, and both have as many."""
    made, right = ({_item(v): v for v in _listed(value)} for value in (predicted, gold))
    left = [v for key, v in made.items() if key not in right]
    rest = [v for key, v in right.items() if key not in made]
    return (
        len(left) == len(rest)
        and all(any(_same_item(one, other) for other in rest) for one in left)
        and all(any(_same_item(one, other) for one in left) for other in rest)
    )


def _exactly(value: Any) -> list[Any]:
    return [type(value).__name__, value]


def _spelled(value: Any) -> str:
    return json.dumps(_exactly(value), ensure_ascii=False, sort_keys=True)


def _folded(value: Any) -> Any:
    """A list or object with every text in it folded."""
    if isinstance(value, Mapping):
        return {key: _folded(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_folded(one) for one in value]
    return _text(value) if isinstance(value, str) else value


def _as_text(value: Any) -> str:
    """What is the same in values that are the same as text; a list or object is none."""
    if isinstance(value, list | dict):
        return f"={_spelled(_folded(value))}"
    return f"'{_text(value)}"


def _same_text(predicted: Any, gold: Any) -> bool:
    if isinstance(predicted, Mapping) and isinstance(gold, Mapping):
        return predicted.keys() == gold.keys() and all(
            _same_within(one, gold[key]) for key, one in predicted.items()
        )
    if isinstance(predicted, list) and isinstance(gold, list):
        return len(predicted) == len(gold) and all(map(_same_within, predicted, gold))
    if isinstance(predicted, list | Mapping) or isinstance(gold, list | Mapping):
        return False
    return _may_be(predicted, gold)


def _same_within(predicted: Any, gold: Any) -> bool:
    """Of what a list or object holds: numbers and truth are no texts there."""
    held = (predicted, gold)
    if all(isinstance(v, str | list | Mapping) for v in held):
        return _same_text(predicted, gold)
    return _spelled(predicted) == _spelled(gold)


def equal(compare: Compare, predicted: Any, gold: Any, locale: Locale = None) -> bool:
    """Whether `predicted` is right, under one field's comparator.

    A null equals only a null. A value that the comparator cannot read (a date that is none), or not
    for sure (1,234 without a `locale` that decides it), is compared exactly.

    Args:
        compare: The field's comparator.
        predicted: What is judged.
        gold: What is right.
        locale: Of the contract: what decides forms that are several numbers or days.
    """
    if predicted is None or gold is None:
        return predicted is gold
    match compare.how:
        case "text":
            return _same_text(predicted, gold)
        case "decimal":
            left, right = amount_of(predicted, locale), amount_of(gold, locale)
            if left is not None and right is not None:
                near = abs(left.value - right.value) <= Decimal(str(compare.tolerance))
                return near and left.may_be(right)
        case "date":
            first, second = date_of(predicted, locale), date_of(gold, locale)
            if first is not None and second is not None:
                return first == second
        case "set":
            return _same_set(predicted, gold)
        case "list":
            return _same_list(predicted, gold)
    if isinstance(gold, list | dict):  # to Python, 1 in a list is True
        return _spelled(predicted) == _spelled(gold)
    return type(predicted) is type(gold) and bool(predicted == gold)


def wrong_fields(
    contract: Contract, predicted: Mapping[str, Any] | None, gold: Mapping[str, Any]
) -> tuple[str, ...]:
    """The fields that are not right; all of them where there is no object."""
    if predicted is None:
        return contract.fields
    return tuple(
        field
        for field in contract.fields
        if not equal(
            contract.compare.get(field, EXACT), predicted[field], gold[field], contract.locale
        )
    )


def _sameness(compare: Compare, value: Any, locale: Locale) -> Any:
    if value is None:
        return None
    match compare.how:
        case "text":
            return ["text", _as_text(value)]
        case "decimal":
            if (amount := amount_of(value, locale)) is not None:
                near = compare.tolerance > 0  # no key can say what is near
                return [
                    "decimal",
                    *([] if near else [plain(amount.value), *sorted(amount.currencies)]),
                ]
        case "date":
            if (day := date_of(value, locale)) is not None:
                return ["date", day.isoformat()]
        case "set":
            return ["set", _set(value)]
        case "list":
            return ["list", _items(value)]
    return _exactly(value)


def sameness(contract: Contract, target: Mapping[str, Any]) -> str:
    """A key for targets that are equal under the comparators.

    Targets that share it are equal, unless a comparator has a tolerance. Equal targets share it,
    but for amounts of which one names a currency and the other none, and for texts of which one
    parts two numbers by a blank and the other by a comma.
    """
    keys = [
        _sameness(contract.compare.get(f, EXACT), target[f], contract.locale)
        for f in contract.fields
    ]
    return json.dumps(keys, ensure_ascii=False, sort_keys=True)
