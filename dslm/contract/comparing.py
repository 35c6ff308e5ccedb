"""When a predicted value is right. Used by scoring, curation and grounding."""

from __future__ import annotations

import datetime as dt
import json
import re
import unicodedata
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from dslm.contract.model import Compare, Contract

EXACT = Compare.model_validate({"as": "exact"})
# Before or after an amount: RM 9.00, $9.00, 9.00 EUR.
_CURRENCY = re.compile(r"\A(?:[A-Z]{2,3}|[$€£¥₹])\s*|\s*(?:[A-Z]{2,3}|[$€£¥₹])\Z")

# Of ten: beyond it arithmetic overflows, and a number written out fills the memory.
_LARGEST_EXPONENT = 999


def fold(text: str) -> str:
    """Case, accents' encoding, punctuation and blanks removed: letters and digits remain."""
    composed = unicodedata.normalize("NFKC", text).casefold()
    return "".join(c for c in composed if c.isalnum())


def decimal_of(value: Any) -> Decimal | None:
    """The number a value states, thousands commas and a currency left out; None for none."""
    try:
        number = Decimal(_CURRENCY.sub("", str(value).strip()).replace(",", ""))
    except InvalidOperation:
        return None
    readable = number.is_finite() and abs(number.adjusted()) <= _LARGEST_EXPONENT
    return number if readable else None


def plain(number: Decimal) -> str:
    """All its digits and no trailing zeros: `normalize` rounds to the context's 28 digits."""
    written = f"{number:f}" if number else "0"  # zero has a sign
    return written.rstrip("0").rstrip(".") if "." in written else written


def _date(value: Any) -> dt.date | None:
    try:
        return dt.date.fromisoformat(str(value).strip()[:10])
    except ValueError:
        return None


def _items(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [fold(v) if isinstance(v, str) else repr(v) for v in values]


def equal(compare: Compare, predicted: Any, gold: Any) -> bool:
    """Whether `predicted` is right, under one field's comparator.

    A null equals only a null. A value that the comparator cannot read (a date that is none) is
    compared exactly.
    """
    if predicted is None or gold is None:
        return predicted is gold
    match compare.how:
        case "text":
            return fold(str(predicted)) == fold(str(gold))
        case "decimal":
            left, right = decimal_of(predicted), decimal_of(gold)
            if left is not None and right is not None:
                return abs(left - right) <= Decimal(str(compare.tolerance))
        case "date":
            first, second = _date(predicted), _date(gold)
            if first is not None and second is not None:
                return first == second
        case "set":
            return set(_items(predicted)) == set(_items(gold))
        case "list":
            return _items(predicted) == _items(gold)
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
        if not equal(contract.compare.get(field, EXACT), predicted[field], gold[field])
    )


def _sameness(compare: Compare, value: Any) -> Any:
    if value is None:
        return None
    match compare.how:
        case "text":
            return ["text", fold(str(value))]
        case "decimal":
            if (number := decimal_of(value)) is not None:
                near = compare.tolerance > 0  # no key can say what is near
                return ["decimal", "" if near else plain(number)]
        case "date":
            if (day := _date(value)) is not None:
                return ["date", day.isoformat()]
        case "set":
            return ["set", sorted(set(_items(value)))]
        case "list":
            return ["list", _items(value)]
    return [type(value).__name__, value]


def sameness(contract: Contract, target: Mapping[str, Any]) -> str:
    """A key that targets which are equal under the comparators share.

    Targets that share it are equal, unless a comparator has a tolerance.
    """
    keys = [_sameness(contract.compare.get(f, EXACT), target[f]) for f in contract.fields]
    return json.dumps(keys, ensure_ascii=False, sort_keys=True)
