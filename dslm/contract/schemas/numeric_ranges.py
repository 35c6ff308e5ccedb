"""The tightest form of a numeric range: one lower bound, one upper, whole ones for integers.

Takes the range keywords of a schema; gives fewer that allow the same numbers. Only bounds that a
grammar of digits counts exactly are taken. Called by `decodable_schema`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, Decimal
from typing import Any

_LARGEST = 10**15
_MOST_PLACES = 6
_WIDEST, _FINEST = 1000, 3


def numeric_ranges(asked: Mapping[str, Any], *, whole: bool) -> list[dict[str, Any]]:
    """The same range as alternatives with at most one keyword a side, and a step.

    One is enough but where the bound away from zero has several decimals: llguidance 1.9 then
    refuses the numbers that are a beginning of it (7.4 under a `maximum` of 7.48), so that the
    range up to each of these stands beside it.

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
    steps = {} if step is None else _step(step, whole=whole)
    lows = [{}] if low is None else [_lower(*one, whole=whole) for one in _beginnings(low, -1)]
    upper = None if high is None else (high[0], not high[1])
    highs = [{}] if upper is None else [_upper(*one, whole=whole) for one in _beginnings(upper, 1)]
    if low is not None and upper is not None:
        _refuse_hollow(lows[0] | highs[0], whole=whole)
    made = [one | other | steps for one in lows for other in highs]
    return [one for n, one in enumerate(made) if _least(one) <= _most(one) and one not in made[:n]]


def _beginnings(bound: tuple[Decimal, bool], sign: int) -> Iterator[tuple[Decimal, bool]]:
    """A bound, and where it has this sign those that begin like it, down to one decimal."""
    yield bound
    number, _ = bound
    if number * sign <= 0:
        return
    for places in range(_places(number) - 1, 0, -1):
        yield number.quantize(Decimal(1).scaleb(-places), ROUND_DOWN), False


def _places(number: Decimal) -> int:
    return max(0, -int(number.normalize().as_tuple().exponent))


def _sides(exact: Mapping[str, Decimal], ending: str) -> list[str]:
    return [key for key in exact if key.endswith(ending)]


def _exact(key: str, value: float) -> Decimal:
    number = Decimal(repr(value))
    if abs(number) > _LARGEST or _places(number) > _MOST_PLACES:
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


def _least(made: Mapping[str, Any]) -> float:
    return float(made.get("minimum", made.get("exclusiveMinimum", -math.inf)))


def _most(made: Mapping[str, Any]) -> float:
    return float(made.get("maximum", made.get("exclusiveMaximum", math.inf)))


def _refuse_hollow(made: Mapping[str, Any], *, whole: bool) -> None:
    """A range that nothing is in, and one where llguidance 1.9 allows the bound it excludes."""
    low, high = _least(made), _most(made)
    if low > high or (low == high and not {"minimum", "maximum"} <= made.keys()):
        raise ValueError("no number is in the range")
    near = not whole and high - low < 1
    if near and ("exclusiveMinimum" in made or "exclusiveMaximum" in made):
        raise ValueError("an exclusive bound less than 1 from the other cannot be held: write "
                         "`minimum` and `maximum`")  # fmt: skip


def _step(step: Decimal, *, whole: bool) -> dict[str, int | float]:
    """A step that digits show."""
    if whole and 1 % step == 0:
        return {}
    even = step == step.to_integral_value() and step <= _WIDEST
    shown = not whole and step.normalize().as_tuple().digits in ((1,), (2,), (5,))
    if not even and not (shown and step < 1 and _places(step) <= _FINEST):
        raise ValueError(f"multipleOf {step} cannot be held: a whole number to {_WIDEST}, or 0.1, "
                         "0.2, 0.5, 0.01, …")  # fmt: skip
    return {"multipleOf": _number(step)}


def _number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)
