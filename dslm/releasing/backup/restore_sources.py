"""What a registry is restored from: a backup, artifacts, and the journal that git has.

Takes a workspace and where the releases lie; gives one `BackupContents`, of one history, or refuses
before anything is written. Called by `restore_registry`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dslm.errors import InputError, ReleaseRefused
from dslm.records import JournalEntry
from dslm.releasing.backup.backup_format import BackupContents, KeptRelease, read_backup
from dslm.releasing.backup.stored_releases import candidate_of, stored_releases
from dslm.releasing.journal.journal import chain, digest_of, genesis_of
from dslm.releasing.journal.journal_anchors import refuse_unknown_to_git
from dslm.releasing.journal.journal_copy import read_copy
from dslm.releasing.journal.journal_proof import signers
from dslm.releasing.moves.baseline import readable_note
from dslm.releasing.moves.release_identity import named
from dslm.settings.workspace import Workspace


def gathered(ws: Workspace, backup: Path | None, artifacts: Path | None) -> BackupContents:
    """All that the registry is made of; the longer journal counts where one goes on from the other.

    Raises:
        InputError: Nothing was named, or there is no journal.
        ReleaseRefused: Backup and git have different histories, or one that nobody can prove.
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
    _refuse_unproved(ws, entries)
    if artifacts is not None:
        if not entries:
            what = "git has no copy of the journal, so that nobody can say which release was which"
            raise InputError(what, where=ws.journal_copy, fix="`git pull`, or name a backup")
        releases = stored_releases(ws, artifacts, entries) | releases
        candidate = candidate or candidate_of(ws, releases)
    return BackupContents(entries, releases, candidate)


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
    newest = readable_note(ws.champion).journal
    follows = newest and newest.seq == len(longer) + 1 and longer and (
        newest.previous_digest == digest_of(longer[-1])
    )  # fmt: skip
    return (*longer, newest) if newest and follows else longer


def _refuse_unproved(ws: Workspace, entries: Sequence[JournalEntry]) -> None:
    """Refuse a journal that would not count once it is written: nothing is written then.

    Raises:
        ReleaseRefused: An entry is signed wrongly or not approved, or counts where git has its
            policy, which git has not.
    """
    try:
        signers(entries, ws.workflow)
        refuse_unknown_to_git(ws, entries, readable_note(ws.champion), ws.workflow)
    except ReleaseRefused as wrong:
        fix = "`git pull`, or take another backup: somebody wrote into this one, or into "
        fix += f"{ws.journal_copy.name}, past `dslm release`"
        raise ReleaseRefused(wrong.what, where=wrong.where, fix=fix) from wrong


def _parting(one: Sequence[JournalEntry], other: Sequence[JournalEntry]) -> int:
    pairs = enumerate(zip(one, other, strict=False), start=1)
    return next((number for number, (a, b) in pairs if a != b), len(one) + 1)


def refuse_lost_champion(ws: Workspace, kept: BackupContents, *, accept_loss: bool) -> None:
    """Refuse to restore without the release that served, before anything is written.

    Raises:
        ReleaseRefused: It is not there, or nothing is that ever served.
    """
    newest = readable_note(ws.champion).journal
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
