"""Values as people read them: rates, money, times, digests, and text that may be hostile.

Takes plain values of the records, gives text; called by the page, the charts and the terminal.
Nothing here rounds a rate to a 0 % or 100 % that it is not.
"""

from __future__ import annotations

import json
import math
from typing import Any, Literal

from dslm.contract.text.visible_text import visible
from dslm.records import Metric

__all__ = ["visible"]  # of the templates too

NA = "n/a"
NBSP = "\u00a0"
MINUS = "\u2212"
ONE_LINE = 40  # characters of JSON that are read in one line

Unit = Literal["rate", "money", "number"]


def rate(value: float | None) -> str:
    """A share as a percentage with one decimal, more where one would claim 0 or 100."""
    if value is None or not math.isfinite(value):
        return NA
    percent = value * 100
    for digits in (1, 2, 3, 4):
        text = f"{percent:.{digits}f}"
        if float(text) not in (0.0, 100.0) or percent in (0.0, 100.0):
            break
    return f"{text}{NBSP}%".replace("-", MINUS)


def money(value: float | None, currency: str) -> str:
    """An amount with two decimals, small ones with three digits that count."""
    if value is None or not math.isfinite(value):
        return NA
    text = f"{value:,.2f}" if value == 0 or abs(value) >= 0.1 else f"{value:.3g}"
    return f"{text}{NBSP}{currency}".replace("-", MINUS)


def number(value: float | None) -> str:
    """A number without a unit, four digits that count."""
    if value is None or not math.isfinite(value):
        return NA
    if float(value).is_integer() and abs(value) < 1e15:
        return f"{int(value):,}".replace("-", MINUS)
    return f"{value:.4g}".replace("-", MINUS)


def quantity(value: float | None, unit: Unit, currency: str) -> str:
    """A value in its unit."""
    if unit == "money":
        return money(value, currency)
    return rate(value) if unit == "rate" else number(value)


def interval(metric: Metric, unit: Unit, currency: str) -> str:
    """A metric's 95 % interval, or n/a where it has none."""
    if metric.low is None or metric.high is None:
        return NA
    low, high = (quantity(v, unit, currency) for v in (metric.low, metric.high))
    suffix = f"{NBSP}%" if unit == "rate" else f"{NBSP}{currency}" if unit == "money" else ""
    return f"{low.removesuffix(suffix)} to {high}"


def milliseconds(value: float | None) -> str:
    """A duration, in seconds from one second up."""
    if value is None or not math.isfinite(value):
        return NA
    return f"{value / 1000:,.2f}{NBSP}s" if value >= 1000 else f"{value:,.0f}{NBSP}ms"


def short_digest(digest: str) -> str:
    """The first twelve hex digits of a digest; other text as it is."""
    algorithm, colon, digits = digest.partition(":")
    return digits[:12] if colon and algorithm == "sha256" else digest


def plain_value(value: Any) -> str:
    """A JSON value as visible text: strings bare, everything else as JSON."""
    if isinstance(value, str):
        return visible(value)
    return visible(json.dumps(value, ensure_ascii=False, sort_keys=True, default=str))


def laid_out(value: Any) -> str:
    """As `plain_value`; an object or list that is no short one has a line for each of its parts."""
    told = plain_value(value)
    if not isinstance(value, dict | list) or len(told) <= ONE_LINE:
        return told
    return visible(json.dumps(value, ensure_ascii=False, sort_keys=True, indent=1, default=str))


def visible_value(value: Any) -> Any:
    """A JSON value with every string in it made visible."""
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, list):
        return [visible_value(item) for item in value]
    if isinstance(value, dict):
        return {visible(str(key)): visible_value(item) for key, item in value.items()}
    return value


def cut(text: str, most: int) -> str:
    """At most so many characters, and a sign that some are missing."""
    return text if len(text) <= most else text[:most].rstrip() + " …"
