"""How likely a candidate of a given true loss passes a margin on this gold set: the power curve.

Takes sizes of groups, a margin and alpha; gives chances, by the gate's own tests. Called by
`gate_explanation`. Where each case has a group of its own it is summed exactly
(`paired_test_power`). Where groups have several cases, `DRAWS` gold sets with these groups are
drawn and each is judged: once as if cases were independent, once as if whole groups go the same
way. Draws are seeded, so that the same gold gives the same curve.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from dslm.gating.power.paired_test_power import chance_to_show
from dslm.records import Record
from dslm.statistics.group_bounds import p_below

DRAWS = 200
MOST_DRAWN = 400_000  # groups over all draws: a large gold set needs fewer
SEED = 7
STEPS = 8  # of the loss, from none to a third beyond the margin
BEYOND = 4 / 3


class PowerPoint(Record):
    """A true loss, and the chance to pass with it.

    `together` is the chance where whole groups go the same way; None where groups are single cases.
    """

    loss: float
    chance: float
    together: float | None


def power_curve(
    sizes: Sequence[int], margin: float, alpha: float, discordance: float
) -> tuple[PowerPoint, ...]:
    """Chances to pass a margin, from no loss to beyond the margin.

    Args:
        sizes: Cases of each group of gold.
        margin: Non-inferiority margin, as a share.
        alpha: One-sided error of the gate's test.
        discordance: Share of cases on which two equal models differ.
    """
    most = min(1.0, margin * BEYOND)  # nobody loses more than all cases
    return tuple(
        _point(tuple(sorted(sizes)), most * step / STEPS, margin, alpha, discordance)
        for step in range(STEPS + 1)
    )


@lru_cache(maxsize=256)
def _point(
    sizes: tuple[int, ...], loss: float, margin: float, alpha: float, discordance: float
) -> PowerPoint:
    won = max(0.0, (discordance - loss) / 2)
    gone = won + loss
    if max(sizes) == 1:
        chance = chance_to_show(len(sizes), won, gone, -margin, alpha)
        return PowerPoint(loss=loss, chance=chance, together=None)
    whole = np.asarray(sizes, dtype=np.int64)
    apart, together = (
        float(np.mean([_passes(s, whole, margin, alpha) for s in _draws(whole, won, gone, kind)]))
        for kind in ("apart", "together")
    )
    return PowerPoint(loss=loss, chance=apart, together=together)


def _draws(sizes: NDArray[np.int64], won: float, gone: float, kind: str) -> NDArray[np.int64]:
    """What the cases of each group add up to, in each of the drawn gold sets."""
    draw = np.random.default_rng(SEED)
    times = max(20, min(DRAWS, MOST_DRAWN // len(sizes)))
    shares = (won, gone, max(0.0, 1 - won - gone))
    if kind == "together":
        signs = draw.choice((1, -1, 0), size=(times, len(sizes)), p=shares)
        return np.asarray(signs * sizes, dtype=np.int64)
    counts = draw.multinomial(sizes, shares, size=(times, len(sizes)))
    return np.asarray(counts[..., 0] - counts[..., 1], dtype=np.int64)


def _passes(sums: NDArray[np.int64], sizes: NDArray[np.int64], margin: float, alpha: float) -> bool:
    """Whether the gate's lower bound of the difference is above minus the margin."""
    return p_below(-sums, sizes, margin, 1.0) <= alpha
