"""Bounds of a mean over cases that come in groups, whatever the cases of a group share.

Takes sums and sizes of groups; gives bounds and p-values. Called by `intervals` and
`dslm.gating.checks.paired_difference`.

The unit of chance is the group: of one supplier's invoices nothing says that the next will not all
go the other way. So each bound asks how far the mean may lie from what was seen if the groups are
draws of any distribution of bounded values: Gaffke's bound (N. Gaffke 2005, "Three test statistics
for a nonparametric one-sided hypothesis on the mean of a nonnegative variable", Math. Methods of
Statistics 14:451; E. Learned-Miller & P. Thomas 2020, arXiv:1905.06208). Weigh the groups at
random, as the Bayesian bootstrap does (Rubin 1981, Ann. Statist. 9:130), together with one
imaginary group: as large as the largest, and as bad as any can be. The bound is the alpha quantile
of the weighted mean. Of groups of one case that is right or wrong it is the exact binomial bound of
Clopper and Pearson; two groups that are right throughout leave [0.16, 1]. That it holds for every
distribution is a conjecture (ibid.); `tests/bench/grouped_gate.py` simulates it.

A weighted mean above a line is a sum of exponential variables above zero, whose chance is a contour
integral through the saddle point: no random numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Numbers = NDArray[Any]

_NODES = 200
_PRECISE = 4 * float(np.finfo(float).eps)
_NOTHING = 1e-150  # of the largest value: what it adds, no float can tell
_INSIDE = 1 - 1e-12  # the cumulants end at 1 / the largest value


@cache
def _quadrature() -> tuple[Floats, Floats]:
    """Points on (0, ∞) and their weights: Gauss–Legendre in the angle whose tangent they are."""
    points, weights = np.polynomial.legendre.leggauss(_NODES)
    angles = (points + 1) * np.pi / 4
    return np.tan(angles), weights * np.pi / 4 / np.cos(angles) ** 2


def chance_below_zero(values: Floats, counts: Floats) -> float:
    """P(sum of `values` × Gamma(`counts`) variables ≤ 0): of weighted means, that it is at most 0.

    Args:
        values: Distinct ones.
        counts: How often each stands.
    """
    if np.all(values <= 0):
        return 1.0
    if np.all(values >= 0):
        return 0.0
    scaled = values / np.abs(values).max()
    if scaled.max() < _NOTHING or -scaled.min() < _NOTHING:
        return 1.0 if scaled.max() < _NOTHING else 0.0
    if float(np.dot(scaled, counts)) > 0:
        return _chance_above_zero(-scaled, counts)
    return 1.0 - _chance_above_zero(scaled, counts)


def _chance_above_zero(values: Floats, counts: Floats) -> float:
    """The same above 0, of a sum whose mean is at most 0."""
    end = 1.0 / float(values.max())
    t = _crossing(  # the saddle point of exp(cumulants) / t
        lambda t: t * float(np.dot(counts, values / (1 - values * t))) - 1, 0.0, end * _INSIDE
    )
    tilted = values / (1 - values * t)
    start = float(np.log(1 - values * t) @ counts)
    second = float(np.dot(counts, tilted**2))
    bend = float(np.dot(counts, tilted**3)) / (3 * second)  # of the steepest path
    width = 1 / np.sqrt(second + 1 / t**2)
    nodes, weights = _quadrature()
    s = width * nodes
    for bent in (bend / 20, 0.0):  # a twentieth of it is enough; none where that nears a pole
        z = t + bent * s * s + 1j * s
        logs = np.log(1 - values[None, :] * z[:, None]) @ counts
        if logs.real.min() >= start:
            break
    paths = np.exp(-logs) / z * (1j + 2 * bent * s)
    return float(np.dot(weights, paths.imag) * width / np.pi)


class Alike(NamedTuple):
    """Groups that are alike, told together: sum, size, and how many such groups there are."""

    sums: Floats
    sizes: Floats
    counts: Floats

    @property
    def cases(self) -> float:
        """All of them."""
        return float(self.sizes @ self.counts)

    @property
    def mean(self) -> float:
        """Over all cases."""
        return float(self.sums @ self.counts) / self.cases

    def times(self, factor: float) -> Alike:
        """So many times as many groups of each kind."""
        return self._replace(counts=self.counts * factor)

    def raised(self, by: float) -> Alike:
        """With so much more a case."""
        return self._replace(sums=self.sums + by * self.sizes)

    def chance_at_most(self, line: float, worst: float, largest: float = 0.0) -> float:
        """The chance that the weighted mean, the imaginary group's cases `worst`, is ≤ `line`.

        That group is as large as the largest here, or as `largest`.
        """
        worst_of_all = max(largest, float(self.sizes.max())) * (worst - line)
        values = np.append(self.sums - line * self.sizes, worst_of_all)
        return chance_below_zero(values, np.append(self.counts, 1.0))


def alike(sums: Numbers, sizes: Numbers) -> Alike | None:
    """Groups by what they add; those without a case tell nothing. None where none has one."""
    there = sizes > 0
    if not there.any():
        return None
    pairs = np.stack([sums[there], sizes[there]], axis=1).astype(np.float64)
    pairs, counts = np.unique(pairs, axis=0, return_counts=True)
    return Alike(pairs[:, 0].copy(), pairs[:, 1].copy(), counts.astype(np.float64))


def mean_bounds(
    sums: Numbers,
    sizes: Numbers,
    least: float,
    most: float,
    tail: float,
    above: float | None = None,
    largest: float = 0.0,
) -> tuple[float, float] | None:
    """Bounds of a mean over cases, each wrong with probability `tail` at most.

    Args:
        sums: What the cases of each group add up to.
        sizes: Cases of each group; a group without one tells nothing.
        least: The least that a case can have.
        most: The most.
        tail: Probability left out on each side.
        above: That of the upper side, where it is another one.
        largest: Size of the largest group that may come, where none so large has a case here.

    Returns:
        None where no group has a case.
    """
    groups = alike(sums, sizes)
    return None if groups is None else bounds_of(groups, least, most, tail, above, largest)


def bounds_of(
    groups: Alike,
    least: float,
    most: float,
    tail: float,
    above: float | None = None,
    largest: float = 0.0,
) -> tuple[float, float]:
    """The same of groups that are told together."""
    upper = tail if above is None else above
    return _bounds(*(column.tobytes() for column in groups), least, most, tail, upper, largest)


@lru_cache(maxsize=8192)
def _bounds(
    sums: bytes,
    sizes: bytes,
    counts: bytes,
    least: float,
    most: float,
    tail: float,
    above: float,
    largest: float,
) -> tuple[float, float]:
    """The same; a scorecard asks for many of them twice, and the gate for all of them again."""
    groups = Alike(*(np.frombuffer(column) for column in (sums, sizes, counts)))

    def chance(line: float, worst: float) -> float:
        return groups.chance_at_most(line, worst, largest)

    low = _crossing(lambda d: chance(d, least) - tail, least, groups.mean)
    high = _crossing(lambda d: chance(d, most) - 1 + above, groups.mean, most)
    return low, high


def _crossing(rising: Callable[[float], float], low: float, high: float) -> float:
    """Where a rising function crosses zero; an end where it does not."""
    from scipy.optimize import brentq

    if low >= high or rising(low) >= 0:
        return low
    if rising(high) <= 0:
        return high
    return float(brentq(rising, low, high, xtol=4e-16, rtol=_PRECISE))


def p_below(sums: Numbers, sizes: Numbers, line: float, most: float) -> float:
    """The p-value against "the mean is at least `line`": small where groups lie below it.

    Args:
        sums: What the cases of each group add up to.
        sizes: Cases of each group.
        line: The claimed mean.
        most: The most that a case can have.
    """
    groups = alike(sums, sizes)
    return 1.0 if groups is None else 1.0 - groups.chance_at_most(line, most)
