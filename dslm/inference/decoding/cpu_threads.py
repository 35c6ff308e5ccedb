"""Chooses the number of CPU threads by a short measurement.

With another process on the machine two OpenMP threads can be ten times slower than one, so the
number of cores says little: beside a busy process two ran at 0.6 to 0.8 of one. On a shared host
two can also be no faster than one for a while, probably because both virtual cores run on one real
one: of 24 processes on an idle machine of two cores one was like that for all of the 0.6 s it was
watched, two for the first 0.2. So a near tie goes to more threads, which cost nothing then. Called
before training and before decoding.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Literal

from dslm.settings.cpu_cores import cores

SECONDS_EACH = 0.125
ROUNDS = 2  # in turns, so that one bad moment does not decide
NEARLY = 0.85  # of the fastest: as good as it


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


def _rounds(candidates: Sequence[int]) -> list[list[float]]:
    return [[_products_per_second(n) for n in candidates] for _ in range(ROUNDS)]


def choose_threads(wanted: int | Literal["auto"]) -> int:
    """Set torch's thread count and return it.

    Args:
        wanted: A number, or `auto`: of 1, 2, 4 … up to the cores this process may use the most
            that are nearly as fast as the fastest.
    """
    import torch

    if wanted != "auto":
        torch.set_num_threads(wanted)
        return wanted
    candidates = [1]
    while candidates[-1] * 2 <= cores():
        candidates.append(candidates[-1] * 2)
    speeds = [max(seen) for seen in zip(*_rounds(candidates), strict=True)]
    enough = NEARLY * max(speeds)
    chosen = max(n for n, speed in zip(candidates, speeds, strict=True) if speed >= enough)
    torch.set_num_threads(chosen)
    return chosen
