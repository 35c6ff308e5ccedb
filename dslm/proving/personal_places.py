"""Proof that the fields which a contract calls personal are there: a misspelled key hides nothing.

An output field that does not exist is refused with the contract; a key of meta shows in cases
alone. Called by `dslm.proving.proof` once the sources were read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dslm.contract.model import Contract
from dslm.contract.schemas.holding import places_in
from dslm.curation.personal.labelled import texts_at
from dslm.proving.finding import Finding, fail, warn
from dslm.proving.source_cases import SourceCases
from dslm.records import Case
from dslm.settings.loading import nearest
from dslm.settings.workspace import Workspace


def prove_personal_places(
    ws: Workspace, contract: Contract, gold: Sequence[Case], seen: SourceCases
) -> Iterator[Finding]:
    """A finding for each personal field that no case of gold or of the sources has."""
    named = frozenset(f"target.{place}" for place in places_in(contract.schema))
    keys = {*seen.meta_keys, *(key for case in gold for key in case.meta)}
    for place in sorted(seen.empty_places - named):
        part, _, path = place.partition(".")
        if not (gold or seen.count) or any(any(texts_at(case, place)) for case in gold):
            continue
        near = nearest(path, sorted(keys)) if part == "meta" and path not in keys else None
        hint = f"; did you mean 'meta.{near}'?" if near else ""
        told = fail if _cannot_be(contract, place) else warn
        what = "no source has such a column" if told is fail else "no case has anything there"
        yield told(
            "personal.fields",
            f"data.personal names {place!r}, and {what}: nothing is replaced{hint}",
            where=f"{ws.contract}: data.personal",
            fix="name the key as the cases have it, or take it out",
        )  # fmt: skip


def _cannot_be(contract: Contract, place: str) -> bool:
    """Whether the contract's own columns leave no room for a key of meta."""
    part, _, path = place.partition(".")
    columns = [source.columns.meta for source in contract.data.sources]
    return part == "meta" and bool(columns) and all(
        isinstance(names, list) and not any(path == n or path.startswith(f"{n}.") for n in names)
        for names in columns
    )  # fmt: skip
