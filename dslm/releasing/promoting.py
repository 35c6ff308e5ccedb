"""Moves the champion: promotion of a proved candidate, rollback to what served before.

Takes a workspace and a reason; gives the `JournalEntry` and leaves aliases and
`registry/<workflow>/champion.json` in step with it. Called by `dslm release`. The journal is
written first and is what counts: a move that was cut short is finished by asking for it again.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from dslm.errors import InputError, ReleaseRefused
from dslm.records import JournalEntry, Release
from dslm.releasing.agreement import refuse_wrong_alias
from dslm.releasing.anchor_release import refuse_other_anchor
from dslm.releasing.approval import (
    lost,
    refuse_old_contract,
    refuse_stale,
    refuse_unapproved,
    refuse_unexpected,
    serving,
)
from dslm.releasing.checking import prove
from dslm.releasing.identity import (
    AS_NEW,
    is_release,
    named,
    not_that_release,
    registered,
    same_release,
)
from dslm.releasing.journal import Journal, served
from dslm.releasing.look_anchors import refuse_lost_looks
from dslm.releasing.moving import move, serve
from dslm.releasing.opening import client, nothing_yet
from dslm.releasing.rejudging import of_before_formats, refuse_unlike_release
from dslm.releasing.release_summary import as_release
from dslm.releasing.rolled_back import refuse_less_than_rolled_back
from dslm.releasing.smoke import Answer, smoke
from dslm.releasing.store import ModelStore, Version
from dslm.settings.policy import letters
from dslm.settings.workspace import Workspace, stage_command
from dslm.stage import exclusive


def releases(ws: Workspace) -> list[Release]:
    """Every registered version, newest first; none where nothing was registered yet."""
    if nothing_yet(ws.root):
        return []
    store = ModelStore(ws.root, ws.workflow, mlflow=client(ws.root, writes=False))
    return [as_release(ws.workflow, version) for version in reversed(store.versions())]


def history(ws: Workspace) -> tuple[JournalEntry, ...]:
    """Every move of the champion, oldest first, the chain proved.

    Raises:
        ReleaseRefused: Somebody changed the history.
    """
    if nothing_yet(ws.root):
        return ()
    store = ModelStore(ws.root, ws.workflow, mlflow=client(ws.root, writes=False))
    return Journal(store).entries()


def promote(
    ws: Workspace, version: int | None, reason: str, actor: str, expected: int | None = None
) -> JournalEntry | None:
    """Make a version the champion.

    Args:
        ws: The workflow.
        version: Which; by default the one that `candidate` names.
        reason: Why, for the journal.
        actor: Who, for the journal.
        expected: The champion that the caller believes to replace, 0 for none.

    Returns:
        The journal's entry, or None where that version is the champion already.

    Raises:
        ReleaseRefused: No PASS evidence for exactly that version, or of another champion, or its
            rows do not pass when they are judged again.
    """
    _refuse_empty(reason, actor)
    with (
        exclusive(ws.root, f"release-{ws.workflow}", refusal=ReleaseRefused),
        tempfile.TemporaryDirectory() as scratch,
    ):
        store = ModelStore(ws.root, ws.workflow)
        entries, versions = Journal(store).entries(), store.versions()
        chosen = store.version(_candidate(store) if version is None else version)
        refuse_unapproved(store, entries, chosen)
        if entries and is_release(store, entries[-1], chosen):
            if expected != entries[-1].from_version:  # which this very move replaced
                refuse_unexpected(ws, serving(ws, store, entries, versions), expected)
            prove(store, chosen, Path(scratch))
            serve(ws, store, entries)
            return None
        refuse_wrong_alias(store, entries, versions)
        champion = serving(ws, store, entries, versions)
        refuse_unexpected(ws, champion, expected)
        proof = prove(store, chosen, Path(scratch))
        gone = lost(store, entries, versions, champion)
        refuse_stale(ws, proof, champion, lost=gone)
        refuse_old_contract(proof, ws)
        again = gone and proof.digest == champion.digest
        if not again:  # what let it in once still stands
            refuse_lost_looks(ws, versions, entries)
            refuse_other_anchor(ws, store, entries, proof, champion)
        if not (again and of_before_formats(proof)):  # which holds too little to be judged again
            refuse_unlike_release(ws, proof)
            refuse_less_than_rolled_back(store, entries, versions, proof)
        return move(ws, store, entries, "promote", proof, reason, actor, champion.digest)


def rollback(
    ws: Workspace,
    reason: str,
    actor: str,
    answer: Answer,
    to: int | None = None,
    expected: int | None = None,
) -> JournalEntry:
    """Go back to a version that was champion before; it must load and answer first.

    Args:
        ws: The workflow.
        reason: Why, for the journal.
        actor: Who, for the journal.
        answer: Loads a release's folder and answers one input.
        to: Which; by default the champion before this one.
        expected: The champion that the caller believes to leave: of two who go back at once, the
            second would go back further.

    Raises:
        ReleaseRefused: There is none, its files are not what was promoted, or it does not answer.
            Nothing has moved then.
    """
    _refuse_empty(reason, actor)
    with (
        exclusive(ws.root, f"release-{ws.workflow}", refusal=ReleaseRefused),
        tempfile.TemporaryDirectory() as scratch,
    ):
        store = ModelStore(ws.root, ws.workflow)
        entries = Journal(store).entries()
        versions = store.versions()
        champion = serving(ws, store, entries, versions)
        refuse_unexpected(ws, champion, expected)
        target = _target(store, entries, versions, to)
        version = registered(store, target, versions)
        if version is None:
            raise _gone(store, entries, target, versions)
        refuse_unapproved(store, entries, version)
        proof = prove(store, version, Path(scratch))
        bridged = smoke(ws, proof, answer)
        before = champion.digest
        return move(ws, store, entries, "rollback", proof, reason, actor, before, bridged)


def _target(
    store: ModelStore,
    entries: tuple[JournalEntry, ...],
    versions: Sequence[Version],
    to: int | None,
) -> JournalEntry:
    """The entry of the champion to go back to; its number may be of more than one release."""
    line = served(entries)
    earlier = [entry for entry in entries if not same_release(entry, line[-1])]
    numbers = sorted({entry.to_version for entry in earlier})
    known = f"champions before: {', '.join(map(str, numbers)) or 'none'}"
    if to is None:
        if len(line) < 2:
            raise ReleaseRefused("nothing to roll back to", where=store.model, fix=known)
        return line[-2]
    if line and to == line[-1].to_version and registered(store, line[-1], versions):
        raise ReleaseRefused(f"version {to} is the champion now", where=store.model, fix=known)
    meant = [entry for entry in reversed(earlier) if entry.to_version == to]
    if not meant:
        raise ReleaseRefused(f"version {to} was never champion", where=store.model, fix=known)
    return next((e for e in meant if registered(store, e, versions)), meant[0])


def _gone(
    store: ModelStore,
    entries: Sequence[JournalEntry],
    target: JournalEntry,
    versions: Sequence[Version],
) -> ReleaseRefused:
    """The refusal to go back to a release that the registry does not hold any more."""
    held = sorted({
        e.to_version
        for e in entries
        if not same_release(e, entries[-1]) and registered(store, e, versions)
    })  # fmt: skip
    others = f"`--to` a former champion that is there ({', '.join(map(str, held)) or 'none is'})"
    fix = f"{others}, restore the registry from a backup, or {AS_NEW}"
    if any(version.number == target.to_version for version in versions):
        return not_that_release(target.to_version, store.model, fix=fix)
    what = f"{named(target.to_version, target.to_digest)} is not in the registry any more"
    return ReleaseRefused(what, where=store.model, fix=fix)


def _candidate(store: ModelStore) -> int:
    number = store.aliases().get("candidate")
    if number is None:
        fix = f"register one: {stage_command('register', store.model)}"
        raise ReleaseRefused("there is no candidate", where=store.model, fix=fix)
    return number


def _refuse_empty(reason: str, actor: str) -> None:
    if not letters(reason):
        raise InputError("the reason is empty", where="--reason", fix="say why, for the journal")
    if not letters(actor):
        raise InputError("the actor is empty", where="--actor", fix="say who, for the journal")
