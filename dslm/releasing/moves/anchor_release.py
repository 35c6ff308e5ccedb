"""The anchor release: the first champion of a contract's version, from which loss adds up.

Each candidate may be worse than the champion by less than a margin; over ten releases that is ten
margins. So the policy may compare with the anchor too, at a wider margin of its own. It is chosen
by the journal, never by a score: the best of many noisy ones looks better than it is. Called where
the champion moves (`champion.json` names the anchor beside it) and before a promotion.
"""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import ValidationError

from dslm.errors import ReleaseRefused
from dslm.records import Baseline, Champion, JournalEntry
from dslm.releasing.moves.release_identity import named, registered
from dslm.releasing.registry.mlflow_store import ModelStore
from dslm.releasing.registry.version import Version
from dslm.releasing.verification.release_verification import ReleaseProof
from dslm.settings.workspace import Workspace


def anchor_release(
    ws: Workspace,
    store: ModelStore,
    entries: Sequence[JournalEntry],
    contract_version: int,
    versions: Sequence[Version],
) -> Baseline | None:
    """The first champion of a contract's version.

    The one that `champion.json` names stays, if the journal knows it as a champion that came no
    later: one that the registry holds no more is not made up for by the next. Of which contract
    the registry's are, it says itself.

    Args:
        ws: The workflow.
        store: Its registry.
        entries: The journal, oldest first.
        contract_version: Of the champion.
        versions: Of the registry.

    Returns:
        None where neither names one.
    """
    noted = _noted(ws)
    for entry in entries:
        found = registered(store, entry, versions)
        if found is not None and found.contract_version == contract_version:
            return Baseline(
                version=found.number, digest=found.digest, contract_version=contract_version
            )
        if found is not None and found.contract_version:
            continue
        if noted and noted.contract_version == contract_version and _is(noted, entry):
            return noted
    return None


def _is(release: Baseline, entry: JournalEntry) -> bool:
    return (entry.to_version, entry.to_digest) == (release.version, release.digest)


def _noted(ws: Workspace) -> Baseline | None:
    """The anchor release that `champion.json` names."""
    try:
        return Champion.model_validate_json(ws.champion.read_bytes()).anchor_release
    except (OSError, ValidationError):
        return None


def refuse_other_anchor(
    ws: Workspace,
    store: ModelStore,
    entries: Sequence[JournalEntry],
    proof: ReleaseProof,
    champion: Baseline,
    versions: Sequence[Version],
) -> None:
    """Refuse a candidate that was compared with another anchor release than the journal's.

    Its contract's version counts too: what is said to answer an older contract is not asked.

    Args:
        ws: The workflow.
        store: Its registry.
        entries: The journal.
        proof: Of the candidate.
        champion: What serves, by the journal.
        versions: Of the registry.

    Raises:
        ReleaseRefused: It was, or with none though there is one.
    """
    tested = proof.verdict.baseline
    of_contract = champion.contract_version or tested.contract_version
    if not entries or not tested.version or not of_contract:
        return
    anchor = anchor_release(ws, store, entries, of_contract, versions)
    against = tested.anchor_release
    if anchor is None or _compared(against) == _compared(anchor):
        return
    raise ReleaseRefused(
        f"the anchor release is {_worded(anchor)}, this was compared with {_worded(against)}",
        where=f"{proof.contract.name} version {proof.version}",
        fix=f"promote version {tested.version} again, so that {ws.champion.name} names it; then "
        "`dvc repro`, register and promote",
    )


def _compared(release: Baseline | None) -> tuple[str | None, int | None] | None:
    return None if release is None else (release.digest, release.contract_version)


def _worded(release: Baseline | None) -> str:
    if release is None:
        return "none"
    return f"{named(release.version, release.digest)} of contract {release.contract_version}"
