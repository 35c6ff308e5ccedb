"""The metrics, one small function each: what a row adds to numerator and denominator.

Takes rows; gives `Metric`s. Every metric is a ratio of sums over cases, so one table serves
scorecard, slices and gate. Money is in millionths.

Cost per case holds what outcomes cost (wrong bookings, reviews, escalations) and leaves hardware
out: a row knows how long its caller waited, not which share of the batch's machine time was its
own, and a number that depends on how busy the machine was is no evidence.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from dslm.errors import InputError
from dslm.records import Metric, Row
from dslm.scoring.intervals import (
    MICRO,
    Ints,
    ints,
    money_bounds,
    money_metric,
    numbered,
    share_bounds,
    share_metric,
)

Counted = tuple[int, int]
LARGEST_SUM = 2**62  # so that differences of two sums fit too


def schema_valid(row: Row) -> Counted:
    """Answers that are objects of the contract's schema, of all cases."""
    return int(row.prediction.object is not None), 1


def exact_match(row: Row) -> Counted:
    """Answers with every field right, of all cases."""
    return int(row.outcome.exact), 1


def straight_through(row: Row) -> Counted:
    """Cases that proceeded and were right, of all cases."""
    return int(row.outcome.kind == "straight_through"), 1


def covered(row: Row) -> Counted:
    """Cases that proceeded, of all cases."""
    return int(row.decision.action == "proceed"), 1


def wrong_of_proceeded(row: Row) -> Counted:
    """Wrong cases, of those that proceeded (selective risk)."""
    return int(row.outcome.kind == "wrong_proceed"), covered(row)[0]


def held_back(row: Row) -> Counted:
    """Cases held back that could have proceeded with the right answer, of all cases."""
    return int(row.outcome.kind == "held_back"), 1


def truncated(row: Row) -> Counted:
    """Answers cut by the token limit, of all cases."""
    return int(row.prediction.finish_reason == "length"), 1


def cost(row: Row) -> Counted:
    """What the outcomes cost, per case."""
    return round(row.outcome.cost * MICRO), 1


@dataclass(frozen=True)
class Measure:
    """How a metric is counted, in which direction it is better, and in what unit."""

    of: Callable[[Row], Counted]
    better: Literal["higher", "lower"]
    unit: Literal["share", "money"] = "share"


METRICS: dict[str, Measure] = {
    "schema_valid_rate": Measure(schema_valid, "higher"),
    "case_exact_match": Measure(exact_match, "higher"),
    "straight_through_rate": Measure(straight_through, "higher"),
    "coverage": Measure(covered, "higher"),
    "selective_risk": Measure(wrong_of_proceeded, "lower"),
    "held_back_rate": Measure(held_back, "lower"),
    "truncation_rate": Measure(truncated, "lower"),
    "cost_per_case": Measure(cost, "lower", unit="money"),
}


def counts(measure: Measure, rows: Sequence[Row]) -> tuple[Ints, Ints]:
    """Numerators and denominators per row.

    Raises:
        InputError: Costs add up to more than whole numbers of 64 bits hold: they would begin again
            below zero, and a dearer model would look cheaper.
    """
    pairs = [measure.of(row) for row in rows]
    above = [found for found, _ in pairs]
    if sum(above) > LARGEST_SUM:
        what = f"the costs of {len(above)} cases are too large to be added up exactly"
        raise InputError(what, where="costs", fix="state them in thousands of the currency")
    return ints(above), ints([below for _, below in pairs])


def measured(name: str, rows: Sequence[Row], dearest: float = 0.0) -> Metric:
    """One metric over rows, with its 95 % interval.

    Args:
        name: Of `METRICS`.
        rows: Scored.
        dearest: The most that a case can cost, for a metric in money.
    """
    measure = METRICS[name]
    above, below = counts(measure, rows)
    return _metric_of(measure, above, below, numbered([row.group for row in rows]), dearest)


def _metric_of(measure: Measure, above: Ints, below: Ints, groups: Ints, dearest: float) -> Metric:
    if measure.unit == "money":
        return money_metric(above, groups, dearest)
    if not len(above):
        return Metric(value=None, low=None, high=None, n=0)
    return share_metric(above, below, groups)


@dataclass(frozen=True)
class Table:
    """What each row adds to each metric, and the number of its group; counted once for all slices.

    Attributes:
        counted: Numerators and denominators per row, by metric.
        groups: Per row.
    """

    counted: Mapping[str, tuple[Ints, Ints]]
    groups: Ints

    def metrics(self, dearest: float, places: Sequence[int] | None = None) -> dict[str, Metric]:
        """Every metric, of all rows or of those at `places`.

        Args:
            dearest: The most that a case can cost.
            places: None for all.
        """
        at = slice(None) if places is None else ints(places)
        return {
            name: _metric_of(METRICS[name], above[at], below[at], self.groups[at], dearest)
            for name, (above, below) in self.counted.items()
        }


def tabulated(rows: Sequence[Row]) -> Table:
    """What rows add to every metric."""
    counted = {name: counts(measure, rows) for name, measure in METRICS.items()}
    return Table(counted, numbered([row.group for row in rows]))


def bounded(
    name: str, rows: Sequence[Row], dearest: float, tail: float
) -> tuple[float, float] | None:
    """Bounds of one metric, each wrong with probability `tail` at most; None of no cases.

    Args:
        name: Of `METRICS`.
        rows: Scored.
        dearest: The most that a case can cost, for a metric in money.
        tail: One-sided error.
    """
    measure = METRICS[name]
    above, below = counts(measure, rows)
    groups = [row.group for row in rows]
    if measure.unit == "money":
        return money_bounds(above, groups, dearest, tail)
    return share_bounds(above, below, groups, tail)


def all_metrics(rows: Sequence[Row], dearest: float) -> dict[str, Metric]:
    """Every metric over rows; `dearest` is the most that a case can cost."""
    return tabulated(rows).metrics(dearest)


def latency_percentiles(rows: Sequence[Row]) -> dict[str, float]:
    """p50, p95 and p99 of what callers waited, in milliseconds (nearest rank)."""
    waits = sorted(row.prediction.latency_ms for row in rows)
    return {
        f"p{p}": waits[max(0, math.ceil(p / 100 * len(waits)) - 1)] for p in (50, 95, 99) if waits
    }
