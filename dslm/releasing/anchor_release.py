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
from dslm.records import Baseline, JournalEntry
from dslm.releasing.checking import Proof
from dslm.releasing.identity import named, registered
from dslm.releasing.store import ModelStore
from dslm.settings.workspace import Workspace


def anchor_release(
    ws: Workspace, store: ModelStore, entries: Sequence[JournalEntry], contract_version: int
) -> Baseline | None:
    """The first champion of a contract's version.

    The one that `champion.json` names stays, if the journal knows it as a champion that came no
    later: one that the registry holds no more is not made up for by the next.

    Args:
        ws: The workflow.
        store: Its registry.
        entries: The journal, oldest first.
        contract_version: Of the champion.

    Returns:
        None where neither names one.
    """
    noted, versions = _noted(ws), store.versions()
    for entry in entries:
        if noted and noted.contract_version == contract_version and _is(noted, entry):
            return noted
        found = registered(store, entry, versions)
        if found is not None and found.contract_version == contract_version:
            return Baseline(
                version=found.number, digest=found.digest, contract_version=contract_version
            )
    return None


def _is(release: Baseline, entry: JournalEntry) -> bool:
    return (entry.to_version, entry.to_digest) == (release.version, release.digest)


def _noted(ws: Workspace) -> Baseline | None:
    """The anchor release that `champion.json` names."""
    try:
        return Baseline.model_validate_json(ws.champion.read_bytes()).anchor_release
    except (OSError, ValidationError):
        return None


def refuse_other_anchor(
    ws: Workspace, store: ModelStore, entries: Sequence[JournalEntry], proof: Proof
) -> None:
    """Refuse a candidate that was compared with another anchor release than the journal's.

    Raises:
        ReleaseRefused: It was, or with none though there is one.
    """
    tested = proof.verdict.baseline
    if not entries or not tested.version or not tested.contract_version:
        return
    anchor = anchor_release(ws, store, entries, tested.contract_version)
    against = tested.anchor_release
    if anchor is None or (against is not None and against.digest == anchor.digest):
        return
    seen = "none" if against is None else named(against.version, against.digest)
    raise ReleaseRefused(
        f"the anchor release is {named(anchor.version, anchor.digest)}, this was compared with "
        f"{seen}",
        where=f"{proof.contract.name} version {proof.version}",
        fix=f"promote version {tested.version} again, so that {ws.champion.name} names it; then "
        "`dvc repro`, register and promote",
    )
