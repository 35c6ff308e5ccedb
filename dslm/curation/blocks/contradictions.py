"""Drops cases that give one input several right answers.

Which of them is right cannot be told from here, so none is trained on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from dslm.contract.comparing import wrong_fields
from dslm.contract.model import Contract
from dslm.curation.grouping import folded
from dslm.curation.ledger import Drop
from dslm.records import Case


def same_target(contract: Contract, one: Case, other: Case) -> bool:
    """Whether two targets are equal under the contract's comparators."""
    return not wrong_fields(contract, one.target or {}, other.target or {})


def contradictions(cases: Sequence[Case], contract: Contract) -> list[Drop]:
    """All cases of every folded input whose targets disagree, each with one that it disagrees with.

    A comparator with a tolerance is not transitive, so every pair of an input is compared.
    """
    by_input: defaultdict[str, list[Case]] = defaultdict(list)
    for case in cases:
        by_input[folded(case)].append(case)
    drops: list[Drop] = []
    for same in by_input.values():
        against = [
            next((o.id for o in same if not same_target(contract, case, o)), None) for case in same
        ]
        if any(against):
            drops += [
                Drop(id=case.id, reason="contradictory_label", of=other)
                for case, other in zip(same, against, strict=True)
            ]
    return sorted(drops, key=lambda drop: drop.id)
