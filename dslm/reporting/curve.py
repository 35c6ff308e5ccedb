"""Risk against coverage, from rows: what each confidence threshold would have cost in errors.

Takes scored rows; gives points. Called by the page. El-Yaniv & Wiener 2010, JMLR 11:1605: coverage
is the share of all cases that proceed, selective risk the share of wrong ones among them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dslm.contract.ranking import ranked, would_be_wrong
from dslm.records import Row


@dataclass(frozen=True)
class Point:
    """All answers of at least `confidence` proceed."""

    confidence: float
    coverage: float
    risk: float


def risk_coverage(rows: Sequence[Row]) -> list[Point]:
    """One point a distinct confidence, from the most confident answer to all of them.

    Cases that rules, grounding or scope hold back count in the denominator of coverage only:
    no threshold makes them proceed.
    """
    points: list[Point] = []
    wrong = 0
    for taken, row in enumerate(ranked(rows), start=1):
        wrong += would_be_wrong(row)
        confidence = row.prediction.confidence
        point = Point(confidence, taken / len(rows), wrong / taken)
        if points and points[-1].confidence == confidence:
            points[-1] = point
        else:
            points.append(point)
    return points


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
