"""What gold would come to, had it been drawn like production: weighed by the contract's traffic.

Takes contract and rows; gives a few `Metric`s, beside the unweighted ones and deciding nothing.
Called by `dslm.scoring.scorecard`.

The estimate is post-stratified (D. Holt & T. M. F. Smith 1979, J. R. Statist. Soc. A 142:33): of a
slice value with share W of traffic and m of n gold cases, each case weighs W n / m. A mean is that
of its weighted cases; the selective risk is the weighted wrong over the weighted proceeded ones.

Its interval is that of everything over groups (`dslm.statistics.group_bounds`): each group is one
draw, with the weighted sum and the weighted size of its cases, and the imaginary group is as heavy
as the heaviest, were its cases held back or not: of a value with much traffic and few gold cases
all may be, and tell nothing of its risk. The weights are taken as known, and what lies between
slice values stays in the spread, which stratifying would take out: the interval is rather too wide
than too narrow. Where one value has much traffic and few gold cases it is wide, as it has to be.
`tests/bench/gold_weights.py` simulates how often it covers the truth.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from dslm.contract import Contract
from dslm.records import Metric, Row
from dslm.scoring.intervals import (
    DECIMALS,
    LEVEL,
    MICRO,
    SOUGHT,
    Floats,
    Ints,
    by_group,
    ints,
)  # fmt: skip
from dslm.scoring.metrics import METRICS, Table
from dslm.statistics.group_bounds import mean_bounds

WEIGHED = ("cost_per_case", "straight_through_rate", "selective_risk")
UNMEASURED = Metric(value=None, low=None, high=None, n=0)


def traffic_metrics(
    contract: Contract, rows: Sequence[Row], table: Table, dearest: float
) -> dict[str, Metric]:
    """The weighed metrics; none without traffic, unmeasured where a value has no gold case.

    Args:
        contract: With the shares.
        rows: Scored.
        table: What they add to each metric.
        dearest: The most that a case can cost.
    """
    found = {}
    for name, shares in contract.traffic.items():
        place = {value: number for number, value in enumerate(sorted(shares))}
        strata = ints([place.get(row.slices[name], -1) for row in rows])
        weights = case_weights(strata, [shares[value] for value in sorted(shares)])
        for metric in WEIGHED:
            found[metric] = UNMEASURED if weights is None else _weighed(
                metric, table, strata, weights, dearest
            )  # fmt: skip
    return found


def case_weights(strata: Ints, shares: Sequence[float]) -> Floats | None:
    """What a case of each value weighs, 1 on average; None where a value has no case.

    Args:
        strata: The number of each case's value; below 0 where traffic does not have it.
        shares: Of traffic, by number.
    """
    counted = np.bincount(strata[strata >= 0], minlength=len(shares))
    if not counted.all():
        return None
    return np.asarray(shares) * (int(counted.sum()) / counted)


def _weighed(name: str, table: Table, strata: Ints, weights: Floats, dearest: float) -> Metric:
    above, below = table.counted[name]
    money = METRICS[name].unit == "money"
    most = max(dearest * MICRO, float(above.max())) if money else 1.0
    cases = int(below[strata >= 0].sum())
    if not cases:
        return UNMEASURED
    unit = MICRO if money else 1
    value, bounds = post_stratified(above, below, table.groups, strata, weights, most)
    low, high = (round(bound / unit, SOUGHT) for bound in bounds)
    value = round(value / unit, DECIMALS)
    return Metric(value=value, low=min(low, value), high=max(high, value), n=cases)


def post_stratified(
    above: Ints, below: Ints, groups: Ints, strata: Ints, weights: Floats, most: float
) -> tuple[float, tuple[float, float]]:
    """A weighed ratio of sums, and its 95 % interval over groups.

    Args:
        above: Numerators per case.
        below: Denominators per case; some of a case that traffic has are above 0.
        groups: Per case, by number.
        strata: As for `case_weights`.
        weights: Of `case_weights`.
        most: The most that a case can have.
    """
    sums = np.zeros((int(groups.max()) + 1, 2))
    heavy, counted = np.zeros(len(sums)), np.zeros(len(sums), dtype=np.int64)
    totals = []
    for number, weight in enumerate(weights):  # whole numbers first: the order of rows is no matter
        here = strata == number
        columns = np.where(here, above, 0), np.where(here, below, 0), here.astype(np.int64)
        part = by_group(groups, *columns)
        sums += float(weight) * part[:, :2]
        heavy += float(weight) * part[:, 2]
        counted += part[:, 1]
        totals.append(float(weight) * part[:, :2].sum(axis=0))
    over, under = (math.fsum(column) for column in zip(*totals, strict=True))
    # As many as were counted of a group, of the heaviest value; no heavier than any group is
    largest = min(float(heavy.max()), float(weights.max() * counted.max()))
    tail = (1 - LEVEL) / 2
    bounds = mean_bounds(sums[:, 0], sums[:, 1], 0.0, most, tail, largest=largest)
    if bounds is None:
        raise ValueError("no case is counted")
    return over / under, bounds
