"""What it takes, and what is left, where nothing failed: the one formula for it.

Of n independent draws, a share r of failures shows none with probability (1 - r)^n: the exact form
of the rule of three. Called by the calibration, the gate, `dslm check`, `dslm init` and the data
card.
"""

from __future__ import annotations

import math
from collections.abc import Sequence


def needed_right(risk: float, confidence: float) -> int:
    """Right answers, and no wrong one, that certify a risk bound.

    Args:
        risk: The bound.
        confidence: With which it must hold.
    """
    return math.ceil(math.log(1 - confidence) / math.log(1 - risk))


def p_without_failure(sizes: Sequence[int], risk: float) -> float:
    """The p-value of Gaffke's bound where nothing failed, in closed form.

    Against "at least this share fails", of groups of these sizes; (1 - risk)^n of single cases.
    """
    odds = risk / (1 - risk) / max(sizes)
    return math.exp(-math.fsum(math.log1p(odds * size) for size in sizes))


def hidden_share(draws: int, tail: float = 0.05) -> float:
    """The largest share of failures that so many draws without one leave possible.

    Args:
        draws: Cases, or groups where cases come in groups.
        tail: Chance that the share is larger all the same.
    """
    return 1.0 if draws < 1 else 1.0 - float(tail ** (1 / draws))
