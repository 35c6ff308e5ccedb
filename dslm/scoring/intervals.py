"""95 % intervals that know about groups, the same on every machine.

Takes counts or money per case with the group of each; gives `Metric`s. Cases of one group (one
supplier, one document) are not independent, and nothing is assumed about what they share:

- shares of cases that each have a group of their own: Clopper and Pearson's exact interval.
  Wilson's is shorter, and near 0 and 1, where valid answers and cut ones are, covers in 84 % of all
  draws where 95 % are said;
- all else, groups of several cases, ratios such as F1, and money: the bounds of `group_bounds`,
  each group one draw.

A design effect (Korn & Graubard 1998, Survey Methodology 24:193) is told beside them; no bound
rests on it. Used by `dslm.scoring.scorecard` and `dslm.gating`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dslm.records import Metric
from dslm.statistics.group_bounds import mean_bounds

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bounds = tuple[float, float]

LEVEL = 0.95
Z = 1.959963984540054  # normal quantile of 0.975
MICRO = 1_000_000  # money is summed in millionths, as whole numbers
DECIMALS = 10  # below this, mathematical libraries of two machines may differ
SOUGHT = 8  # the same for what a search ends at


def ints(values: Sequence[int] | Ints) -> Ints:
    """Whole numbers as an array."""
    return np.asarray(values, dtype=np.int64)


def numbered(groups: Sequence[str]) -> Ints:
    """The number of each case's group, groups sorted by name."""
    place = {name: number for number, name in enumerate(sorted(set(groups)))}
    return ints([place[name] for name in groups])


def by_group(groups: Sequence[str] | Ints, *columns: Ints) -> Ints:
    """Sums of columns within each group, groups sorted; shape (groups, columns).

    Sorting makes every interval independent of the order of rows. Groups are names, or numbers of
    `numbered`; of some of its cases there may be groups without any.
    """
    place = groups if isinstance(groups, np.ndarray) else numbered(groups)
    sums = np.zeros((int(place.max(initial=-1)) + 1, len(columns)), dtype=np.int64)
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


def clopper_pearson(share: float, cases: float, level: float = LEVEL) -> Bounds:
    """The exact binomial interval (Clopper & Pearson 1934, Biometrika 26:404)."""
    from scipy.special import betaincinv

    hits, tail = share * cases, (1 - level) / 2
    low = 0.0 if hits <= 0 else float(betaincinv(hits, cases - hits + 1, tail))
    high = 1.0 if hits >= cases else float(betaincinv(hits + 1, cases - hits, 1 - tail))
    return low, high


def _metric(value: float, bounds: Bounds | None, n: int, decimals: int = DECIMALS) -> Metric:
    value = round(value, DECIMALS)
    if bounds is None:
        return Metric(value=value, low=None, high=None, n=n)
    low, high = (round(bound, decimals) for bound in bounds)
    return Metric(value=value, low=min(low, value), high=max(high, value), n=n)


def share_metric(numerators: Ints, denominators: Ints, groups: Sequence[str] | Ints) -> Metric:
    """A ratio in [0, 1] with its interval; unmeasured where nothing was counted.

    `n` is the number of counted units: cases of a share, value pairs of an F1.
    """
    below = int(denominators.sum())
    if below == 0:
        return Metric(value=None, low=None, high=None, n=0)
    share, cases = int(numerators.sum()) / below, below // int(denominators.max())
    sums = by_group(groups, numerators, denominators)
    if int(sums[:, 1].max()) == 1:
        return _metric(share, clopper_pearson(share, below), cases)
    found = mean_bounds(sums[:, 0], sums[:, 1], 0.0, 1.0, (1 - LEVEL) / 2)
    return _metric(share, found, cases, SOUGHT)


def share_bounds(
    numerators: Ints, denominators: Ints, groups: Sequence[str] | Ints, tail: float
) -> Bounds | None:
    """Bounds of a ratio in [0, 1], each wrong with probability `tail` at most, for decisions."""
    below = int(denominators.sum())
    if below == 0:
        return None
    sums = by_group(groups, numerators, denominators)
    if int(sums[:, 1].max()) == 1:
        found: Bounds | None = clopper_pearson(int(numerators.sum()) / below, below, 1 - 2 * tail)
    else:
        found = mean_bounds(sums[:, 0], sums[:, 1], 0.0, 1.0, tail)
    return found and (round(found[0], SOUGHT), round(found[1], SOUGHT))


def money_bounds(
    amounts: Ints, groups: Sequence[str] | Ints, dearest: float, tail: float
) -> Bounds | None:
    """The same of a mean amount per case; arguments as for `money_metric`."""
    if not len(amounts):
        return None
    sums = by_group(groups, amounts, np.ones_like(amounts))
    most = max(dearest * MICRO, float(amounts.max()))
    found = in_money(mean_bounds(sums[:, 0], sums[:, 1], 0.0, most, tail))
    return found and (round(found[0], SOUGHT), round(found[1], SOUGHT))


def money_metric(amounts: Ints, groups: Sequence[str] | Ints, dearest: float) -> Metric:
    """A mean amount per case, from whole millionths, with its interval.

    Args:
        amounts: Per case, in millionths; none below 0.
        groups: Per case.
        dearest: The most that a case can cost, in whole money.
    """
    if not len(amounts):
        return Metric(value=None, low=None, high=None, n=0)
    mean = int(amounts.sum()) / (len(amounts) * MICRO)
    sums = by_group(groups, amounts, np.ones_like(amounts))
    most = max(dearest * MICRO, float(amounts.max()))
    bounds = mean_bounds(sums[:, 0], sums[:, 1], 0.0, most, (1 - LEVEL) / 2)
    return _metric(mean, in_money(bounds), len(amounts), SOUGHT)


def in_money(bounds: Bounds | None) -> Bounds | None:
    """Bounds in millionths as whole money."""
    return None if bounds is None else (bounds[0] / MICRO, bounds[1] / MICRO)
