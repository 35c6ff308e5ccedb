"""One metric of two models over the same cases, as a paired difference with its bounds.

Takes rows of candidate and reference; gives a frozen `Comparison`, oriented so that more is
better. Shares go through Tango's score interval on effective counts, money through the BCa
bootstrap over groups. Called by `checks`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dslm.gating.statistics import gate_bounds, mcnemar_exact, normal_quantile, worse_p
from dslm.records import Row
from dslm.scoring.intervals import (
    DECIMALS,
    MICRO,
    Floats,
    Ints,
    bca_mean,
    by_group,
    design_effect,
)  # fmt: skip
from dslm.scoring.metrics import METRICS, counts


@dataclass(frozen=True)
class Comparison:
    """How much better the candidate is, in the metric's unit.

    `low` and `high` are each a one-sided bound at the policy's alpha; None where one group of
    cases says nothing about the next. `p_equal` and `p_worse` are of shares only.
    """

    difference: float
    low: float | None
    high: float | None
    cases: int
    gained: int
    lost: int
    effect: float
    p_equal: float | None = None
    p_worse: float | None = None

    @property
    def discordant(self) -> float:
        """Share of cases on which the two models differ."""
        return (self.gained + self.lost) / self.cases


def _effect(differences: Ints, groups: Sequence[str]) -> float:
    """Design effect of paired differences between groups."""
    sums = by_group(groups, differences, np.ones_like(differences))
    cases = len(differences)
    if len(sums) == cases:
        return 1.0
    mean = differences.sum() / cases
    residuals: Floats = (sums[:, 0] - mean * sums[:, 1]) / cases
    naive = float(np.sum((differences - mean) ** 2)) / cases**2
    return design_effect(residuals, naive, len(sums), grouped=True)


def compare(
    name: str, candidate: Sequence[Row], reference: Sequence[Row], alpha: float
) -> Comparison:
    """The paired difference of one metric that has a value for every case."""
    measure = METRICS[name]
    mine, _ = counts(measure, candidate)
    theirs, _ = counts(measure, reference)
    better: Ints = (mine - theirs) if measure.better == "higher" else (theirs - mine)
    groups = [row.group for row in candidate]
    gained, lost = int((better > 0).sum()), int((better < 0).sum())
    if measure.unit == "money":
        bounds = bca_mean(by_group(groups, better, np.ones_like(better)), alpha)
        low, high = bounds if bounds else (None, None)
        mean = round(int(better.sum()) / (len(better) * MICRO), DECIMALS)
        return Comparison(mean, low, high, len(better), gained, lost, 1.0)
    effect = _effect(better, groups)
    bounds = gate_bounds(
        gained / effect, lost / effect, len(better) / effect, normal_quantile(1 - alpha)
    )
    return Comparison(
        difference=round(int(better.sum()) / len(better), DECIMALS),
        low=round(bounds[0], DECIMALS),
        high=round(bounds[1], DECIMALS),
        cases=len(better),
        gained=gained,
        lost=lost,
        effect=round(effect, 4),
        p_equal=mcnemar_exact(gained, lost),
        p_worse=worse_p(gained, lost, effect),
    )


def noise(first: Sequence[Row], second: Sequence[Row]) -> float:
    """A/A: the share of cases that one model answers differently when asked twice.

    Has to be 0 in float32; in bfloat16 it is the floor below which differences mean nothing.
    """
    if not first or len(first) != len(second):
        raise ValueError("both runs must be of the same cases, at least one")
    pairs = zip(first, second, strict=True)
    return sum(a.prediction.text != b.prediction.text for a, b in pairs) / len(first)
