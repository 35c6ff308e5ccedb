"""One move of the champion: the journal first, then aliases and the receipt follow it.

Takes a proved release; gives the `JournalEntry`. Called by `promoting`, which decides whether the
move may be made. What the journal says counts: `serve` can be called again after a crash.
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from typing import Literal

from dslm.errors import ReleaseRefused
from dslm.evidence import TERMS_FILE
from dslm.provenance import digest_bytes, digest_file, write_atomic
from dslm.records import Baseline, Bridged, JournalEntry
from dslm.releasing.anchor_release import anchor_release
from dslm.releasing.checking import Proof
from dslm.releasing.identity import not_that_release, registered
from dslm.releasing.journal import Journal, digest_of, served
from dslm.releasing.look_anchors import TAG, look_of
from dslm.releasing.packaging import CHAMPION_TERMS
from dslm.releasing.signing.registered import state_move
from dslm.releasing.store import RESTORE, ModelStore, Version
from dslm.settings.workspace import Workspace

Action = Literal["promote", "rollback"]


def move(
    ws: Workspace,
    store: ModelStore,
    entries: tuple[JournalEntry, ...],
    action: Action,
    proof: Proof,
    reason: str,
    actor: str,
    before: str | None,
    bridged: Bridged | None = None,
) -> JournalEntry:
    """Write the journal, then let aliases and the receipt follow.

    Args:
        ws: The workflow.
        store: Its registry.
        entries: The journal so far.
        action: What it is.
        proof: Where to.
        reason: Why.
        actor: Who.
        before: Digest of the champion so far, as far as it is known.
        bridged: How it was shown to answer as it was gated, where it computes otherwise here.
    """
    journal = Journal(store)
    entry = JournalEntry(
        seq=len(entries) + 1,
        at=dt.datetime.now(tz=dt.UTC).isoformat(timespec="seconds"),
        actor=actor.strip(),
        action=action,
        from_version=entries[-1].to_version if entries else 0,
        to_version=proof.version,
        from_digest=before if entries else None,
        to_digest=proof.digest,
        reason=reason.strip(),
        verdict_digest=proof.verdict_digest,
        look=look_of(proof.verdict),
        bridged=bridged,
        previous_digest=digest_of(entries[-1]) if entries else journal.genesis,
    )
    journal.append(entry)
    serve(ws, store, (*entries, entry))
    return state_move(ws, proof.folder, entry)


def serve(ws: Workspace, store: ModelStore, entries: tuple[JournalEntry, ...]) -> None:
    """Bring aliases and champion.json in step with the journal, and see that they are.

    An alias names a version only where that is the journal's release by its digest too: the
    champion is refused otherwise, and `previous` then names nothing.

    Raises:
        ReleaseRefused: The champion is not in the registry, or an alias does not name what it was
            just set to.
    """
    champion, previous = _wanted(store, entries)
    wanted = {"previous": previous.number if previous else None, "champion": champion.number}
    before = store.aliases()
    for alias, number in wanted.items():
        if before.get(alias) != number:
            store.point(alias, number)
    if _wanted(store, entries) != (champion, previous):  # deleted, registered anew meanwhile
        raise ReleaseRefused("the registry changed meanwhile", where=ws.workflow, fix="try again")
    after = store.aliases()
    for alias, number in wanted.items():
        if after.get(alias) != number:
            what = f"alias {alias} names {after.get(alias)}, not {number}"
            raise ReleaseRefused(what, where=ws.workflow, fix="somebody else moved it: try again")
    first = anchor_release(ws, store, entries, champion.contract_version)
    noted = _noted(champion).model_copy(update={"anchor_release": first})
    text = json.dumps(noted.written(), indent=2) + "\n"
    known = ws.champion.is_file() and ws.champion.read_text(encoding="utf-8") == text
    terms = digest_file(ws.terms) if ws.terms.is_file() else None
    if not known or terms != champion.terms:
        _keep_terms(ws, store, champion)
        write_atomic(ws.champion, text)


def _keep_terms(ws: Workspace, store: ModelStore, champion: Version) -> None:
    """What the champion was held to, and what that was compared with, as its files have them.

    Written before `champion.json`, which names the first.

    Raises:
        ReleaseRefused: A file is not the one that was registered.
    """
    for name, path in ((CHAMPION_TERMS, ws.terms_before), (TERMS_FILE, ws.terms)):
        text = store.read(champion, name) if champion.terms else None
        if name == TERMS_FILE and champion.terms and digest_bytes(text or b"") != champion.terms:
            what = f"version {champion.number}: {name} is not the one that was registered"
            raise ReleaseRefused(what, where=ws.workflow, fix=RESTORE)
        if text is None:
            path.unlink(missing_ok=True)
        else:
            write_atomic(path, text)


def _wanted(store: ModelStore, entries: tuple[JournalEntry, ...]) -> tuple[Version, Version | None]:
    """The champion's version and that of the one before, as they were registered."""
    line, versions = served(entries), store.versions()
    champion = registered(store, line[-1], versions)
    if champion is None:
        raise not_that_release(line[-1].to_version, store.model)
    previous = registered(store, line[-2], versions) if len(line) > 1 else None
    return _still(champion), previous and _still(previous)


def _still(version: Version) -> Version:
    """A version without what moves: its aliases."""
    return replace(version, aliases=())


def _noted(version: Version) -> Baseline:
    """The champion as a verdict names it."""
    return Baseline(
        version=version.number,
        digest=version.digest,
        contract_version=version.contract_version or None,
        look=version.tags.get(TAG),
        terms=version.terms,
    )
