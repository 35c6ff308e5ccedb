"""95 % intervals that know about groups, the same to the last digit on every machine.

Takes counts or money per case with the group of each; gives `Metric`s. Cases of one group (one
supplier, one document) are not independent, so variance is taken between groups:

- shares and ratios: linearised variance between groups → design effect → effective number of
  cases → Wilson's interval, or Clopper–Pearson's for risks (Korn & Graubard 1998, Survey
  Methodology 24:193). Without groups of several cases these are the plain textbook intervals.
  Where nothing varies (0 or 1) nothing can be learnt about grouping: the plain interval holds.
- money: BCa bootstrap over groups (Efron 1987, JASA 82:171) in whole micro-units, drawn from a
  bit stream that NumPy guarantees, read off order statistics: no rounding can differ.

Used by `dslm.scoring.scorecard` and `dslm.gating`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from dslm.records import Metric

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bounds = tuple[float, float]

LEVEL = 0.95
Z = 1.959963984540054  # normal quantile of 0.975
MICRO = 1_000_000  # money is summed in millionths, as whole numbers
RESAMPLES = 2000
SEED = 20_261_122
DECIMALS = 10  # below this, mathematical libraries of two machines may differ
_BLOCK = 2_000_000  # numbers drawn at a time


def ints(values: Sequence[int] | Ints) -> Ints:
    """Whole numbers as an array."""
    return np.asarray(values, dtype=np.int64)


def by_group(groups: Sequence[str], *columns: Ints) -> Ints:
    """Sums of columns within each group, groups sorted; shape (groups, columns).

    Sorting makes every interval independent of the order of rows.
    """
    names, place = np.unique(np.asarray(groups, dtype=object).astype(str), return_inverse=True)
    sums = np.zeros((len(names), len(columns)), dtype=np.int64)
    for index, column in enumerate(columns):
        np.add.at(sums[:, index], place, column)
    return sums


def design_effect(residuals: Floats, naive_variance: float, groups: int, *, grouped: bool) -> float:
    """By what factor grouping inflates a variance; at least 1.

    Args:
        residuals: Each group's share of the linearised statistic, shape (groups,).
        naive_variance: Variance if all cases were independent.
        groups: How many groups there are.
        grouped: Whether some group holds several cases; if so, Student's quantile makes up for
            estimating the variance from few groups.
    """
    if groups < 2 or naive_variance <= 0:
        return 1.0
    variance = float(np.sum(residuals**2)) * groups / (groups - 1)
    effect = max(1.0, variance / naive_variance)
    return effect * (_student(groups - 1) / Z) ** 2 if grouped else effect


def _student(degrees: int) -> float:
    from scipy.special import stdtrit

    return float(stdtrit(degrees, 0.5 + LEVEL / 2))


def effective_cases(numerators: Ints, denominators: Ints, groups: Sequence[str]) -> float:
    """Independent cases that would tell as much about a ratio in [0, 1].

    Args:
        numerators: Per case, at most its denominator.
        denominators: Per case. 0/1 for shares; F1 has 2 × hits over predicted + gold values.
        groups: Per case.
    """
    counted = denominators > 0
    unit = int(denominators.max(initial=1))
    total = float(denominators.sum()) / unit
    sums = by_group([g for g, c in zip(groups, counted, strict=True) if c],
                    numerators[counted], denominators[counted])  # fmt: skip
    grouped = len(sums) < int(counted.sum())
    if not grouped and unit == 1:
        return total
    if len(sums) < 2:
        return min(total, 1.0)
    share = numerators.sum() / denominators.sum()
    residuals = (sums[:, 0] - share * sums[:, 1]) / denominators.sum()
    naive = share * (1 - share) / total
    return total / design_effect(residuals, naive, len(sums), grouped=grouped)


def wilson(share: float, cases: float, z: float = Z) -> Bounds:
    """Wilson's score interval (Wilson 1927, JASA 22:209)."""
    middle = share + z * z / (2 * cases)
    half = z * float(np.sqrt(share * (1 - share) / cases + z * z / (4 * cases * cases)))
    scale = 1 + z * z / cases
    return max(0.0, (middle - half) / scale), min(1.0, (middle + half) / scale)


