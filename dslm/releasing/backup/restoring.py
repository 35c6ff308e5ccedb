"""Makes a registry again from a backup, or from artifacts and the journal that git has, or both.

Takes a workspace and where the releases lie; gives what was restored. Numbers and digests stay as
they were: releases are registered in their order, and a number that is not restored is taken and
given up, since MLflow counts on. A registry that knows more than is restored is never written to.
Each step may be the last one of a killed process: the same command again goes on from there. Called
by `dslm release restore` and `drill`.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dslm.errors import InputError, ReleaseRefused
from dslm.provenance import write_atomic
from dslm.records import Champion, JournalEntry
from dslm.releasing import steps
from dslm.releasing.backup.backup_format import Kept, KeptRelease, read_backup
from dslm.releasing.backup.stored_releases import candidate_of, stored_releases
from dslm.releasing.baseline import read_noted
from dslm.releasing.checking import prove
from dslm.releasing.identity import named
from dslm.releasing.journal import Journal, chain, digest_of, genesis_of
from dslm.releasing.journal_copy import read_copy
from dslm.releasing.recovering import recover
from dslm.releasing.store import CANDIDATE, ModelStore, Version
from dslm.releasing.version import REGISTERED
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
    kept = _gathered(ws, backup, artifacts)
    _refuse_lost_champion(ws, kept, accept_loss=accept_loss)
    with exclusive(ws.root, f"release-{ws.workflow}", refusal=ReleaseRefused):
        store = ModelStore(ws.root, ws.workflow)
        _refuse_newer(store, kept)
        _put_back(store, kept)
        _write_journal(store, kept.entries)
        steps.reached("journal restored")
    done = recover(ws, actor, accept_loss=accept_loss)
    return _finished(ws, store, kept, done)


def _gathered(ws: Workspace, backup: Path | None, artifacts: Path | None) -> Kept:
    """All that the registry is made of; the longer journal counts where one goes on from the other.

    Raises:
        InputError: Nothing was named, or there is no journal.
        ReleaseRefused: Backup and git have different histories.
    """
    if backup is None and artifacts is None:
        fix = "name what `dslm release backup` wrote, or `--artifacts` with git's journal"
        raise InputError("nothing to restore from", where="--from", fix=fix)
    releases: dict[int, KeptRelease] = {}
    candidate, kept = None, None
    if backup is not None:
        kept = read_backup(ws, backup)[1]
        releases, candidate = dict(kept.releases), kept.candidate
    entries = _longest(ws, kept.entries if kept else ())
    if artifacts is not None:
        if not entries:
            what = "git has no copy of the journal, so that nobody can say which release was which"
            raise InputError(what, where=ws.journal_copy, fix="`git pull`, or name a backup")
        releases = stored_releases(ws, artifacts, entries) | releases
        candidate = candidate or candidate_of(ws, releases)
    return Kept(entries, releases, candidate)


def _longest(ws: Workspace, kept: tuple[JournalEntry, ...]) -> tuple[JournalEntry, ...]:
    """The journal of a backup, or git's where that goes on; with `champion.json` if it follows."""
    copied = read_copy(ws)
    whole = chain(genesis_of(ws.workflow), copied)
    if len(whole) < len(copied):
        fix = "`git checkout` it, from the newest commit that has it whole"
        raise ReleaseRefused("is no whole chain of moves", where=ws.journal_copy, fix=fix)
    shorter, longer = sorted((kept, whole), key=len)
    if longer[: len(shorter)] != shorter:
        what = f"tells other moves than the backup from entry {_parting(shorter, longer)} on"
        fix = "restore in a clone of the repository that the backup is of"
        raise ReleaseRefused(what, where=ws.journal_copy, fix=fix)
    newest = _noted(ws).journal
    follows = newest and newest.seq == len(longer) + 1 and longer and (
        newest.previous_digest == digest_of(longer[-1])
    )  # fmt: skip
    return (*longer, newest) if newest and follows else longer


def _parting(one: Sequence[JournalEntry], other: Sequence[JournalEntry]) -> int:
    pairs = enumerate(zip(one, other, strict=False), start=1)
    return next((number for number, (a, b) in pairs if a != b), len(one) + 1)


def _noted(ws: Workspace) -> Champion:
    """What `champion.json` says; nothing where it cannot be read: it is written anew."""
    try:
        return read_noted(ws.champion)
    except InputError:
        return Champion()


def _refuse_lost_champion(ws: Workspace, kept: Kept, *, accept_loss: bool) -> None:
    """Refuse to restore without the release that served, before anything is written.

    Raises:
        ReleaseRefused: It is not there, or nothing is that ever served.
    """
    newest = _noted(ws).journal
    head = kept.entries[-1] if kept.entries else None
    held = {digest_of(entry) for entry in kept.entries}
    if newest and digest_of(newest) not in held and newest.seq > len(kept.entries):
        head = newest  # entries between are lost, too
    if head is None or (digest_of(head) in held and kept.holds(head)):
        return
    what = f"the champion, {named(head.to_version, head.to_digest)}, is not in it"
    back = next((e for e in reversed(kept.entries) if kept.holds(e)), None)
    if back is None:
        fix = "name another backup, or `--artifacts` with the files of the lost registry"
        raise ReleaseRefused(f"{what}, nor is any before it", where=ws.workflow, fix=fix)
    if not accept_loss:
        fix = "add `--artifacts` or `--from` with what has it; or go on from version "
        fix += f"{back.to_version}: `--accept-loss`"
        raise ReleaseRefused(what, where=ws.workflow, fix=fix)


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
    with tempfile.TemporaryDirectory() as scratch:
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


def _lost(kept: Kept) -> tuple[int, ...]:
    by_number: Mapping[int, bool] = {e.to_version: kept.holds(e) for e in kept.entries}
    return tuple(sorted(number for number, held in by_number.items() if not held))
