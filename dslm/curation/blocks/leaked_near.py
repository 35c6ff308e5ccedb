"""Drops cases whose input is nearly a gold input: one field edited, a line more."""

from __future__ import annotations

from collections.abc import Sequence

from dslm.curation.grouping import folded
from dslm.curation.ledger import Drop
from dslm.curation.similarity import near_pairs
from dslm.records import Case


def leaked_near(cases: Sequence[Case], gold: Sequence[Case], threshold: float) -> list[Drop]:
    """The cases near to gold, whatever their target, each with the first such gold case."""
    pairs = near_pairs([folded(c) for c in cases], [folded(c) for c in gold], threshold)
    first = dict(reversed(pairs))
    return [
        Drop(id=cases[place].id, reason="leak_near", of=gold[held].id)
        for place, held in sorted(first.items())
    ]
