"""Drops cases that have no group where the contract asks for one.

Without a group nothing holds such a case apart from gold and from the other splits.
"""

from __future__ import annotations

from collections.abc import Sequence

from dslm.contract.cases.case_groups import group_of
from dslm.curation.ledger import Drop
from dslm.records import Case


def ungrouped(cases: Sequence[Case], group_by: str | None) -> list[Drop]:
    """The cases whose `meta` lacks the group; none where the contract has no `group_by`."""
    return [Drop(id=case.id, reason="no_group") for case in cases if not group_of(case, group_by)]
