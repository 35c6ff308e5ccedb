"""Statistics of pairs: the same cases answered by two models.

Takes counts of discordant pairs; gives score statistics, intervals and exact p-values. Called by
`comparing`; no files, no policy.

`gained` counts cases that only the candidate has right, `lost` those that only the reference has.
All of cases that are independent of one another: grouped ones go through
`dslm.statistics.group_bounds`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

# Counted against the claim. Where few pairs differ, Tango's test alone passes up to 6.0 % of the
# candidates that are worse by exactly the margin; with a quarter pair it is at most 4.9 % over
# n = 50 to 1000, at one to three points of power (the tests enumerate it exactly).
QUARTER_PAIR = 0.25
_HALVINGS = 60


def normal_quantile(p: float) -> float:
    """The standard normal quantile."""
    from scipy.special import ndtri

    return float(ndtri(p))


def tango_statistic(gained: Any, lost: Any, cases: Any, difference: Any) -> Any:
    """Tango's score statistic of H0: true difference = `difference` (1998, Stat. Med. 17:891).

    Works on arrays. About standard normal under H0, with the share of lost pairs estimated under
    it; large where the candidate is better than H0 says.
    """
    a = 2.0 * cases
    b = -gained - lost + (2.0 * cases - gained + lost) * difference
    c = -lost * difference * (1.0 - difference)
    q = (np.sqrt(np.maximum(b * b - 4.0 * a * c, 0.0)) - b) / (2.0 * a)
    variance = cases * (2.0 * q + difference * (1.0 - difference))
    above = gained - lost - cases * difference
    safe = np.where(variance > 0, variance, 1.0)
    certain = np.where(above > 0, np.inf, np.where(above < 0, -np.inf, 0.0))
    return np.where(variance > 0, above / np.sqrt(safe), certain)


def tango_bounds(gained: float, lost: float, cases: float, z: float) -> tuple[float, float]:
    """All differences that the score statistic does not reject at ±z."""
    return _crossing(gained, lost, cases, z), _crossing(gained, lost, cases, -z)


def gate_bounds(
    gained: float, lost: float, cases: float, z: float, above: float | None = None
) -> tuple[float, float]:
    """Tango's bounds with a quarter pair against each claim: the error stays below its level.

    Args:
        gained: Cases that only the candidate has right.
        lost: Cases that only the reference has right.
        cases: All of them.
        z: Normal quantile of the lower bound's confidence.
        above: That of the upper bound's, by default the same.
    """
    low = _crossing(gained, lost + QUARTER_PAIR, cases, z)
    return low, _crossing(gained + QUARTER_PAIR, lost, cases, -z if above is None else -above)


def _crossing(gained: float, lost: float, cases: float, target: float) -> float:
    """The difference at which the statistic, which falls with it, equals `target`."""
    low, high = -1.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if float(tango_statistic(gained, lost, cases, middle)) > target:
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
