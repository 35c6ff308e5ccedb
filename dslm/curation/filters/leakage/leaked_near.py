"""Drops cases whose input is nearly a gold input: one field edited, a line more."""

from __future__ import annotations

from collections.abc import Sequence

from dslm.contract.cases.case_groups import folded
from dslm.curation.case_table import CaseTable
from dslm.curation.ledger import Drop
from dslm.curation.near_duplicate_search import Index, Texts
from dslm.records import Case


def leaked_near(cases: CaseTable, gold: Sequence[Case], threshold: float) -> dict[int, Drop]:
    """The cases near to gold, whatever their target, each with the first such gold case."""
    held = Index(Texts.of([folded(case) for case in gold], threshold), threshold)
    return {
        place: Drop(id=cases.id(place), reason="leak_near", of=gold[own].id)
        for place, own in held.one_near(cases.texts()).items()
    }
