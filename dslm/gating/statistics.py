"""Statistics of pairs: the same cases answered by two models.

Takes counts of discordant pairs; gives score statistics, intervals and exact p-values. Called by
`comparing`; no files, no policy.

`gained` counts cases that only the candidate has right, `lost` those that only the reference has.
All of cases that are independent of one another: grouped ones go through
`dslm.statistics.group_bounds`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

# Counted against the claim. Where few pairs differ, Tango's test alone passes up to 6.0 % of the
# candidates that are worse by exactly the margin; with a quarter pair it is at most 4.9 % over
# n = 50 to 1000, at one to three points of power (the tests enumerate it exactly). That does not
# do at an error above 0.05, nor for a claim of a gain: there it is half a pair.
QUARTER_PAIR, HALF_PAIR = 0.25, 0.5
_COMMON = 1.6448  # normal quantile of an error of 0.05, rounded down
_HALVINGS = 60
_ROUNDING = 1e-9


def normal_quantile(p: float) -> float:
    """The standard normal quantile."""
    from scipy.special import ndtri

    return float(ndtri(p))


def tango_statistic(gained: Any, lost: Any, cases: Any, difference: Any) -> Any:
    """Tango's score statistic of H0: true difference = `difference` (1998, Stat. Med. 17:891).

    Works on arrays. About standard normal under H0, with the share of lost pairs estimated under
    it; large where the candidate is better than H0 says.
    """
    q = _lost_under(gained, lost, cases, difference)
    variance = cases * (2.0 * q + difference * (1.0 - difference))
    above = gained - lost - cases * difference
    safe = np.where(variance > 0, variance, 1.0)
    certain = np.where(above > 0, np.inf, np.where(above < 0, -np.inf, 0.0))
    return np.where(variance > 0, above / np.sqrt(safe), certain)


def _lost_under(gained: Any, lost: Any, cases: Any, difference: Any) -> Any:
    """The most likely share of pairs that only the reference has right, under the difference."""
    a = 2.0 * cases
    b = -gained - lost + (2.0 * cases - gained + lost) * difference
    c = -lost * difference * (1.0 - difference)
    return (np.sqrt(np.maximum(b * b - 4.0 * a * c, 0.0)) - b) / (2.0 * a)


def shown_above(gained: Any, lost: Any, cases: int, difference: float, z: float) -> Any:
    """Whether the gate takes a true difference to be above `difference`. Works on arrays.

    Tango's statistic has to reach `z`, with part of a pair against the claim, and what skewness
    adds: where the candidate gains and hardly ever loses, gained pairs are few and skewed to the
    right, and their normal quantile is too small by (z² - 1) / 6 of the skewness (Cornish & Fisher
    1938, Rev. Inst. Int. Stat. 5:307). Without that a gain of exactly what is asked for is shown
    1.2 times as often as the error says at the first look at gold, 1.9 times at the fifth. The same
    holds of a margin where the models differ on more than a third of the cases.
    """
    pair = HALF_PAIR if difference > 0 or z < _COMMON else QUARTER_PAIR
    statistic = tango_statistic(gained, lost + pair, cases, difference)
    if z <= 1:
        return statistic >= z
    skewed = _skewness(gained, lost + pair, cases, difference)
    return statistic >= z + (z * z - 1) / 6 * skewed


def _skewness(gained: Any, lost: Any, cases: int, difference: float) -> Any:
    """Of the sum of differences under H0, or 0; part of a pair is lost, so that it has spread."""
    unlike = 2.0 * _lost_under(gained, lost, cases, difference) + difference
    second = np.maximum(cases * (unlike - difference**2), _ROUNDING)
    third = cases * (difference - 3 * difference * unlike + 2 * difference**3)
    return np.maximum(third, 0.0) / second**1.5


def tango_bounds(gained: float, lost: float, cases: float, z: float) -> tuple[float, float]:
    """All differences that the score statistic does not reject at ±z."""

    def above(difference: float, target: float) -> bool:
        return float(tango_statistic(gained, lost, cases, difference)) > target

    return _crossing(lambda d: above(d, z)), _crossing(lambda d: above(d, -z))


def gate_bounds(
    gained: float, lost: float, cases: int, z: float, above: float | None = None
) -> tuple[float, float]:
    """The differences that `shown_above` leaves possible, each bound's error below its level.

    Args:
        gained: Cases that only the candidate has right.
        lost: Cases that only the reference has right.
        cases: All of them.
        z: Normal quantile of the lower bound's confidence.
        above: That of the upper bound's, by default the same.
    """
    upper = z if above is None else above
    low = _crossing(lambda d: bool(shown_above(gained, lost, cases, d, z)))
    return low, -_crossing(lambda d: bool(shown_above(lost, gained, cases, d, upper)))


def _crossing(below: Callable[[float], bool]) -> float:
    """The difference from which on it is not below any more."""
    low, high = -1.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if below(middle):
            low = middle
        else:
            high = middle
    return (low + high) / 2


def mcnemar_exact(gained: int, lost: int) -> float:
    """Two-sided exact p-value of equal models (McNemar 1947): the smaller count as a fair coin."""
    from scipy.special import bdtr

    pairs = gained + lost
    return 1.0 if pairs == 0 else min(1.0, 2.0 * float(bdtr(min(gained, lost), pairs, 0.5)))


def worse_p(gained: int, lost: int) -> float:
    """One-sided exact p-value against "the candidate is no worse", of independent cases."""
    from scipy.special import bdtr

    pairs = gained + lost
    return 1.0 if pairs == 0 else float(bdtr(gained, pairs, 0.5))
