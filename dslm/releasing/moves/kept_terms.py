"""A champion that is registered again keeps what it was held to, whatever is asked today.

One that was lost from the registry comes back with the same digest, which names what answers and
not what was asked of it. Takes what the journal, or `champion.json`, says that it was held to, and
a version that takes its place; gives in what that was asked less, or refuses it. Called by
`promotion_preconditions`, and by `champion_move` before anything follows the journal.
"""

from __future__ import annotations

from dslm.errors import ReleaseRefused
from dslm.evidence import TERMS_FILE, proved_terms, read_terms
from dslm.gating.changes.changes_since_champion import changes_since
from dslm.provenance import digest_bytes, digest_file, write_atomic
from dslm.records import Baseline, Changes, JournalEntry
from dslm.releasing.moves.baseline import read_champion
from dslm.releasing.package.release_package import CHAMPION_TERMS
from dslm.releasing.registry.mlflow_store import RESTORE, ModelStore
from dslm.releasing.registry.version import Version
from dslm.releasing.verification.release_verification import ReleaseProof
from dslm.settings.workspace import Workspace

FIX = "`git checkout` champion.json and terms.json beside it"


def keep_terms(ws: Workspace, store: ModelStore, champion: Version, *, done: bool) -> None:
    """What the champion was held to, and what that was compared with, as its files have them.

    Written before `champion.json`, which names the first.

    Args:
        ws: Where to.
        store: The registry.
        champion: Whose files.
        done: Whether `champion.json` is written already.

    Raises:
        ReleaseRefused: A file is not the one that was registered.
    """
    terms = digest_file(ws.terms) if ws.terms.is_file() else None
    if done and terms == champion.terms:
        return
    for name, path in ((CHAMPION_TERMS, ws.terms_before), (TERMS_FILE, ws.terms)):
        text = store.read(champion, name) if champion.terms else None
        if name == TERMS_FILE and champion.terms and digest_bytes(text or b"") != champion.terms:
            what = f"version {champion.number}: {name} is not the one that was registered"
            raise ReleaseRefused(what, where=ws.workflow, fix=RESTORE)
        if text is None:
            path.unlink(missing_ok=True)
        else:
            write_atomic(path, text)


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


def less_than_kept(
    ws: Workspace, entry: JournalEntry | None, proof: ReleaseProof
) -> tuple[Changes, ...]:
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
    what = (
        f"version {version.number} was registered again, and does not have the terms that the "
        "journal names"
    )
    fix = f"{RESTORE}; or register it by the policy, contract and gold of then"
    raise ReleaseRefused(what, where=ws.workflow, fix=fix)
