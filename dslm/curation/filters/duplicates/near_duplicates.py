"""Drops cases that are nearly another one and have the same answer.

Nearly the same text with another answer is another case (one digit of a total), often the most
telling one: `contradictions` took out what cannot be, the rest stays, and
`near_across_splits` sees to it that the two do not face each other across splits.
"""

from __future__ import annotations

from dslm.contract.model.contract_model import Contract
from dslm.curation.case_table import CaseTable
from dslm.curation.labels import same_target
from dslm.curation.ledger import Drop
from dslm.curation.near_duplicate_search import repeats


def near_duplicates(cases: CaseTable, contract: Contract) -> dict[int, Drop]:
    """The cases near to an earlier one that is itself kept, with that one."""
    found = repeats(
        cases.texts(),
        cases.numbers("answer_number"),
        contract.data.near_duplicate,
        lambda one, other: same_target(contract, cases.target(one), cases.target(other)),
    )
    return {
        place: Drop(id=cases.id(place), reason="near_duplicate", of=cases.id(kept))
        for place, kept in found.items()
    }
