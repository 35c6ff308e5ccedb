"""Moves the champion: promotion of a proved candidate, rollback to what served before.

Takes a workspace and a reason; gives the `JournalEntry` and leaves aliases and
`registry/<workflow>/champion.json` in step with it. Called by `dslm release`. The journal is
written first and is what counts: a move that was cut short is finished by asking for it again.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from dslm.contract import load_contract
from dslm.errors import InputError, ReleaseRefused
from dslm.records import Baseline, JournalEntry, Release
from dslm.releasing.checking import Answer, Proof, prove, smoke
from dslm.releasing.journal import Journal, served
from dslm.releasing.moving import baseline, move, serve
from dslm.releasing.opening import client, nothing_yet
from dslm.releasing.registering import as_release
from dslm.releasing.store import ModelStore, Version
from dslm.settings.workspace import Workspace
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
        ReleaseRefused: No PASS evidence for exactly that version, or of another champion.
    """
    _refuse_empty(reason, actor)
    with (
        exclusive(ws.root, f"release-{ws.workflow}", refusal=ReleaseRefused),
        tempfile.TemporaryDirectory() as scratch,
    ):
        store = ModelStore(ws.root, ws.workflow)
        entries = Journal(store).entries()
        champion = entries[-1].to_version if entries else 0
        chosen = store.version(version or _candidate(store))
        if chosen.number == champion:
            serve(ws, store, entries)
            return None
        _refuse_unfinished(store, champion)
        if expected is not None and expected != champion:
            what = f"the champion is version {champion}, not {expected}"
            raise ReleaseRefused(what, where=ws.workflow, fix="look again, then decide")
        proof = prove(store, chosen, Path(scratch))
        _refuse_unapproved(chosen, ws.workflow)
        _refuse_stale(proof, baseline(store, champion))
        _refuse_old_contract(proof, ws)
        return move(ws, store, entries, "promote", proof, reason, actor)


def rollback(
    ws: Workspace, reason: str, actor: str, answer: Answer, to: int | None = None
) -> JournalEntry:
    """Go back to a version that was champion before; it must load and answer first.

    Args:
        ws: The workflow.
        reason: Why, for the journal.
        actor: Who, for the journal.
        answer: Loads a release's folder and answers one input.
        to: Which; by default the champion before this one.

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
        target = _target(entries, to, ws.workflow)
        proof = prove(store, store.version(target), Path(scratch))
        smoke(proof, answer)
        return move(ws, store, entries, "rollback", proof, reason, actor)


def _target(entries: tuple[JournalEntry, ...], to: int | None, workflow: str) -> int:
    line = served(entries)
    earlier = sorted({entry.to_version for entry in entries} - set(line[-1:]))
    known = f"champions before: {', '.join(map(str, earlier)) or 'none'}"
    if to is None:
        if len(line) < 2:
            raise ReleaseRefused("nothing to roll back to", where=workflow, fix=known)
        return line[-2]
    if line and to == line[-1]:
        raise ReleaseRefused(f"version {to} is the champion now", where=workflow, fix=known)
    if to not in earlier:
        raise ReleaseRefused(f"version {to} was never champion", where=workflow, fix=known)
    return to


def _candidate(store: ModelStore) -> int:
    number = store.aliases().get("candidate")
    if number is None:
        fix = "register one: `make release`"
        raise ReleaseRefused("there is no candidate", where=store.model, fix=fix)
    return number


def _refuse_empty(reason: str, actor: str) -> None:
    if not reason.strip():
        raise InputError("the reason is empty", where="--reason", fix="say why, for the journal")
    if not actor.strip():
        raise InputError("the actor is empty", where="--actor", fix="say who, for the journal")


def _refuse_unfinished(store: ModelStore, champion: int) -> None:
    named = store.aliases().get("champion", 0)
    if named != champion:
        raise ReleaseRefused(
            f"the champion alias names version {named}, the journal says {champion}",
            where=store.model,
            fix=f"finish that move first: promote version {champion} again"
            if champion
            else "the alias was set by hand: delete it in MLflow",
        )


def _refuse_unapproved(version: Version, workflow: str) -> None:
    status = version.tags.get("status")
    if status != "candidate":
        where = f"{workflow} version {version.number}"
        fix = "register it again: `make release`"
        raise ReleaseRefused(f"its status is {status!r}, not 'candidate'", where=where, fix=fix)


def _refuse_stale(proof: Proof, champion: Baseline) -> None:
    tested = proof.verdict.baseline
    if tested != champion:
        against = f"version {tested.version}" if tested.version else "no champion"
        serving = f"version {champion.version} serves" if champion.version else "none serves"
        raise ReleaseRefused(
            f"stale baseline: version {proof.version} was compared with {against}, now {serving}",
            where=proof.contract.name,
            fix="compare anew: `dvc repro`, then register and promote",
        )


def _refuse_old_contract(proof: Proof, ws: Workspace) -> None:
    wanted = load_contract(ws.contract).version
    if proof.contract.version < wanted:
        raise ReleaseRefused(
            f"version {proof.version} fulfils contract version {proof.contract.version}, "
            f"{wanted} is in force",
            where=ws.contract,
            fix="retrain: `dvc repro`",
        )
