"""What a backup of a registry is: a sealed folder of releases, their tags and the journal.

    MANIFEST.json   the digest of each file below; written last
    backup.json     which releases, under which numbers, and the journal's head
    journal.jsonl   every move of the champion, oldest first
    versions/N/     the files of version N, with its signature

Takes such a folder; gives a `BackupContents`, every byte compared, the chain proved. Who writes one
and who restores from one go through here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from pydantic import Field

from dslm.cases import read_record, read_records
from dslm.errors import InputError, ReleaseRefused
from dslm.provenance import MANIFEST, read_manifest
from dslm.record import Record
from dslm.records import JournalEntry
from dslm.releasing.journal.journal import chain, digest_of, genesis_of
from dslm.releasing.package.allowed_files import refuse_irregular
from dslm.releasing.registry.version import Version
from dslm.releasing.signing.version_signatures import refuse_wrong_signature
from dslm.releasing.verification.release_verification import prove_files
from dslm.settings.files.regular_files import refuse_no_folder
from dslm.settings.workspace import Workspace

RECORD, JOURNAL, VERSIONS = "backup.json", "journal.jsonl", "versions"
MADE_BY = "`dslm release backup`"


class KeptVersion(Record):
    """One version of a registry: its number, its tags, and when it was registered."""

    number: int = Field(ge=1)
    tags: dict[str, str]
    registered: str

    @property
    def digest(self) -> str:
        """The release's."""
        return self.tags.get("digest", "")

    def as_version(self) -> Version:
        """As the registry would give it."""
        return Version(self.number, MappingProxyType(self.tags), (), self.registered, None)


class BackupRecord(Record):
    """`backup.json`.

    Attributes:
        workflow: Whose registry.
        made_with: The version of dslm.
        head: Digest of the journal's newest entry; None of an empty journal.
        candidate: The version with that alias, if it is among these.
        versions: The releases that are kept.
        not_kept: Versions that are registered, but were never the champion.
        gone: Former champions that the registry holds no more.
        left_out: Former champions that are damaged, and whoever made it said to leave out.
    """

    format: Literal[1] = 1
    workflow: str
    made_with: str
    head: str | None
    candidate: int | None
    versions: tuple[KeptVersion, ...]
    not_kept: tuple[int, ...] = ()
    gone: tuple[int, ...] = ()
    left_out: tuple[int, ...] = ()


@dataclass(frozen=True)
class KeptRelease:
    """A version with its files."""

    version: KeptVersion
    folder: Path


@dataclass(frozen=True)
class BackupContents:
    """What a registry can be made of: the journal, and releases by their numbers."""

    entries: tuple[JournalEntry, ...]
    releases: Mapping[int, KeptRelease]
    candidate: int | None = None

    def holds(self, entry: JournalEntry) -> bool:
        """Whether the release that an entry went to is here, by number and digest."""
        found = self.releases.get(entry.to_version)
        return found is not None and entry.to_digest in {None, found.version.digest}


def read_backup(ws: Workspace, folder: Path) -> tuple[BackupRecord, BackupContents]:
    """A backup, once every byte and every release in it was compared.

    Args:
        ws: Of the workflow that it should be of, with the policy that says whose signatures count.
        folder: The backup.

    Raises:
        InputError: There is no backup, or it is of another workflow.
        ReleaseRefused: It is damaged, or a release in it is not what was registered.
    """
    refuse_no_folder(folder, fix=f"name what {MADE_BY} wrote")
    if not (folder / MANIFEST).is_file() or not (folder / RECORD).is_file():
        fix = f"name what {MADE_BY} wrote; one that was cut short is none"
        raise InputError("no whole backup is here", where=folder, fix=fix)
    refuse_links(folder)
    try:
        read_manifest(folder, made_by=MADE_BY)
        record = read_record(folder / RECORD, BackupRecord, missing="no record", fix=MADE_BY)
        entries = tuple(read_records(folder / JOURNAL, JournalEntry))
    except InputError as error:
        fix = "take another backup: this one is damaged"
        raise ReleaseRefused(error.what, where=error.where, fix=fix) from error
    if record.workflow != ws.workflow:
        what = f"is a backup of {record.workflow!r}"
        raise InputError(what, where=folder, fix=f"`dslm release restore {record.workflow}`")
    whole = entries == chain(genesis_of(ws.workflow), entries)
    if not whole or (digest_of(entries[-1]) if entries else None) != record.head:
        raise ReleaseRefused("its journal is no whole chain", where=folder / JOURNAL)
    releases = {one.number: KeptRelease(one, version_folder(folder, one.number))
                for one in record.versions}  # fmt: skip
    for release in releases.values():
        prove_kept(ws, release)
    return record, BackupContents(entries, releases, record.candidate)


def version_folder(backup: Path, number: int) -> Path:
    """Where a backup keeps the files of a version."""
    return backup / VERSIONS / str(number)


def refuse_links(folder: Path) -> None:
    """Refuse a folder with anything but plain files in plain folders.

    Raises:
        ReleaseRefused: Names what else is there.
    """
    for path in (folder, *folder.rglob("*")):
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            raise ReleaseRefused("is no plain file", where=path, fix="a backup holds no links")


def prove_kept(ws: Workspace, release: KeptRelease) -> None:
    """Prove a release that lies outside any registry, as one of the registry is proved.

    Raises:
        ReleaseRefused: It is not signed by whom it should be, or its files and tags do not fit.
    """
    version = release.version
    where = f"{ws.workflow} version {version.number}, in {release.folder}"
    refuse_irregular(release.folder)
    refuse_wrong_signature(ws.root, ws.workflow, release.folder, where)
    prove_files(ws.workflow, version.as_version(), release.folder)


def former(entries: Iterable[JournalEntry]) -> list[JournalEntry]:
    """The entries whose releases the journal can go back to: the newest of each number."""
    return list({entry.to_version: entry for entry in entries}.values())
