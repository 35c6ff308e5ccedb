"""Worlds in which cases come in groups: pairs of answers, right ones and costs, drawn by rule.

Used by tests of `dslm.scoring.group_bounds` and by `tests/bench/grouped_gate.py`. Within a group
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
