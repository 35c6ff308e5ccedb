"""A champion that is registered again keeps what it was held to, whatever is asked today.

One that was lost from the registry comes back with the same digest, which names what answers and
not what was asked of it. Takes what the journal, or `champion.json`, says that it was held to, and
a version that takes its place; gives in what that was asked less, or refuses it. Called by
`fitness`, and by `moving` before anything follows the journal.
"""

from __future__ import annotations

from dslm.errors import ReleaseRefused
from dslm.evidence import TERMS_FILE, proved_terms, read_terms
from dslm.gating.changes import changes_since
from dslm.provenance import digest_bytes
from dslm.records import Baseline, Changes, JournalEntry
from dslm.releasing.baseline import read_champion
from dslm.releasing.checking import Proof
from dslm.releasing.store import RESTORE, Version
from dslm.settings.workspace import Workspace

FIX = "`git checkout` champion.json and terms.json beside it"


def terms_kept(ws: Workspace, entry: JournalEntry | None) -> str | None:
    """The digest of what the champion was held to; None of one of before there were terms.

    Args:
        ws: The workflow, whose `champion.json` says it of entries that do not.
        entry: The journal's newest; None where the journal is lost.
    """
    if entry is not None and entry.terms is not None:
        return entry.terms
    noted = read_champion(ws.champion)
    return noted.terms if entry is None or noted.digest == entry.to_digest else None


def less_than_kept(ws: Workspace, entry: JournalEntry | None, proof: Proof) -> tuple[Changes, ...]:
    """What changed since the champion was promoted, where it comes back and is asked less.

    Args:
        ws: The workflow.
        entry: The journal's newest; None where the journal is lost.
        proof: Of the version that the champion comes back as.

    Raises:
        ReleaseRefused: The terms that git has are not the champion's, or the version has none.
    """
    kept, path = terms_kept(ws, entry), proof.folder / TERMS_FILE
    if kept is None:
        return ()
    where = f"{ws.workflow} version {proof.version}"
    if not path.is_file():
        what = "says nothing of what it was held to, and the champion whose place it takes does"
        raise ReleaseRefused(what, where=where, fix=RESTORE)
    text = path.read_bytes()
    if digest_bytes(text) == kept:
        return ()
    then = read_terms(ws.terms, ws.workflow, kept, fix=FIX)
    now = proved_terms(text, ws.workflow, digest_bytes(text), where=where, fix=RESTORE)
    changes = changes_since(Baseline(version=entry.to_version if entry else 1), then, now)
    return (changes,) if changes.loosening else ()


def refuse_other_terms(ws: Workspace, entry: JournalEntry, version: Version) -> None:
    """Refuse a version under the champion's own number that was held to something else than it.

    Raises:
        ReleaseRefused: It was.
    """
    kept = terms_kept(ws, entry)
    if kept is None or version.terms == kept:
        return
    what = f"version {version.number} was registered anew, and is not held to what the journal's is"
    fix = f"{RESTORE}; or register it by the policy, contract and gold of then"
    raise ReleaseRefused(what, where=ws.workflow, fix=fix)
