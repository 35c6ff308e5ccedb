"""Drops cases that give one input several right answers.

Which of them is right cannot be told from here, so none is trained on.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dslm.contract.comparing import wrong_fields
from dslm.contract.model import Contract
from dslm.curation.case_table import CaseTable
from dslm.curation.ledger import Drop


def same_target(contract: Contract, one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two targets are equal under the contract's comparators."""
    return not wrong_fields(contract, one, other)


def contradictions(cases: CaseTable, contract: Contract) -> dict[int, Drop]:
    """All cases of every folded input whose targets disagree, each with one that it disagrees with.

    A comparator with a tolerance is not transitive, so every pair of targets is compared.
    """
    drops: dict[int, Drop] = {}
    for same in cases.same_inputs():
        spelled = {place: cases.text("target", place) for place in same}
        first = {text: place for place, text in reversed(spelled.items())}
        targets = {text: cases.target(place) for text, place in first.items()}
        against = {
            text: next((first[o] for o in first if not same_target(contract, target, targets[o])),
                       None)
            for text, target in targets.items()
        }  # fmt: skip
        if all(other is None for other in against.values()):
            continue
        for place in same:
            other = against[spelled[place]]
            of = None if other is None else cases.id(other)
            drops[place] = Drop(id=cases.id(place), reason="contradictory_label", of=of)
    return drops
