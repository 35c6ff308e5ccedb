"""Drops cases that are nearly another one and have the same answer.

Nearly the same text with another answer is another case (one digit of a total), often the most
telling one: it stays, and `parted_splits` sees to it that the two do not face each other across
splits.
"""

from __future__ import annotations

from collections.abc import Sequence

from dslm.contract.model import Contract
from dslm.curation.blocks.contradictions import same_target
from dslm.curation.grouping import folded
from dslm.curation.ledger import Drop
from dslm.curation.similarity import near_pairs
from dslm.records import Case


def near_duplicates(cases: Sequence[Case], contract: Contract) -> list[Drop]:
    """The cases near to an earlier one that is itself kept, with that one."""
    dropped: dict[int, Drop] = {}
    pairs = near_pairs([folded(c) for c in cases], None, contract.data.near_duplicate)
    # by the later case: whether the earlier one is kept is then known
    for earlier, later in sorted(pairs, key=lambda pair: (pair[1], pair[0])):
        if earlier in dropped or later in dropped:
            continue
        if same_target(contract, cases[earlier], cases[later]):
            dropped[later] = Drop(id=cases[later].id, reason="near_duplicate", of=cases[earlier].id)
    return [dropped[place] for place in sorted(dropped)]
