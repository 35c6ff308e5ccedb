"""Worlds in which one gold set is looked at again and again; used by a test and a bench.

Each way of trying gives what its looks see, one after the other: sums and sizes of groups, of a
candidate that is worse than the champion by exactly the margin. Looks share cases and hard cases,
so that they are not independent.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dslm.gating.checks.paired_statistics import normal_quantile, shown_above
from dslm.looks.alpha_spending import next_share
from dslm.scoring.calibration import Answers
from dslm.statistics.group_bounds import p_below
from support.simulations.grouped_cases import Layout, draw, pairs

ALPHA, MARGIN = 0.05, 0.05
CANDIDATES, GROWTHS = 10, 6
Numbers = NDArray[Any]
World = tuple[Numbers, Numbers]  # sums and sizes of groups: champion better is negative


def shares(looks: int) -> list[float]:
    """What looks one after the other may spend of alpha."""
    found: list[float] = []
    for _ in range(looks):
        found.append(next_share(math.fsum(found)))
    return found


def passes(world: World, level: float, margin: float = MARGIN) -> bool:
    """The gate's answer: the loss is shown to be below the margin, with this error."""
    sums, sizes = world
    if int(sizes.max()) > 1:
        return p_below(-sums, sizes, margin, 1.0) <= level
    gained, lost = int((sums > 0).sum()), int((sums < 0).sum())
    return bool(shown_above(gained, lost, len(sums), -margin, normal_quantile(1 - level)))


def many(rng: np.random.Generator, layout: Layout, discordant: float) -> Iterator[World]:
    """Candidates of one champion: each is draws of its own on the same gold set.

    A case that is hard is hard for all of them: half of what a candidate loses or gains, it does on
    the same cases as the others.
    """
    values, chances = pairs(discordant, MARGIN)
    sizes = rng.choice(np.asarray(layout.sizes), size=layout.groups)
    cases = int(sizes.sum())
    common = rng.choice(values, size=cases, p=chances)
    starts = np.concatenate(([0], np.cumsum(sizes)[:-1]))
    for _ in range(CANDIDATES):
        own = rng.choice(values, size=cases, p=chances)
        answers = np.where(rng.random(cases) < 0.5, common, own)
        yield np.add.reduceat(answers, starts), sizes


def growing(rng: np.random.Generator, layout: Layout, discordant: float) -> Iterator[World]:
    """One candidate at gold that grows by half of what it began with."""
    sums, sizes = draw(rng, layout, *pairs(discordant, MARGIN), 0.3)
    part = Layout(layout.groups // 2, layout.sizes)
    for _ in range(GROWTHS):
        yield sums, sizes
        more = draw(rng, part, *pairs(discordant, MARGIN), 0.3)
        sums, sizes = np.concatenate((sums, more[0])), np.concatenate((sizes, more[1]))


def both(rng: np.random.Generator, layout: Layout, discordant: float) -> Iterator[World]:
    """A new candidate at each of the grown gold sets."""
    for grown in range(GROWTHS):
        larger = Layout(layout.groups * (2 + grown) // 2, layout.sizes)
        yield draw(rng, larger, *pairs(discordant, MARGIN), 0.3)


def recalibrated(
    rng: np.random.Generator, layout: Layout, risk: float, tries: int
) -> Iterator[Answers]:
    """Models calibrated on the same cases: half of what one gets wrong all of them get wrong."""
    sizes = rng.choice(np.asarray(layout.sizes), size=layout.groups)
    groups = [str(group) for group in np.repeat(np.arange(layout.groups), sizes)]
    cases = len(groups)
    hard = rng.random(cases) < risk / 2
    for _ in range(tries):
        wrong = hard | (rng.random(cases) < risk / (2 - risk))
        order = rng.permutation(cases)  # the confidence says nothing
        falling = [1 - place / cases for place in range(cases)]
        yield Answers(falling, wrong[order].tolist(), [groups[place] for place in order])
