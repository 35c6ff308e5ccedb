"""Chooses the number of CPU threads by a short measurement.

With another process on the machine two OpenMP threads can be ten times slower than one, so the
number of cores says little. Called before training and before decoding.
"""

from __future__ import annotations

import time
from typing import Literal

from dslm.settings.cores import cores

SECONDS_EACH = 0.25


def _products_per_second(threads: int) -> float:
    """Matrix products a second of the size a small model's layer has."""
    import torch

    torch.set_num_threads(threads)
    left, right = torch.ones(256, 576), torch.ones(576, 1536)
    torch.mm(left, right)
    count, start = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - start) < SECONDS_EACH:
        for _ in range(8):
            torch.mm(left, right)
        count += 8
    return count / elapsed


def choose_threads(wanted: int | Literal["auto"]) -> int:
    """Set torch's thread count and return it.

    Args:
        wanted: A number, or `auto`: the fastest of 1, 2, 4 … up to the cores this process may use.
    """
    import torch

    if wanted != "auto":
        torch.set_num_threads(wanted)
        return wanted
    candidates = [1]
    while candidates[-1] * 2 <= cores():
        candidates.append(candidates[-1] * 2)
    best = max(candidates, key=_products_per_second)
    torch.set_num_threads(best)
    return best
