"""Risk against coverage, from rows: what each confidence threshold would have cost in errors.

Takes scored rows; gives points. Called by the score stage, for `dvc plots`, and by the report.
El-Yaniv & Wiener 2010, JMLR 11:1605: coverage is the share of all cases that proceed, selective
risk the share of wrong ones among them.
"""

from __future__ import annotations

from collections.abc import Sequence
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
