"""Answers by confidence: which could proceed, and which of those would be wrong to.

The order in which a threshold, lowered step by step, lets answers through. Takes scored rows,
whatever threshold they were decided with; called by the calibration, the plots and the report, so
that all three draw one curve. El-Yaniv & Wiener 2010, JMLR 11:1605.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dslm.contract.answers.decision import has_confidence
from dslm.records import Row


def could_proceed(row: Row) -> bool:
    """Whether nothing but low confidence speaks against this answer, and it has a confidence."""
    answer = row.prediction
    if answer.object is None or not has_confidence(answer):
        return False
    return set(row.decision.reasons) <= {"low_confidence"}


def would_be_wrong(row: Row) -> bool:
    """Whether the case is a wrong one when this answer proceeds."""
    may_proceed = row.outcome.kind in ("straight_through", "held_back")
    return not (may_proceed and row.outcome.exact)


def ranked(rows: Sequence[Row]) -> list[Row]:
    """The rows that could proceed, the most confident first, equals by id."""
    return sorted(filter(could_proceed, rows), key=lambda r: (-r.prediction.confidence, r.id))


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
