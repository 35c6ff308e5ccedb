"""Answers by confidence: which could proceed, and which of those would be wrong to.

The order in which a threshold, lowered step by step, lets answers through. Takes scored rows,
whatever threshold they were decided with; called by the calibration, the plots and the report, so
that all three draw one curve. El-Yaniv & Wiener 2010, JMLR 11:1605.
"""

from __future__ import annotations

from collections.abc import Sequence

from dslm.contract.deciding import has_confidence
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
