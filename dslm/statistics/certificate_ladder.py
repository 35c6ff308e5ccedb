"""How many answers the certificate of a threshold is tried on, and at which level.

Takes the number of answers and the bound; gives *rungs* (numbers of most confident answers that a
threshold would let through) and the level that the p-value of a rung has to keep. Called by
`dslm.scoring.calibration`. Learn-then-test (Angelopoulos et al. 2021, arXiv:2110.01052), with the
level computed and not split, as group-sequential trials do (Pocock 1977, Biometrika 64:191):

- A rung is the fewest answers that pass with 0, 1, 2, … wrong ones among them, each at least a
  twentieth larger than the one before; and at last all answers. Nothing that was answered is looked
  at, only how many answers there are.
- All rungs have one level: the largest at which answers that are wrong as often as the bound says,
  all through, pass any rung in at most 1 - confidence of all draws. The numbers of wrong answers on
  two rungs are a sum and a longer sum, so that chance is computed exactly, rung after rung.
- The largest rung that passes is taken; those above it are tried again, at the level of so few.

So the lowest threshold that is truly within the bound is missed only by chance, and one beyond it
is given out in at most 1 - confidence of all calibrations, where answers of less confidence are
wrong at least as often as the bound from the first such threshold on: the answers above that one
are then draws with exactly that risk, and the further ones are no better.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from dslm.statistics.power_and_sample_size import needed_right

GROWTH = 1.05
_PARTS = 10_000  # a level is a whole number of these parts of the error: the same on every machine
_ROUNDING = 1 + 1e-9
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def binomial_tail(wrong: int, accepted: int, risk: float) -> float:
    """P(Binomial(accepted, risk) ≤ wrong)."""
    from scipy.special import betainc

    return 1.0 if wrong >= accepted else float(betainc(accepted - wrong, wrong + 1, 1 - risk))


def _tails(wrong: Ints, accepted: Ints, risk: float) -> Floats:
    """The same of many; 0 where `wrong` is below 0."""
    from scipy.special import betainc

    inside = np.clip(wrong, 0, accepted - 1)
    found = betainc(accepted - inside, inside + 1.0, 1 - risk)
    found = np.where(wrong >= accepted, 1.0, np.where(wrong < 0, 0.0, found))
    return np.asarray(found, dtype=np.float64)


def _allowed(accepted: Ints, level: float, risk: float) -> Ints:
    """The most wrong answers with which each number of answers passes; -1 for none."""
    low, high = np.full(len(accepted), -1), accepted.copy()
    while np.any(high - low > 1):  # the tail climbs with the wrong answers
        middle = (low + high) // 2
        passes = _tails(middle, accepted, risk) <= level
        low, high = np.where(passes, middle, low), np.where(passes, high, middle)
    return low


@lru_cache(maxsize=4096)
def _chances(answers: int, risk: float) -> Floats:
    """The chance of each number of wrong answers."""
    from scipy.special import gammaln

    wrong = np.arange(answers + 1.0)
    ways = gammaln(answers + 1) - gammaln(wrong + 1) - gammaln(answers - wrong + 1)
    logs = ways + wrong * math.log(risk) + (answers - wrong) * math.log1p(-risk)
    return np.asarray(np.exp(logs), dtype=np.float64)


def chance_to_pass_any(rungs: tuple[int, ...], level: float, risk: float) -> float:
    """The chance that answers which are wrong with probability `risk` pass one of the rungs."""
    allowed = _allowed(np.asarray(rungs), level, risk)
    most, at, passed = int(allowed[-1]), 0, 0.0
    if most < 0:
        return 0.0
    going = np.ones(1)  # chance of each number of wrong answers, on the way that passed no rung
    for rung, wrong in zip(rungs, allowed, strict=True):
        going, at = np.convolve(going, _chances(rung - at, risk)[: most + 1])[: most + 1], rung
        passed += float(going[: wrong + 1].sum())
        going[: wrong + 1] = 0.0
    return passed


@lru_cache(maxsize=512)
def level_of(rungs: tuple[int, ...], risk: float, confidence: float) -> float:
    """The level of each rung with which any of them passes in at most 1 - confidence of all draws.

    Args:
        rungs: Numbers of answers, rising.
        risk: The bound.
        confidence: With which it must hold.
    """
    error = 1 - confidence

    def too_much(parts: int) -> bool:
        return chance_to_pass_any(rungs, error * parts / _PARTS, risk) > error * _ROUNDING

    return error * bisect_left(range(1, _PARTS + 1), True, key=too_much) / _PARTS


def _planned(answers: int, level: float, risk: float) -> tuple[int, ...]:
    """The fewest answers that pass a level with 0, 1, 2, … wrong, far enough apart; all of them."""
    taken = np.arange(1, answers + 1)
    allowed = _allowed(taken, level, risk)
    steps = taken[np.diff(allowed, prepend=-1) > 0]
    found: list[int] = []
    for step in steps.tolist():
        if not found or step >= GROWTH * found[-1]:
            found.append(step)
    return tuple(dict.fromkeys([*found, answers]))


@lru_cache(maxsize=64)
def rungs_of(answers: int, risk: float, confidence: float) -> tuple[int, ...]:
    """The rungs of so many answers; none where no number of them could pass.

    They are those of the largest level at which they keep the error.

    Args:
        answers: That could proceed.
        risk: The bound.
        confidence: With which it must hold.
    """
    if answers < needed_right(risk, confidence):
        return ()
    error = 1 - confidence

    def planned(parts: int) -> tuple[int, ...]:
        return _planned(answers, error * parts / _PARTS, risk)

    def too_much(parts: int) -> bool:
        chance = chance_to_pass_any(planned(parts), error * parts / _PARTS, risk)
        return chance > error * _ROUNDING

    return planned(max(1, bisect_left(range(1, _PARTS + 1), True, key=too_much)))
