"""In which slices a case falls: the meta fields that the contract wants reported apart.

Takes a contract and a case; called by scoring, by curation's data card and by the gate's reach, so
that a slice has one name everywhere.
"""

from __future__ import annotations

from dslm.contract.model.contract_model import Contract
from dslm.records import Case

UNSET = "(unset)"  # the slice of a case whose meta lacks the field


def slices_of(contract: Contract, case: Case) -> dict[str, str]:
    """Slice → the case's value of it."""
    found = {name: case.meta.get(name) for name in contract.slices}
    return {name: UNSET if value is None else str(value) for name, value in found.items()}
