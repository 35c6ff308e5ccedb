"""Proof of what the contract says of personal data: fields that look personal are declared.

Looks at the names of the answer's fields and of the gold set's and sources' `meta`; called by
`dslm.proving.proof`. What only shows in texts is counted on the data card.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dslm.contract.model import Contract
from dslm.contract.personal_kinds import kind_suspected
from dslm.contract.schemas.holding import places_in
from dslm.curation.personal.undeclared import suspected
from dslm.proving.finding import Finding, ok, warn
from dslm.records import Case
from dslm.settings.workspace import Workspace


def prove_personal(ws: Workspace, contract: Contract, gold: Sequence[Case]) -> Iterator[Finding]:
    """A warning for each field that looks personal and that the contract says nothing of."""
    personal = contract.data.personal
    named = {f"target.{place}": None for place in places_in(contract.schema)}
    found = {
        place: kind for place in named
        if (kind := kind_suspected(place.rpartition(".")[2])) and not personal.declares(place)
    }  # fmt: skip
    for case in gold:
        found.update(suspected(personal, {}, case.meta))
    for place, kind in sorted(found.items()):
        yield warn(
            "personal", f"{place} looks personal ({kind}), and nothing says what becomes of it",
            where=f"{ws.contract}: data.personal.fields",
            fix=f"`{place}: {{kind: {kind}}}`, or `{{kind: none}}` where it is not",
        )  # fmt: skip
    if personal.places and not found:
        yield ok("personal", f"{len(personal.places)} fields hold personal data, no other looks so")
