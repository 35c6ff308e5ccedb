"""Drops cases that are nearly another one and have the same answer.

Nearly the same text with another answer is another case (one digit of a total), often the most
telling one: `contradictions` took out what cannot be, the rest stays, and
`near_across_splits` sees to it that the two do not face each other across splits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dslm.curation.case_table import CaseTable
from dslm.curation.ledger import Drop
from dslm.curation.near_duplicate_search import repeats

SameTarget = Callable[[Mapping[str, Any], Mapping[str, Any]], bool]


def near_duplicates(cases: CaseTable, share: float, same_target: SameTarget) -> dict[int, Drop]:
    """The cases near to an earlier one that is itself kept, with that one.

    Args:
        cases: What is left of all cases.
        share: Of their 3-grams that near ones have in common.
        same_target: Whether two targets are equal.
    """
    found = repeats(
        cases.texts(),
        cases.numbers("answer_number"),
        share,
        lambda one, other: same_target(cases.target(one), cases.target(other)),
    )
    return {
        place: Drop(id=cases.id(place), reason="near_duplicate", of=cases.id(kept))
        for place, kept in found.items()
    }