def clopper_pearson(share: float, cases: float, level: float = LEVEL) -> Bounds:
    """The exact binomial interval (Clopper & Pearson 1934, Biometrika 26:404)."""
    from scipy.special import betaincinv

    hits, tail = share * cases, (1 - level) / 2
    low = 0.0 if hits <= 0 else float(betaincinv(hits, cases - hits + 1, tail))
    high = 1.0 if hits >= cases else float(betaincinv(hits + 1, cases - hits, 1 - tail))
    return low, high


def _metric(value: float, bounds: Bounds | None, n: int) -> Metric:
    value = round(value, DECIMALS)
    if bounds is None:
        return Metric(value=value, low=None, high=None, n=n)
    low, high = (round(bound, DECIMALS) for bound in bounds)
    return Metric(value=value, low=min(low, value), high=max(high, value), n=n)


def share_metric(
    numerators: Ints, denominators: Ints, groups: Sequence[str], *, exact: bool = False
) -> Metric:
    """A ratio in [0, 1] with its interval; unmeasured where nothing was counted.

    `n` is the number of counted units: cases of a share, value pairs of an F1.
    """
    below = int(denominators.sum())
    if below == 0:
        return Metric(value=None, low=None, high=None, n=0)
    share = int(numerators.sum()) / below
    cases = effective_cases(numerators, denominators, groups)
    bounds = clopper_pearson(share, cases) if exact else wilson(share, cases)
    return _metric(share, bounds, below // int(denominators.max()))


def money_metric(amounts: Ints, groups: Sequence[str]) -> Metric:
    """A mean amount per case, from whole millionths, with its interval."""
    if not len(amounts):
        return Metric(value=None, low=None, high=None, n=0)
    sums = by_group(groups, amounts, np.ones_like(amounts))
    mean = int(amounts.sum()) / (len(amounts) * MICRO)
    return _metric(mean, bca_mean(sums, (1 - LEVEL) / 2), len(amounts))


def _resamples(groups: int) -> Iterator[Ints]:
    """Blocks of drawn group numbers, shape (draws, groups), `RESAMPLES` draws in all."""
    stream = np.random.PCG64(SEED)
    step = max(1, _BLOCK // groups)
    for start in range(0, RESAMPLES, step):
        draws = min(step, RESAMPLES - start)
        raw = np.asarray(stream.random_raw(draws * groups), dtype=np.uint64) >> np.uint64(32)
        drawn = (raw * np.uint64(groups)) >> np.uint64(32)
        yield drawn.astype(np.int64).reshape(draws, groups)


def _resampled_means(sums: Ints) -> Floats:
    blocks = [sums[drawn].sum(axis=1) for drawn in _resamples(len(sums))]
    totals = np.concatenate(blocks)
    return np.sort(totals[:, 0] / (totals[:, 1] * MICRO))


def bca_mean(sums: Ints, tail: float) -> Bounds | None:
    """Bias-corrected and accelerated bootstrap bounds of a mean amount.

    None with fewer than two groups: one says nothing about the next.

    Args:
        sums: Per group: amount in millionths, number of cases.
        tail: Probability left out on each side.
    """
    total, count = int(sums[:, 0].sum()), int(sums[:, 1].sum())
    mean = total / (count * MICRO)
    if len(sums) < 2:
        return None
    means = _resampled_means(sums)
    if means[0] == means[-1]:
        return mean, mean
    without = (total - sums[:, 0]) / ((count - sums[:, 1]) * MICRO)
    low, high = (_adjusted(means, mean, without, p) for p in (tail, 1 - tail))
    return low, high


def _adjusted(means: Floats, mean: float, without: Floats, p: float) -> float:
    """The order statistic that BCa takes for probability `p`."""
    from scipy.special import ndtr, ndtri

    below = float(np.sum(means < mean) + np.sum(means == mean) / 2) / len(means)
    bias = float(ndtri(min(max(below, 1 / len(means)), 1 - 1 / len(means))))
    away = without.mean() - without
    spread = float(np.sum(away**2))
    skew = 0.0 if spread == 0 else float(np.sum(away**3)) / (6 * spread**1.5)
    shifted = bias + float(ndtri(p))
    at = float(ndtr(bias + shifted / (1 - skew * shifted)))
    return float(means[min(len(means) - 1, int(at * len(means)))])
