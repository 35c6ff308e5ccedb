"""Where the bins of a histogram of lengths begin.

Takes counted lengths of all parts; gives edges that all parts share, so that their pictures can be
laid side by side. Called by `card`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence

MOST_BINS = 20
_COVERED = 0.99  # of the inputs; what is longer shares the last bin


def _round_up(value: float) -> int:
    """The next of 1, 2, 5 times a power of ten, so that edges read well."""
    size = 1
    while True:
        for step in (1, 2, 5):
            if step * size >= value:
                return step * size
        size *= 10


def edges_of(lengths: Counter[int]) -> tuple[int, ...]:
    """Edges from below the shortest, equally far apart; the last bin has no end."""
    if not lengths:
        return (0,)
    least, total, reached = min(lengths), sum(lengths.values()), 0
    for length in sorted(lengths):
        reached += lengths[length]
        if reached >= _COVERED * total:
            break
    width = _round_up((length + 1 - least) / MOST_BINS)
    return tuple(range(least // width * width, length + 1, width))


def binned(lengths: Counter[int], edges: Sequence[int]) -> tuple[int, ...]:
    """How many lengths lie from each edge to the next."""
    bins = [0] * len(edges)
    for length, count in lengths.items():
        bins[bisect_right(edges, length) - 1] += count
    return tuple(bins)
