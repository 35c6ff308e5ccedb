"""Checks of personal data in the contract: fields that look personal are declared, and are there.

Takes a contract and what the sources' cases hold; gives findings. Called by `check_workflow`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from dslm.checking.data.source_cases import SourceCases
from dslm.checking.finding import Finding, fail, ok, warn
from dslm.contract.model.contract_model import Contract
from dslm.contract.model.personal_kinds import kind_suspected
from dslm.contract.schemas.schema_paths import places_in
from dslm.curation.personal import (
    LISTED,
    UNLISTED,
    UndeclaredFields,
    gold_with_surrogates,
    texts_at,
)
from dslm.records import Case
from dslm.settings.did_you_mean import nearest
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


QUOTING = "'\"("  # before what is quoted


def prove_personal(ws: Workspace, contract: Contract, gold: Sequence[Case]) -> Iterator[Finding]:
    """A warning for each field that looks personal and that the contract says nothing of."""
    personal = contract.data.personal
    named = {f"target.{place}": None for place in places_in(contract.schema)}
    found = {
        place: kind for place in named
        if (kind := kind_suspected(place.partition(".")[2])) and not personal.declares(place)
    }  # fmt: skip
    suspects = UndeclaredFields(personal)
    for case in gold:
        found.update(suspects({}, case.meta))
    for place, kind in sorted(found.items()):
        yield warn(
            "personal", f"{place} looks personal ({kind}), and the contract does not say what to "
                        "do with it",
            where=f"{ws.contract}: data.personal.fields",
            fix=f"`{place}: {{kind: {kind}}}`, or `{{kind: none}}` where it is not",
        )  # fmt: skip
    for place in personal.listed_places(contract.schema):
        yield (fail if personal.mode != "keep" else warn)(
            "personal", f"{place} {LISTED}", where=f"{ws.contract}: data.personal.fields",
            fix=UNLISTED,
        )  # fmt: skip
    for key in contract.slices:
        if f"meta.{key}" in personal.places:
            yield fail(
                "personal", f"slices has {key!r}, which data.personal calls personal: its values "
                "would stand in scorecard.json, gate.md and on every page",
                where=f"{ws.contract}: slices", fix="slice by something else",
            )  # fmt: skip
    yield from _ids_and_keys(ws, contract, gold)
    if personal.places and not found:
        yield ok(
            "personal",
            f"{len(personal.places)} fields hold personal data, no other field looks personal",
        )


def _ids_and_keys(ws: Workspace, contract: Contract, gold: Sequence[Case]) -> Iterator[Finding]:
    """A warning where ids of gold cases or keys of their meta hold what fields call personal."""
    showing = gold_with_surrogates(contract, gold, None)
    if not gold or not showing.hides or showing.how == "nothing":
        return
    asked = ((number, showing.kinds_in_names(case.id)) for number, case in enumerate(gold, start=1))
    held = [(number, kinds) for number, kinds in asked if kinds]
    if held:
        number, kinds = held[0]
        yield warn(
            "personal.ids",
            f"the id, or a key of meta, of {len(held)} of {len(gold)} gold cases holds personal "
            f"data and is shown everywhere as it is; the first is case {number} of the file "
            f"({', '.join(sorted(kinds))})",
            where=ws.gold, fix="take another id or key: nothing replaces them",
        )  # fmt: skip


def without_values(
    contract: Contract, gold: Sequence[Case], findings: Iterable[Finding]
) -> Iterator[Finding]:
    """Findings on gold's labels that quote no personal value, found or labelled.

    Of a field that the contract calls personal its proofs quote nothing; what else is known of
    gold stands as its kind in brackets.
    """
    found = list(findings)
    if not any(mark in one.message for one in found for mark in QUOTING):
        yield from found
        return
    showing = gold_with_surrogates(contract, gold, None)
    if showing.how == "nothing":
        yield warn("personal", f"labels of gold are quoted as they are: {showing.fault}")
    for one in found:
        said = showing.message(f"{one.where or ''}\0{one.message}").partition("\0")[2]
        yield one.model_copy(update={"message": said})
