"""Drops cases whose group (supplier, customer, thread) also stands in gold."""

from __future__ import annotations

from collections.abc import Sequence

from dslm.contract.cases.case_groups import gold_groups, group_of
from dslm.curation.ledger import Drop
from dslm.records import Case


def leaked_group(cases: Sequence[Case], gold: Sequence[Case], group_by: str | None) -> list[Drop]:
    """The cases of gold's groups; none where the contract has no `group_by`.

    Raises:
        Problems: A gold case without a group.
    """
    if group_by is None:
        return []
    held = gold_groups(list(gold), group_by)
    return [
        Drop(id=case.id, reason="leak_group") for case in cases if group_of(case, group_by) in held
    ]
