"""What a release that was rolled back was held to counts for the next one too.

Takes journal and registry; refuses a candidate that is asked less than the newest promoted release
was. Called by `promoting`. The verdict tells what loosens since the champion. After a rollback that
is an older release, held to an older policy: whoever goes back first would be asked no more than
was asked then. The newest promoted release was asked no less than any promoted before it, so that
it stands for all.
"""

from __future__ import annotations

from collections.abc import Sequence

from dslm.evidence import TERMS_FILE, Terms, proved_terms
from dslm.gating.changes import changes_since
from dslm.records import Baseline, Changes, JournalEntry
from dslm.releasing.checking import Proof
from dslm.releasing.identity import registered, same_release
from dslm.releasing.rejudging import refuse_loosening
from dslm.releasing.store import RESTORE, ModelStore, Version


def refuse_less_than_rolled_back(
    store: ModelStore, entries: Sequence[JournalEntry], versions: Sequence[Version], proof: Proof
) -> None:
    """Refuse a candidate that is asked less than a release was which was rolled back since.

    Of one whose contract's version is another, the policy alone is compared: gold and contract
    answer another question then. One that the registry holds no more, or that was registered
    before releases kept what they were held to, cannot be compared.

    Args:
        store: The registry.
        entries: The journal.
        versions: All that are registered.
        proof: Of the candidate, whose terms were compared with what is in force.

    Raises:
        ReleaseRefused: It is, or that release's terms are not those that were registered.
    """
    newest = next((entry for entry in reversed(entries) if entry.action == "promote"), None)
    if newest is None or same_release(newest, entries[-1]):
        return
    version = registered(store, newest, versions)
    if version is None or version.terms is None:
        return
    where = f"{store.model} version {version.number}, {TERMS_FILE}"
    kept = store.read(version, TERMS_FILE) or b""
    then = proved_terms(kept, store.model, version.terms, where=where, fix=RESTORE)
    now = Terms.model_validate_json((proof.folder / TERMS_FILE).read_bytes())
    changes = changes_since(Baseline(version=version.number), then, now)
    if then.contract.get("version") != now.contract.get("version"):
        policy = tuple(change for change in changes.found if change.part == "policy")
        changes = Changes(since=changes.since, found=policy)
    refuse_loosening(changes, where=f"{store.model} version {proof.version}")
