"""The risk–coverage curve as it is drawn: where a threshold lies on it, and fewer points.

Takes points of `dslm.contract.ranking`; gives points. Called by the page.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dslm.contract.ranking import Point


def at_threshold(points: Iterable[Point], threshold: float) -> Point | None:
    """The last point whose answers all reach the threshold, None where none does."""
    reached = [point for point in points if point.confidence >= threshold]
    return reached[-1] if reached else None


def thinned(points: Sequence[Point], most: int) -> list[Point]:
    """At most about `most` points, evenly spread in coverage, first and last kept.

    A curve of two thousand points draws no more than one of some hundred.
    """
    if len(points) <= most:
        return list(points)
    step = (len(points) - 1) / (most - 1)
    return [points[round(i * step)] for i in range(most)]
