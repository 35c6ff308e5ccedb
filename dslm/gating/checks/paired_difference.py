"""One metric of two models over the same cases, as a paired difference with its bounds.

Takes rows of candidate and reference; gives a frozen `Comparison`, oriented so that more is
better. Shares of cases with a group each go through Tango's score interval; shares of grouped
cases and money through the bounds of `dslm.statistics.group_bounds`. Called by `pairs` and
`slice_alarm`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from dslm.gating.checks.paired_statistics import (
    gate_bounds,
    mcnemar_exact,
    normal_quantile,
    worse_p,
)
from dslm.records import Row
from dslm.scoring.intervals import (
    DECIMALS,
    MICRO,
    SOUGHT,
    Ints,
    by_group,
    in_money,
)  # fmt: skip
from dslm.scoring.metrics import METRICS, counts
from dslm.statistics.group_bounds import mean_bounds, p_below


@dataclass(frozen=True)
class Comparison:
    """How much better the candidate is, in the metric's unit.

    `high` is a one-sided bound at the policy's alpha, `low` one at what this look may spend of it.
    `p_equal` and `p_worse` are of shares only. `sums` are of the groups: what the candidate is
    better by, in millionths where it is money, and cases; `most` is the
    most that a case can be worse by.
    """

    difference: float
    low: float
    high: float
    cases: int
    groups: int
    gained: int
    lost: int
    p_equal: float | None = None
    p_worse: float | None = None
    sums: Ints = field(default_factory=lambda: np.zeros((0, 2), dtype=np.int64), compare=False)
    most: float = 1.0

    @property
    def discordant(self) -> float:
        """Share of cases on which the two models differ."""
        return (self.gained + self.lost) / self.cases

    @property
    def grouped(self) -> bool:
        """Whether some group has several cases."""
        return self.groups < self.cases


def compare(
    name: str,
    candidate: Sequence[Row],
    reference: Sequence[Row],
    alpha: float,
    dearest: float,
    level: float | None = None,
    fixed: float | None = None,
) -> Comparison:
    """The paired difference of one metric that has a value for every case.

    Args:
        name: Of `METRICS`.
        candidate: Its rows.
        reference: Rows of the same cases, in the same order.
        alpha: One-sided error of the upper bound: that the candidate is called worse.
        dearest: The most that a case can cost.
        level: One-sided error of the lower bound, by default alpha: that it passes.
        fixed: What every case costs with the reference, where that is no matter of chance.
    """
    measure, level = METRICS[name], alpha if level is None else level
    mine, _ = counts(measure, candidate)
    theirs, _ = counts(measure, reference)
    better: Ints = (mine - theirs) if measure.better == "higher" else (theirs - mine)
    sums = by_group([row.group for row in candidate], better, np.ones_like(better))
    gained, lost = int((better > 0).sum()), int((better < 0).sum())
    if measure.unit == "money":
        worst, best = _most_apart(better, dearest, fixed)
        low, high = _money_bounds(sums, worst, best, alpha, level)
        mean = round(int(better.sum()) / (len(better) * MICRO), DECIMALS)
        counted = (len(better), len(sums), gained, lost)
        return Comparison(mean, low, high, *counted, sums=sums, most=worst)
    low, high, p_equal, p_worse = _of_shares(sums, gained, lost, alpha, level)
    return Comparison(
        difference=round(int(better.sum()) / len(better), DECIMALS),
        low=low,
        high=high,
        cases=len(better),
        groups=len(sums),
        gained=gained,
        lost=lost,
        p_equal=p_equal,
        p_worse=p_worse,
        sums=sums,
    )


def _most_apart(better: Ints, dearest: float, fixed: float | None) -> tuple[float, float]:
    """The most that a case can be worse by, and better by; never less than was seen."""
    worst, best = (dearest, dearest) if fixed is None else (dearest - fixed, fixed)
    seen = better / MICRO
    return max(worst, float(-seen.min())), max(best, float(seen.max()))


def _money_bounds(
    sums: Ints, worst: float, best: float, alpha: float, level: float
) -> tuple[float, float]:
    span = -worst * MICRO, best * MICRO
    bounds = in_money(mean_bounds(sums[:, 0], sums[:, 1], *span, level, alpha))
    if bounds is None:
        raise ValueError("no cases")  # `compare` is not called without
    return round(bounds[0], SOUGHT), round(bounds[1], SOUGHT)


def _of_shares(
    sums: Ints, gained: int, lost: int, alpha: float, level: float
) -> tuple[float, float, float, float]:
    """Both bounds, and the p-values of "as good as each other" and "no worse"."""
    cases = int(sums[:, 1].sum())
    if len(sums) == cases:
        quantiles = normal_quantile(1 - level), normal_quantile(1 - alpha)
        low, high = gate_bounds(gained, lost, cases, *quantiles)
        bounds = round(low, DECIMALS), round(high, DECIMALS)
        return *bounds, mcnemar_exact(gained, lost), worse_p(gained, lost)
    found = mean_bounds(sums[:, 0], sums[:, 1], -1.0, 1.0, level, alpha)
    if found is None:
        raise ValueError("no cases")
    worse, better = (  # the far digits are of the machine, and a verdict is compared as it is told
        max(0.0, round(p_below(sign * sums[:, 0], sums[:, 1], 0.0, 1.0), SOUGHT))
        for sign in (1, -1)
    )
    low, high = round(found[0], SOUGHT), round(found[1], SOUGHT)
    return low, high, min(1.0, 2 * min(worse, better)), worse


def noise(first: Sequence[Row], second: Sequence[Row]) -> float:
    """A/A: the share of cases that one model answers differently when asked twice.

    Has to be 0 in float32; in bfloat16 it is the floor below which differences mean nothing.
    """
    if not first or len(first) != len(second):
        raise ValueError("both runs must be of the same cases, at least one")
    pairs = zip(first, second, strict=True)
    return sum(a.prediction.text != b.prediction.text for a, b in pairs) / len(first)
