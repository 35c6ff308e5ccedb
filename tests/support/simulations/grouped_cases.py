"""Worlds in which cases come in groups: pairs of answers, right ones and costs, drawn by rule.

Used by tests of `dslm.statistics.group_bounds` and by `tests/bench/grouped_gate.py`. Within a group
cases are alike as the intraclass correlation says: counts are Dirichlet-multinomial.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[Any]


@dataclass(frozen=True)
class Layout:
    """Groups of a gold set: how many, and the sizes that are drawn from."""

    groups: int
    sizes: tuple[int, ...]

    def __str__(self) -> str:
        of = "-".join(str(one) for one in sorted({min(self.sizes), max(self.sizes)}))
        return f"{self.groups} of {of}"


def draw(
    rng: np.random.Generator, layout: Layout, values: Numbers, chances: Numbers, alike: float
) -> tuple[Numbers, Numbers]:
    """Sums and sizes of the groups of one world.

    Args:
        rng: Drawn from.
        layout: How many groups, of what sizes.
        values: That a case can have.
        chances: Of each value.
        alike: Intraclass correlation: 0 for cases that are independent, 1 for groups of one value.
    """
    sizes = rng.choice(np.asarray(layout.sizes), size=layout.groups)
    if alike >= 1:
        return values[rng.choice(len(values), size=layout.groups, p=chances)] * sizes, sizes
    own = np.tile(chances, (layout.groups, 1))
    if alike > 0:
        drawn = rng.gamma(np.maximum(own * (1 - alike) / alike, 1e-12)) + 1e-300
        own = drawn / drawn.sum(axis=1, keepdims=True)
    counts = np.stack([rng.multinomial(n, p) for n, p in zip(sizes, own, strict=True)])
    return counts @ values, sizes


def pairs(discordant: float, loss: float) -> tuple[Numbers, Numbers]:
    """Values and chances of a pair: candidate better, both alike, worse; `loss` on average."""
    worse = (discordant + loss) / 2
    return np.array([-1, 0, 1]), np.array([worse, 1 - discordant, discordant - worse])


def cost_pairs(discordant: float, loss: float) -> tuple[Numbers, Numbers]:
    """Cheaper or dearer by a review of 3 or a wrong booking of 15; `loss` money on average.

    Skewed: what the candidate loses it loses by bookings, what it gains by reviews.
    """
    values = np.array([-15, -3, 0, 3, 15])
    even = discordant * np.array([0.06, 0.38, 0.0, 0.5, 0.06])
    even[2] = 1 - even.sum()
    more = (float(values @ even) + loss) / 15  # of bookings instead of nothing
    even[0], even[2] = even[0] + more, even[2] - more
    return values, even


def ranked_groups(
    rng: np.random.Generator,
    layout: Layout,
    risk: float,
    alike: float,
    *,
    slope: float = 0.0,
    larger_worse: bool = False,
) -> tuple[list[float], list[bool], list[str]]:
    """Confidences (falling), wrong answers and groups of one world.

    Args:
        rng: Drawn from.
        layout: How many groups, of what sizes.
        risk: Of all answers together.
        alike: Intraclass correlation of right and wrong, and of confidences.
        slope: 0: as often wrong at every confidence; else the more confident the less, as
            (1 + slope) × risk × (1 - confidence) ** slope. The risk above a confidence is then
            risk × (1 - confidence) ** slope.
        larger_worse: The larger a group, the more often its answers are wrong.
    """
    from scipy.special import ndtr

    sizes = rng.choice(np.asarray(layout.sizes), size=layout.groups)
    of = np.repeat(np.arange(layout.groups), sizes)

    def uniform() -> Numbers:  # of normal variables that share a part within their group
        shared = np.sqrt(alike) * rng.normal(size=layout.groups)[of]
        return np.asarray(ndtr(shared + np.sqrt(1 - alike) * rng.normal(size=len(of))))

    sure = ndtr(np.sqrt(alike / 2) * rng.normal(size=layout.groups)[of]
                + np.sqrt(1 - alike / 2) * rng.normal(size=len(of)))  # fmt: skip
    local = np.clip(risk * (1 + slope) * (1 - sure) ** slope, 0, 1)
    if larger_worse:
        every = np.asarray(layout.sizes)
        local = np.clip(local * sizes[of] * every.mean() / (every**2).mean(), 0, 1)
    wrong = uniform() < local
    order = np.argsort(-sure, kind="stable")
    return sure[order].tolist(), wrong[order].tolist(), [str(g) for g in of[order]]
