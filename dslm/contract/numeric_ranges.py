"""The tightest form of a numeric range: one lower bound, one upper, whole ones for integers.

Takes the range keywords of a schema; gives fewer that allow the same numbers. Only bounds that a
grammar of digits counts exactly are taken. Called by `decodable`.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

_LARGEST = 10**15
_MOST_PLACES = 9


def numeric_range(asked: Mapping[str, Any], *, whole: bool) -> dict[str, Any]:
    """The same range by at most one keyword a side, and a step.

    Args:
        asked: `minimum`, `maximum`, `exclusiveMinimum`, `exclusiveMaximum`, `multipleOf`.
        whole: Whether only integers are allowed.

    Raises:
        ValueError: No number is in it, or it has a bound or step that a grammar cannot count by.
    """
    exact = {key: _exact(key, value) for key, value in asked.items()}
    step = exact.pop("multipleOf", None)
    low = max(((exact[k], k == "exclusiveMinimum") for k in _sides(exact, "inimum")), default=None)
    high = min(((exact[k], k != "exclusiveMaximum") for k in _sides(exact, "aximum")), default=None)
    made: dict[str, Any] = {}
    if low is not None:
        made |= _lower(*low, whole=whole)
    if high is not None:
        made |= _upper(high[0], not high[1], whole=whole)
    if low is not None and high is not None:
        _refuse_empty(made)
    if step is not None:
        if made:
            raise ValueError("`multipleOf` beside a range cannot be held")
        made["multipleOf"] = _step(step, whole=whole)
    return made


def _sides(exact: Mapping[str, Decimal], ending: str) -> list[str]:
    return [key for key in exact if key.endswith(ending)]


def _exact(key: str, value: float) -> Decimal:
    number = Decimal(repr(value))
    places = -int(number.normalize().as_tuple().exponent)
    if abs(number) > _LARGEST or places > _MOST_PLACES:
        raise ValueError(f"{key} {value} is beyond what can be counted by digits: at most "
                         f"{_LARGEST:,} and {_MOST_PLACES} decimals")  # fmt: skip
    return number


def _lower(bound: Decimal, exclusive: bool, *, whole: bool) -> dict[str, Any]:
    if whole:
        least = int(bound.to_integral_value(ROUND_CEILING))
        return {"minimum": least + 1 if exclusive and least == bound else least}
    return {"exclusiveMinimum" if exclusive else "minimum": _number(bound)}


def _upper(bound: Decimal, exclusive: bool, *, whole: bool) -> dict[str, Any]:
    if whole:
        most = int(bound.to_integral_value(ROUND_FLOOR))
        return {"maximum": most - 1 if exclusive and most == bound else most}
    return {"exclusiveMaximum" if exclusive else "maximum": _number(bound)}


def _refuse_empty(made: Mapping[str, Any]) -> None:
    low = made.get("minimum", made.get("exclusiveMinimum"))
    high = made.get("maximum", made.get("exclusiveMaximum"))
    if low > high or (low == high and not {"minimum", "maximum"} <= made.keys()):
        raise ValueError("no number is in the range")


def _step(step: Decimal, *, whole: bool) -> int | float:
    """A step that digits show: a whole one, or one place of decimals."""
    if step == step.to_integral_value():
        if step > 1000:
            raise ValueError(f"multipleOf {step} cannot be held: at most 1000")
        return int(step)
    if whole or step.normalize().as_tuple().digits != (1,):
        raise ValueError(f"multipleOf {step} cannot be held: write a whole number, or 0.1, 0.01, …")
    return float(step)


def _number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)
