"""Drops all but the first case of each input, case, punctuation and blanks aside.

Runs after `contradictions`: those that are left agree on the answer.
"""

from __future__ import annotations

from collections.abc import Sequence

from dslm.curation.grouping import folded
from dslm.curation.ledger import Drop
from dslm.records import Case


def exact_duplicates(cases: Sequence[Case]) -> list[Drop]:
    """The later cases of each input, each with the one that is kept."""
    first: dict[str, str] = {}
    drops: list[Drop] = []
    for case in cases:
        kept = first.setdefault(folded(case), case.id)
        if kept != case.id:
            drops.append(Drop(id=case.id, reason="exact_duplicate", of=kept))
    return drops
