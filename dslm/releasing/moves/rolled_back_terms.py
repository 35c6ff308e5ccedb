"""What a release that was rolled back was held to counts for the next one too.

Takes journal and registry; gives in what a candidate is asked less than a withdrawn release was, or
the newest promoted one. Called by `promotion_preconditions`. The verdict tells what loosens since
the champion. After a rollback that is an older release, held to an older policy: whoever goes back
first would be asked no more than was asked then. The newest promoted one alone would not do: one
that was rolled back before it may answer a higher contract version, or have been made the champion
by `recover`.
"""

from __future__ import annotations

from collections.abc import Sequence

from dslm.errors.notices import notice
from dslm.evidence import TERMS_FILE, Terms, proved_terms
from dslm.gating.changes.changes_since_champion import changes_since
from dslm.records import Baseline, Changes, JournalEntry
from dslm.releasing.journal.journal import Withdrawn, withdrawn
from dslm.releasing.moves.release_identity import registered, same_release
from dslm.releasing.registry.mlflow_store import RESTORE, ModelStore
from dslm.releasing.registry.version import Version
from dslm.releasing.verification.release_verification import ReleaseProof


def less_than_rolled_back(
    store: ModelStore,
    entries: Sequence[JournalEntry],
    versions: Sequence[Version],
    proof: ReleaseProof,
) -> tuple[Changes, ...]:
    """What changed since releases that were rolled back from, where a candidate is asked less.

    Of one whose contract's version is higher, the policy alone is compared: gold and contract
    answer another question then. One that was registered before releases kept what they were held
    to cannot be compared; nor can one that the registry holds no more, or holds to something else
    than the journal says, which is told on standard error.

    Args:
        store: The registry.
        entries: The journal.
        versions: All that are registered.
        proof: Of the candidate, whose terms were compared with what is in force.

    Raises:
        ReleaseRefused: Such a release's terms are not those that were registered.
    """
    promoted = [entry for entry in entries if entry.action == "promote"]
    stricter = [*promoted[-1:], *(made for made, _ in reversed(_open(entries)))]
    of_terms: dict[str, Version] = {}
    unshown: dict[int, str] = {}
    for entry in stricter:
        if same_release(entry, entries[-1]):
            continue
        version = registered(store, entry, versions)
        if version is None:
            unshown[entry.to_version] = "is in the registry no more"
        elif entry.terms not in (None, version.terms):
            unshown[entry.to_version] = "says that it was held to something else than the journal"
        if version is not None and version.terms is not None:
            of_terms.setdefault(version.terms, version)
    for number, what in unshown.items():
        told = f"{store.model} version {number}, which was promoted before, {what}"
        notice(told, "nothing shows whether less is asked now")
    found = [_changes(store, version, terms, proof) for terms, version in of_terms.items()]
    return tuple(changes for changes in found if changes.loosening)


def _open(entries: Sequence[JournalEntry]) -> list[Withdrawn]:
    """What was withdrawn and no release that still stands was compared with when it was promoted.

    Who follows such a release is held to it, and it was held to those before: asked no less, or
    approved. Without its terms it is compared with nothing.
    """
    away = withdrawn(tuple(entries))
    gone = {made.seq for made, _ in away}
    stand = [one.seq for one in entries
             if one.action == "promote" and one.terms and one.seq not in gone]  # fmt: skip
    return [(made, by) for made, by in away if by.seq > max(stand, default=0)]


def _changes(store: ModelStore, version: Version, terms: str, proof: ReleaseProof) -> Changes:
    """What changed since one release.

    Raises:
        ReleaseRefused: As there.
    """
    where = f"{store.model} version {version.number}, {TERMS_FILE}"
    kept = store.read(version, TERMS_FILE) or b""
    then = proved_terms(kept, store.model, terms, where=where, fix=RESTORE)
    now = Terms.model_validate_json((proof.folder / TERMS_FILE).read_bytes())
    changes = changes_since(Baseline(version=version.number), then, now)
    if _contract_version(now) < _contract_version(then):
        policy = tuple(change for change in changes.found if change.part == "policy")
        return Changes(since=changes.since, found=policy)
    return changes


def _contract_version(terms: Terms) -> int:
    """As terms have it; 0 where they say none."""
    version = terms.contract.get("version")
    return version if isinstance(version, int) else 0
