"""Drops all but the first case of each input, case, punctuation and blanks aside.

Runs after `contradictions`: those that are left agree on the answer.
"""

from __future__ import annotations

from dslm.curation.case_table import CaseTable
from dslm.curation.ledger import Drop


def exact_duplicates(cases: CaseTable) -> dict[int, Drop]:
    """The later cases of each input, each with the one that is kept."""
    return {
        later: Drop(id=cases.id(later), reason="exact_duplicate", of=cases.id(first))
        for first, *others in cases.same_inputs()
        for later in others
    }
