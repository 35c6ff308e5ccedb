"""How likely the gate is to show a difference: its own test, over all pairs that could be drawn.

Takes shares of cases that one model alone has right; gives chances, and the smallest difference or
the number of cases for a wanted chance. Called by `detectable_differences`. Without scipy, which
`dslm check` would load for nothing else.

`detectable_differences` promises by it, before any score, what a gold set can show; the gate says
by it, after an INCONCLUSIVE, how many cases would decide. Both are of cases that have a group each;
of grouped ones `dslm.statistics.power_and_sample_size` tells both.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable
from functools import lru_cache
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from dslm.gating.checks.paired_statistics import shown_above
from dslm.statistics.power_and_sample_size import POWER

STEPS = 10_000  # differences are told to a hundredth of a point, rounded up
MOST_CASES = 200_000
_SPREADS = 7.0  # standard deviations of a count beyond which nothing is summed


def _counts(cases: int, share: float) -> npt.NDArray[np.float64]:
    """The counts of a binomial that have any weight."""
    middle, spread = cases * share, (cases * share * (1 - share)) ** 0.5
    low = max(0, int(middle - _SPREADS * spread - 1))
    high = min(cases, int(middle + _SPREADS * spread + 2 * _SPREADS))
    return np.arange(low, high + 1, dtype=np.float64)


@lru_cache(maxsize=4)
def _log_factorials(most: int) -> npt.NDArray[np.float64]:
    """The logarithms of 0! to most!."""
    return np.concatenate(([0.0], np.cumsum(np.log(np.arange(1, most + 1, dtype=np.float64)))))


def _times_log(counts: npt.NDArray[np.float64], share: float) -> npt.NDArray[np.float64]:
    """The counts times the logarithm of the share, where none of nothing is 0."""
    return counts * math.log(share) if share > 0 else np.where(counts == 0, 0.0, -np.inf)


def chance_to_show(cases: int, gained: float, lost: float, line: float, alpha: float) -> float:
    """The chance that the gate shows a difference to be above `line`.

    Args:
        cases: In the gold set, independent of one another.
        gained: Share of cases that only the candidate has right.
        lost: Share that only the reference has right.
        line: Minus the margin, or the wanted gain.
        alpha: One-sided error.
    """
    won = _counts(cases, gained)[:, None]
    gone = _counts(cases, lost)[None, :]
    rest = cases - won - gone
    possible = rest >= 0
    rest = np.where(possible, rest, 0.0)
    ways = _log_factorials(1 << cases.bit_length())
    weight = np.exp(
        ways[cases] - ways[won.astype(int)] - ways[gone.astype(int)] - ways[rest.astype(int)]
        + _times_log(won, gained) + _times_log(gone, lost)
        + _times_log(rest, max(0.0, 1 - gained - lost))
    )  # fmt: skip
    shown = possible & shown_above(won, gone, cases, line, NormalDist().inv_cdf(1 - alpha))
    return float(np.sum(weight, where=shown))


@lru_cache(maxsize=64)
def cases_to_show(gained: float, lost: float, line: float, alpha: float) -> int | None:
    """About how many cases show a difference to be above `line` four times in five.

    Args:
        gained: Share of cases that only the candidate has right.
        lost: Share that only the reference has right.
        line: Minus the margin, or the wanted gain.
        alpha: One-sided error.

    Returns:
        None where no number would do, or none that can be told.
    """
    if gained - lost <= line:
        return None
    return least_cases(lambda cases: chance_to_show(cases, gained, lost, line, alpha), POWER)


def least_difference(chance: Callable[[float], float], power: float, most: float) -> float | None:
    """The smallest difference of at most `most` whose chance reaches the power; None for none."""
    steps = range(1, round(most * STEPS) + 1)
    found = bisect_left(steps, True, key=lambda step: chance(step / STEPS) >= power)
    return steps[found] / STEPS if found < len(steps) else None


def least_cases(chance: Callable[[int], float], power: float) -> int | None:
    """About how many cases reach the power; None where 200,000 do not.

    The chance climbs with the cases in a saw's teeth, so a few fewer may reach it too.
    """
    few, many = 1, 2
    while chance(many) < power:
        few, many = many, 2 * many
        if many > MOST_CASES:
            return None
    return few + 1 + bisect_left(range(few + 1, many), True, key=lambda n: chance(n) >= power)
