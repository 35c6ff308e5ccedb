"""Drops cases whose input is a gold input, case, punctuation and blanks aside."""

from __future__ import annotations

from collections.abc import Sequence

from dslm.contract.cases.case_groups import folded
from dslm.curation.ledger import Drop
from dslm.records import Case


def leaked_exact(cases: Sequence[Case], gold: Sequence[Case]) -> list[Drop]:
    """The cases that are in gold, each with the gold case."""
    held = {folded(case): case.id for case in reversed(gold)}
    return [
        Drop(id=case.id, reason="leak_exact", of=held[key])
        for case in cases
        if (key := folded(case)) in held
    ]
