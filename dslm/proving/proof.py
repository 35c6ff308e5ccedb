"""Proves one workflow before any work is spent on it: `dslm check`.

Takes a workspace; gives findings, one or more a proof, in the order contract, gold, repository.
Nothing is raised for what is wrong with the workflow: every proof that can still run does.
"""

from __future__ import annotations

from collections.abc import Iterator

from dslm.contract.model import load_contract
from dslm.errors import DslmError
from dslm.proving.before_curation import cases_to_look_at, prove_before_curation
from dslm.proving.copying import prove_copying
from dslm.proving.finding import Finding, failures, ok
from dslm.proving.gold import prove_gold
from dslm.proving.labels import prove_labels
from dslm.proving.personal import prove_personal, without_values
from dslm.proving.personal_places import prove_personal_places
from dslm.proving.policy import prove_policy
from dslm.proving.release_policy import prove_release_policy
from dslm.proving.repository import prove_data, prove_settings
from dslm.proving.terms import prove_terms
from dslm.records import Case
from dslm.settings.workspace import Workspace, refuse_other_name

__all__ = ["Finding", "prove"]


def prove(ws: Workspace) -> list[Finding]:
    """All findings on one workflow; it is sound when none is a `fail`."""
    return list(_findings(ws))


def _findings(ws: Workspace) -> Iterator[Finding]:
    try:
        contract = load_contract(ws.contract)
    except DslmError as error:
        yield from failures("contract", error)
        yield from prove_policy(ws, None, gold=())
        yield from prove_release_policy(ws, None)
        yield from prove_settings(ws)
        return
    yield ok("contract", f"version {contract.version}, {len(contract.fields)} fields")
    try:
        refuse_other_name(ws, contract.name)
    except DslmError as error:
        yield from failures("name", error)
    terms = list(prove_terms(ws, contract))
    yield from terms
    gold: list[Case] = []
    if not any(f.kind == "fail" and f.proof in {"grammar", "rules"} for f in terms):
        yield from prove_copying(ws, contract)
        gold = yield from prove_gold(ws, contract)
    yield from prove_personal(ws, contract, gold)
    yield from without_values(contract, gold, prove_labels(ws, contract, gold))
    seen = cases_to_look_at(ws, contract)
    seen.keep_apart(gold)
    yield from prove_data(ws, contract, seen)
    yield from prove_personal_places(ws, contract, gold, seen)
    yield from prove_before_curation(ws, contract, gold, seen)
    yield from prove_policy(ws, contract, gold=gold)
    yield from prove_release_policy(ws, contract)
    yield from prove_settings(ws)
