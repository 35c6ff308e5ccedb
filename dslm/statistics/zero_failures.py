"""What it takes, and what is left, where nothing failed: the one formula for it.

Of n independent draws, a share r of failures shows none with probability (1 - r)^n: the exact form
of the rule of three. Called by the calibration, the gate, `dslm check`, `dslm init` and the data
card.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

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
