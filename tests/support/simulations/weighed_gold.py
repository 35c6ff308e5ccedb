"""Worlds of a gold set that is weighed by traffic: an easy and a hard slice, cases in groups.

Used by the tests of `dslm.scoring.traffic_weighting` and by `tests/bench/gold_weights.py`. A case
is right and costs nothing, is reviewed, or proceeds wrongly and is dear. Within a group a case
takes the group's luck with probability √alike and else its own, so that cases of one slice value
are alike as the intraclass correlation says.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dslm.scoring.intervals import MICRO, Ints
from dslm.scoring.traffic_weighting import case_weights, post_stratified
from support.simulations.grouped_cases import Layout

COSTS = np.array([0.0, 3.0, 15.0])  # straight through, reviewed, a wrong booking
EASY, HARD = np.array([0.75, 0.22, 0.03]), np.array([0.35, 0.45, 0.2])
DEAREST = 40.0


@dataclass(frozen=True)
class World:
    """How gold is drawn, and what traffic is.

    Attributes:
        layout: Groups and their sizes.
        alike: Intraclass correlation.
        hard_in_gold: The hard slice's share of gold.
        hard_in_traffic: Of traffic.
        crossing: Whether a group has cases of both slices, or is of one.
    """

    layout: Layout
    alike: float
    hard_in_gold: float
    hard_in_traffic: float
    crossing: bool

    @property
    def truth(self) -> dict[str, float]:
        """What traffic comes to."""
        mixed = self.hard_in_traffic * HARD + (1 - self.hard_in_traffic) * EASY
        return {"cost_per_case": float(mixed @ COSTS), "straight_through_rate": float(mixed[0]),
                "selective_risk": float(mixed[2] / (mixed[0] + mixed[2]))}  # fmt: skip

    def intervals(self, rng: np.random.Generator) -> dict[str, tuple[float, float, float]] | None:
        """Value and bounds of each metric, of one gold set; None where a slice has no case."""
        sizes = rng.choice(np.asarray(self.layout.sizes), size=self.layout.groups)
        groups: Ints = np.repeat(np.arange(len(sizes)), sizes)
        drawn = rng.random(len(groups) if self.crossing else len(sizes)) < self.hard_in_gold
        strata: Ints = (drawn if self.crossing else drawn[groups]).astype(np.int64)
        weights = case_weights(strata, [1 - self.hard_in_traffic, self.hard_in_traffic])
        if weights is None:
            return None
        shared = rng.random(len(groups)) < np.sqrt(self.alike)
        luck = np.where(shared, rng.random(len(sizes))[groups], rng.random(len(groups)))
        ends = np.cumsum(np.stack([EASY, HARD]), axis=1)[strata]
        kind = (luck[:, None] > ends[:, :2]).sum(axis=1)
        one = np.ones(len(groups), dtype=np.int64)
        cost = np.round(COSTS * MICRO).astype(np.int64)[kind]
        counted = {"cost_per_case": (cost, one, DEAREST * MICRO),
                   "straight_through_rate": ((kind == 0).astype(np.int64), one, 1.0),
                   "selective_risk": ((kind == 2).astype(np.int64),
                                      (kind != 1).astype(np.int64), 1.0)}  # fmt: skip
        found = {}
        for name, (above, below, most) in counted.items():
            if not below.any():
                return None
            value, bounds = post_stratified(above, below, groups, strata, weights, most)
            unit = MICRO if name == "cost_per_case" else 1
            found[name] = (value / unit, bounds[0] / unit, bounds[1] / unit)
        return found
