"""Drops cases that a person looked at in `review.csv` and threw out."""

from __future__ import annotations

from collections.abc import Sequence

from dslm.curation.labels import ReviewDecisions
from dslm.curation.ledger import Drop
from dslm.records import Case


def reviewed(cases: Sequence[Case], verdicts: ReviewDecisions) -> list[Drop]:
    """The cases with the verdict `drop` on any of their fields."""
    return [Drop(id=case.id, reason="reviewed") for case in cases if case.id in verdicts.drops]
