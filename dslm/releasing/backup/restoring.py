"""Makes a registry again from a backup, or from artifacts and the journal that git has, or both.

Takes a workspace and where the releases lie; gives what was restored. Numbers and digests stay as
they were: releases are registered in their order, and a number that is not restored is taken and
given up, since MLflow counts on. A registry that knows more than is restored is never written to.
Each step may be the last one of a killed process: the same command again goes on from there. Called
by `dslm release restore` and `drill`.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dslm.errors import ReleaseRefused
from dslm.notices import notice
from dslm.provenance import write_atomic
from dslm.records import JournalEntry
from dslm.releasing import steps
from dslm.releasing.backup.backup_format import Kept, KeptRelease
from dslm.releasing.backup.restore_sources import gathered, refuse_lost_champion
from dslm.releasing.checking import prove
from dslm.releasing.erasure_register import read_register
from dslm.releasing.journal import Journal
from dslm.releasing.recovering import recover
from dslm.releasing.store import ModelStore
from dslm.releasing.version import CANDIDATE, REGISTERED, Version
from dslm.settings.workspace import Workspace
from dslm.stage import exclusive

RESTORING, GIVEN_UP = "restoring", "given up"  # a version's status meanwhile


@dataclass(frozen=True)
class Restored:
    """What a registry holds now: versions, moves of the champion, and what else was done.

    `lost`: former champions that the journal names and that are not there.
    """

    versions: tuple[int, ...]
    moves: int
    champion: int | None
    lost: tuple[int, ...]
    done: tuple[str, ...]


def restore(
    ws: Workspace,
    backup: Path | None,
    artifacts: Path | None,
    actor: str,
    *,
    accept_loss: bool = False,
) -> Restored:
    """Restore a registry.

    Args:
        ws: The workflow, in a clone whose `registry/` is as new as can be had.
        backup: What `dslm release backup` wrote.
        artifacts: Where MLflow kept files; with the journal that git has.
        actor: Who, for the journal, where the champion is lost.
        accept_loss: Go on from the newest champion that is there, where the last one is not.

    Raises:
        InputError: There is nothing to restore from.
        ReleaseRefused: What is there is damaged or is not of one history, the registry knows more
            than would be restored, or the champion is lost and that was not accepted.
    """
    kept = gathered(ws, backup, artifacts)
    refuse_lost_champion(ws, kept, accept_loss=accept_loss)
    with exclusive(ws.root, f"release-{ws.workflow}", refusal=ReleaseRefused):
        store = ModelStore(ws.root, ws.workflow)
        _refuse_newer(store, kept)
        _put_back(store, kept)
        _write_journal(store, kept.entries)
        steps.reached("journal restored")
    done = recover(ws, actor, accept_loss=accept_loss)
    _tell_erased(ws, kept)
    return _finished(ws, store, kept, done)


def _refuse_newer(store: ModelStore, kept: Kept) -> None:
    """Refuse a registry that holds what is not to be restored: it would be lost or mixed.

    Raises:
        ReleaseRefused: Its journal goes on, or is another, or a number is of another release.
    """
    fix = "restore into an empty registry: another place, or MLFLOW_TRACKING_URI"
    there = Journal(store).entries()
    if there[: len(kept.entries)] != kept.entries[: len(there)]:
        raise ReleaseRefused("the registry has another history", where=store.model, fix=fix)
    if len(there) > len(kept.entries):
        what = f"the registry has {len(there)} moves, newer than the {len(kept.entries)} to restore"
        raise ReleaseRefused(what, where=store.model, fix="nothing is lost; `dslm release history`")
    for version in store.versions():
        if version.tags.get("status") == GIVEN_UP:
            continue
        if _is_other(version, kept):
            what = f"version {version.number} of the registry is another release than the one to "
            raise ReleaseRefused(f"{what}restore", where=store.model, fix=fix)


def _is_other(version: Version, kept: Kept) -> bool:
    """Whether a version is not what is restored, or named in the journal, under its number."""
    if release := kept.releases.get(version.number):
        same = (version.tags.get(key) == release.version.tags.get(key)
                for key in ("digest", "manifest"))  # fmt: skip
        return not all(same)
    meant = {e.to_digest for e in kept.entries if e.to_version == version.number}
    return bool(meant) and not meant & {None, version.digest}


def _put_back(store: ModelStore, kept: Kept) -> None:
    """Register every release under its number, each proved where it lies now."""
    there = {version.number: version for version in store.versions()}
    missing = kept.entries[len(Journal(store).entries()) :]
    last = max([*kept.releases, *(entry.to_version for entry in missing)], default=0)
    given = max(there, default=0)  # MLflow gives out no number below it, were it deleted
    for number in range(1, last + 1):
        release = kept.releases.get(number)
        if number not in there and (number > given or release):
            made = _register(store, release) if release else _take(store)
            if made != number:
                raise _taken(store, number, made)
            steps.reached("version")
        if release:
            _prove(store, store.version(number), release)
            steps.reached("release restored")


def _register(store: ModelStore, release: KeptRelease) -> int:
    tags = {**release.version.tags, REGISTERED: release.version.registered, "status": RESTORING}
    run_id, source = store.upload(release.folder, {"dslm.digest": release.version.digest})
    steps.reached("files")
    return store.add(source, tags, run_id)


def _take(store: ModelStore) -> int:
    """Take a number that is not restored, so that the next release has its own."""
    with tempfile.TemporaryDirectory(prefix="dslm-") as scratch:
        write_atomic(Path(scratch) / "note.txt", "a number that was not restored\n")
        run_id, source = store.upload(Path(scratch), {})
    return store.add(source, {"status": GIVEN_UP}, run_id)


def _taken(store: ModelStore, number: int, made: int) -> ReleaseRefused:
    store.remove(made)
    what = f"the registry gave out number {made} where {number} was next: versions were deleted "
    what += "in it, or somebody registers at the same time"
    fix = "restore into an empty registry: another place, or MLFLOW_TRACKING_URI"
    return ReleaseRefused(what, where=store.model, fix=fix)


def _prove(store: ModelStore, version: Version, release: KeptRelease) -> None:
    """Read a version back and prove it; only then it may be used.

    Files that are missing or damaged in the registry are put back first.

    Raises:
        ReleaseRefused: It is not whole then either.
    """
    if not _is_whole(store, version):
        store.keep(version, release.folder)
        with tempfile.TemporaryDirectory(prefix="dslm-restore-") as scratch:
            prove(store, version, Path(scratch))
    if version.tags.get("status") == RESTORING:
        store.tag(version.number, "status", release.version.tags.get("status", CANDIDATE))


def _is_whole(store: ModelStore, version: Version) -> bool:
    with tempfile.TemporaryDirectory(prefix="dslm-restore-") as scratch:
        try:
            prove(store, version, Path(scratch))
        except ReleaseRefused:
            return False
    return True


def _write_journal(store: ModelStore, entries: Sequence[JournalEntry]) -> None:
    """Write the moves that the registry has not yet, and give up the numbers that were taken.

    In this order: an entry is refused by MLflow where its version is not there.
    """
    journal = Journal(store)
    for entry in entries[len(journal.entries()) :]:
        journal.restore(entry)
        steps.reached("page")
    for version in store.versions():
        if version.tags.get("status") == GIVEN_UP:
            store.remove(version.number)


def _finished(ws: Workspace, store: ModelStore, kept: Kept, done: Sequence[str]) -> Restored:
    """Let `candidate` name what it did, and read all back.

    Raises:
        ReleaseRefused: The journal is not the one that was restored.
    """
    aliases = store.aliases()
    if kept.candidate is not None and aliases.get(CANDIDATE) != kept.candidate:
        store.point(CANDIDATE, kept.candidate)
    steps.reached("candidate")
    entries = Journal(store).entries()
    if entries[: len(kept.entries)] != kept.entries:
        raise ReleaseRefused("the journal is not as it was restored", where=store.model)
    steps.reached("restored")
    return Restored(
        versions=tuple(version.number for version in store.versions()),
        moves=len(entries),
        champion=entries[-1].to_version if entries else None,
        lost=_lost(kept),
        done=tuple(done),
    )


def _tell_erased(ws: Workspace, kept: Kept) -> None:
    """Say on standard error whose cases, by the record of erasures, are in the registry again."""
    of = {n: {one.version.tags.get("manifest")} for n, one in kept.releases.items()}
    for entry in read_register(ws).erasures:
        again = []
        for number, manifests in sorted(of.items()):
            after = {one.after for one in entry.releases if one.before in manifests}
            if after - manifests:
                manifests |= after  # which later erasures were made from
                again.append(str(number))
        if again:
            where = f"{ws.workflow} version {', '.join(again)}"
            what = f"cases that were erased on {entry.at[:10]} ({entry.reason}) are there again"
            notice(where, what, "the same `dslm forget` again")


def _lost(kept: Kept) -> tuple[int, ...]:
    held = {entry.to_version: kept.holds(entry) for entry in kept.entries}
    return tuple(sorted(number for number, there in held.items() if not there))
