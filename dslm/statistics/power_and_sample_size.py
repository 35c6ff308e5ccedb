"""How many groups, and cases, a claim would need to be shown, also where nothing failed.

Takes rates, margins and groups; gives counts. Used by the gate, the data card and `dslm check`.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Sequence
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from dslm.statistics.group_bounds import Alike, Numbers, alike

_HALVINGS = 50


def needed_right(risk: float, confidence: float) -> int:
    """Right answers, and no wrong one, that certify a risk bound.

    Args:
        risk: The bound.
        confidence: With which it must hold.
    """
    return math.ceil(math.log(1 - confidence) / math.log1p(-risk))


def p_without_failure(sizes: Sequence[int], risk: float) -> float:
    """The p-value of Gaffke's bound where nothing failed, in closed form.

    Against "at least this share fails", of groups of these sizes; (1 - risk)^n of single cases.
    """
    odds = risk / (1 - risk) / max(sizes)
    told = (count * math.log1p(odds * size) for size, count in Counter(sizes).items())
    return math.exp(-math.fsum(told))


def hidden_share(sizes: Sequence[int], tail: float = 0.05) -> float:
    """The largest share of failing cases that groups without one leave possible.

    Args:
        sizes: Cases of each group; of cases that have a group each, ones.
        tail: Chance that the share is larger all the same.
    """
    if not sizes:
        return 1.0
    if min(sizes) == max(sizes):  # of whole groups: they are like so many cases
        return 1.0 - float(tail ** (1 / len(sizes)))
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if p_without_failure(sizes, middle) > tail else (low, middle)
    return high


POWER = 0.8
MOST_TIMES = 4096.0
_HALVINGS_SAMPLE_SIZE = 14
_STEPS = 10_000  # margins are told to a hundredth of a point, rounded up


class Needed(NamedTuple):
    """About so many groups, with so many cases together."""

    groups: int
    cases: int


def _strict(alpha: float) -> float:
    normal = NormalDist()
    return normal.cdf(normal.inv_cdf(alpha) - normal.inv_cdf(POWER))


def _shown(groups: Alike, line: float, most: float, alpha: float) -> bool:
    return 1.0 - groups.chance_at_most(line, most) <= _strict(alpha)


def _shown_as_measured(groups: Alike, line: float, most: float, alpha: float) -> bool:
    """The same of measured groups: whether those that drew badly, as one set in five does, pass."""
    spread_of_sums = groups.counts @ (groups.sums - groups.mean * groups.sizes) ** 2
    worse = NormalDist().inv_cdf(POWER) * math.sqrt(float(spread_of_sums)) / groups.cases
    return 1.0 - groups.raised(worse).chance_at_most(line, most) <= alpha


def needed_to_show(
    sums: Numbers, sizes: Numbers, line: float, most: float, alpha: float
) -> Needed | None:
    """Groups like these for a chance of 80 % to show that the mean is below `line`.

    Args:
        sums: What the cases of each group add up to.
        sizes: Cases of each group.
        line: The claimed mean.
        most: The most that a case can have.
        alpha: One-sided error.

    Returns:
        No fewer than are there; None where no number would do.
    """
    groups = alike(sums, sizes)
    if groups is None or groups.mean >= line:
        return None
    single = float(groups.sizes.max()) == 1 and bool(np.isin(groups.sums, (-1, 0, 1)).all())
    return _needed(groups, line, most, alpha, _shown if single else _shown_as_measured)


def _needed(
    groups: Alike,
    line: float,
    most: float,
    alpha: float,
    shown: Callable[[Alike, float, float, float], bool] = _shown,
) -> Needed | None:
    few, many = 0.0, 1.0
    while not shown(groups.times(many), line, most, alpha):
        few, many = many, 2 * many
        if many > MOST_TIMES:
            return None
    for _ in range(_HALVINGS_SAMPLE_SIZE if few else 0):
        middle = (few + many) / 2
        if shown(groups.times(middle), line, most, alpha):
            many = middle
        else:
            few = middle
    total = float(groups.counts.sum())
    return Needed(math.ceil(total * many - 1e-6), math.ceil(groups.cases * many - 1e-6))


def expected(sizes: Sequence[int], shares: Sequence[tuple[float, float]]) -> Alike:
    """Groups of these sizes, in which so large shares of the cases have these values.

    As far as there is room no two such cases are of one group: the best that may be hoped for.

    Args:
        sizes: Cases of each group.
        shares: A value, and the share of cases that have it; all others have 0.
    """
    found: list[tuple[float, float, float]] = []
    lengths, counts = np.unique(np.asarray(sizes), return_counts=True)
    total = sum(share for _, share in shares)
    for length, count in zip(lengths.tolist(), counts.tolist(), strict=True):
        together = max(1.0, length * total)  # cases of a value that a group has
        found += [
            (value * together, length, count * share * length / together) for value, share in shares
        ]
        found.append((0.0, length, count * (1 - length * total / together)))
    kept = np.asarray([one for one in found if one[2] > 0], dtype=np.float64)
    return Alike(*(kept[:, column].copy() for column in range(3)))


def _chance(ones: int, length: int, share: float) -> float:
    """Of so many among so many; by logarithms, since ways are more than a float holds."""
    if share <= 0 or share >= 1:
        return float(ones == round(length * share))
    ways = math.lgamma(length + 1) - math.lgamma(ones + 1) - math.lgamma(length - ones + 1)
    return math.exp(ways + ones * math.log(share) + (length - ones) * math.log1p(-share))


def spread(sizes: Sequence[int], share: float) -> Alike:
    """Groups of these sizes, in which each case is 1 with this chance, whatever the others are."""
    found: list[tuple[float, float, float]] = []
    lengths, counts = np.unique(np.asarray(sizes), return_counts=True)
    for length, count in zip(lengths.tolist(), counts.tolist(), strict=True):
        chances = [_chance(ones, length, share) for ones in range(length + 1)]
        found += [(ones, length, count * chance) for ones, chance in enumerate(chances)]
    kept = np.asarray([one for one in found if one[2] > 1e-9], dtype=np.float64)
    return Alike(*(kept[:, column].copy() for column in range(3)))


def smallest_margin(sizes: Sequence[int], discordance: float, alpha: float) -> float:
    """The smallest margin that an equal model passes with 80 % on groups of these sizes; 1: none.

    Args:
        sizes: Cases of each group.
        discordance: Share of cases on which two equal models differ, half of them each way.
        alpha: One-sided error.
    """
    groups = expected(sizes, ((1.0, discordance / 2), (-1.0, discordance / 2)))
    steps = range(1, _STEPS)
    found = bisect_left(steps, True, key=lambda step: _shown(groups, step / _STEPS, 1.0, alpha))
    return steps[found] / _STEPS if found < len(steps) else 1.0


def smallest_gain(
    sizes: Sequence[int], discordance: float, alpha: float, asked: float = 0.0
) -> float | None:
    """The smallest true gain with which "better by `asked`" is shown with 80 %; None for none.

    Args:
        sizes: Cases of each group.
        discordance: As of `smallest_margin`; a better model wins further cases.
        alpha: One-sided error.
        asked: The gain that has to be shown.
    """
    half = discordance / 2

    def shown(step: int) -> bool:
        groups = expected(sizes, ((-1.0, half + step / _STEPS), (1.0, half)))
        return _shown(groups, -asked, 1.0, alpha)

    steps = range(1, round((1 - discordance) * _STEPS))
    found = bisect_left(steps, True, key=shown)
    return steps[found] / _STEPS if found < len(steps) else None


def needed_for_margin(
    sizes: Sequence[int], margin: float, discordance: float, alpha: float
) -> Needed | None:
    """Groups of these sizes with which an equal model passes a margin four times in five."""
    groups = expected(sizes, ((1.0, discordance / 2), (-1.0, discordance / 2)))
    return _needed(groups, margin, 1.0, alpha)
