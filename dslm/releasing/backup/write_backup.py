"""Writes a backup of a workflow's registry, each release proved as it is written.

Takes a workspace and a new folder; gives the `BackupRecord`. What the journal can return to goes
in (champion, previous, anchor and every other champion), and the candidate; the rest is named. The
folder is written beside and renamed when it is whole. Called by `dslm release backup` and `drill`.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Collection, Sequence
from pathlib import Path

import dslm
from dslm.errors import InputError, ReleaseRefused
from dslm.provenance import write_atomic
from dslm.records import JournalEntry
from dslm.releasing.backup.backup_format import (
    JOURNAL,
    RECORD,
    BackupRecord,
    KeptVersion,
    former,
    read_backup,
    version_folder,
)
from dslm.releasing.journal.journal import digest_of
from dslm.releasing.journal.journal_anchors import known_moves
from dslm.releasing.journal.journal_copy import written
from dslm.releasing.moves import command_steps
from dslm.releasing.moves.release_identity import registered
from dslm.releasing.registry.mlflow_connection import nothing_yet
from dslm.releasing.registry.mlflow_store import ModelStore
from dslm.releasing.registry.version import CANDIDATE, Version
from dslm.releasing.verification.release_verification import prove
from dslm.settings.workspace import Workspace
from dslm.stage import exclusive, whole_folder


def back_up(
    ws: Workspace,
    to: Path,
    *,
    without: Collection[int] = (),
    only: Collection[int] | None = None,
) -> BackupRecord:
    """Write a backup, and read it back.

    Args:
        ws: The workflow.
        to: A folder that is not there yet.
        without: Damaged versions to be left out; nothing else would be written of them either.
        only: Take no other versions than these.

    Raises:
        InputError: Something is there already, or there is nothing to back up.
        ReleaseRefused: The journal was changed, or a release is damaged and was not left out.
    """
    if to.exists() or to.is_symlink():
        raise InputError("is there already", where=to, fix="name a new folder, such as of today")
    if nothing_yet(ws.root):
        raise InputError("there is no registry here to back up", where=ws.workflow)
    with exclusive(ws.root, f"release-{ws.workflow}", refusal=ReleaseRefused):
        store = ModelStore(ws.root, ws.workflow)
        entries, versions = known_moves(ws, store)
        chosen = _chosen(store, entries, versions, without, only)
        with whole_folder(to, {}) as folder:
            kept = tuple(_copied(store, version, folder) for version in chosen)
            record = _record(ws, entries, versions, kept, without)
            write_atomic(folder / JOURNAL, written(entries))
            text = json.dumps(record.model_dump(mode="json"), indent=2, sort_keys=True)
            write_atomic(folder / RECORD, text + "\n")
        command_steps.reached("backup")
        read_backup(ws, to)
    return record


def _chosen(
    store: ModelStore,
    entries: Sequence[JournalEntry],
    versions: Sequence[Version],
    without: Collection[int],
    only: Collection[int] | None,
) -> list[Version]:
    """The versions that go in, by their numbers."""
    found = {v.number: v for entry in entries if (v := registered(store, entry, versions))}
    found |= {v.number: v for v in versions if CANDIDATE in v.aliases and v.approved}
    if unknown := sorted(set(without) - set(found)):
        what = f"version {unknown[0]} would not be in the backup anyway"
        raise InputError(what, where="--without", fix=f"these would: {sorted(found)}")
    return [
        found[number]
        for number in sorted(found)
        if number not in without and (only is None or number in only)
    ]


def _copied(store: ModelStore, version: Version, folder: Path) -> KeptVersion:
    """Copy a version's files into a backup, and prove them there."""
    target = version_folder(folder, version.number)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as beside:
        try:
            proof = prove(store, version, Path(beside))
        except ReleaseRefused as damaged:
            fix = f"correct or restore it; or leave it out: `--without {version.number}`"
            raise ReleaseRefused(damaged.what, where=damaged.where, fix=fix) from damaged
        shutil.move(proof.folder, target)
    command_steps.reached("release copied")
    tags = dict(version.tags)
    return KeptVersion(number=version.number, tags=tags, registered=version.created)


def _record(
    ws: Workspace,
    entries: Sequence[JournalEntry],
    versions: Sequence[Version],
    kept: Sequence[KeptVersion],
    without: Collection[int],
) -> BackupRecord:
    numbers = {one.number for one in kept}
    there = {version.number: version.digest for version in versions}
    lost = [e for e in former(entries) if there.get(e.to_version) is None
            or e.to_digest not in {None, there[e.to_version]}]  # fmt: skip
    champions = {entry.to_version for entry in entries}
    candidate = next((v.number for v in versions if CANDIDATE in v.aliases), None)
    return BackupRecord(
        workflow=ws.workflow,
        made_with=dslm.__version__,
        head=digest_of(entries[-1]) if entries else None,
        candidate=candidate if candidate in numbers else None,
        versions=tuple(kept),
        not_kept=tuple(sorted(set(there) - numbers - champions)),
        gone=tuple(sorted(entry.to_version for entry in lost)),
        left_out=tuple(sorted(set(without) & set(there))),
    )
