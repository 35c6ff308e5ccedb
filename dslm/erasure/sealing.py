"""Puts a release without the person's cases in the place of the one that has them.

Takes a stored release and what `releases` makes of its files; writes the record of the erasure
first, then the files, manifest, signature and tag, each whole. A command that ends in between
leaves a release that is refused until the same command was run again, which finds the record and
goes on. Called by `forgetting`.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from dslm.contract import load_contract
from dslm.erasure.finding import Found
from dslm.erasure.registry_releases import Stored
from dslm.erasure.releases import ROWS, erased_files, held_by
from dslm.errors import InputError, ReleaseRefused
from dslm.provenance import (
    MANIFEST,
    digest_bytes,
    digest_file,
    files_of,
    sync_folder,
    write_atomic,
    write_manifest,
)
from dslm.releasing import steps
from dslm.releasing.checking import checked_files, prove_files
from dslm.releasing.erasure_register import Entry, Resealed
from dslm.releasing.erasures import FILE, ErasedFile, Erasure, Erasures, erasures_of
from dslm.releasing.signing.key_choice import key_for
from dslm.releasing.signing.keys import SigningKey
from dslm.releasing.signing.model_signature import SIGNATURE
from dslm.releasing.signing.registered import refuse_wrong_signature
from dslm.releasing.signing.signed_folder import SIGNED_BESIDE, sign_folder
from dslm.releasing.store import ModelStore
from dslm.settings.workspace import Workspace
from dslm.strict_json import strict_json


@dataclass(frozen=True)
class Sealed:
    """A release that was sealed again.

    Attributes:
        resealed: For the record; None where it was damaged before and is no release still.
        files: Its files that are others now.
        unsigned: Whether it was signed and now is not, since there is no key here.
    """

    resealed: Resealed | None
    files: Mapping[str, bytes]
    unsigned: bool = False


def begun_here(stored: Stored, entry: Entry) -> bool:
    """Whether this erasure has changed a release already, in whole or in part."""
    return _record(stored.folder, entry) is not None


def seal(ws: Workspace, stored: Stored, found: Found, entry: Entry, scratch: Path) -> Sealed:
    """Erase the person's cases from a stored release and seal what is left.

    Args:
        ws: The workflow.
        stored: The release.
        found: The person.
        entry: Of the erasure.
        scratch: An empty folder.

    Raises:
        ReleaseRefused: It was changed by somebody else since this erasure was begun.
    """
    store = ModelStore(ws.root, ws.workflow)
    record = _record(stored.folder, entry)
    files = erased_files(found, stored.folder, entry)
    if record is None and not _is_whole(ws, store, stored):
        _deliver(store, stored, files, scratch)
        return Sealed(None, files)
    counts = held_by(found, stored.folder).counts
    if record is None:
        record = _new_record(stored, files, counts, entry)
    else:
        files |= {name: (stored.folder / name).read_bytes() for name in record.files
                  if name not in files}  # fmt: skip
    _refuse_others(stored, files, record)
    signed = (stored.folder / SIGNATURE).exists()
    work = scratch / "sealed"
    shutil.copytree(stored.folder, work)
    _deliver(store, stored, {FILE: _text(stored.folder, record)}, scratch, work)
    steps.reached("erasure recorded")
    for name in _rows_last(files):
        _deliver(store, stored, {name: files[name]}, scratch, work)
        steps.reached("rows erased")
    for name in SIGNED_BESIDE:  # which no manifest lists
        (work / name).unlink(missing_ok=True)
    write_manifest(work, _inputs(stored.folder))
    _deliver(store, stored, {MANIFEST: (work / MANIFEST).read_bytes()}, scratch)
    steps.reached("sealed")
    unsigned = signed and not _sign(ws, store, stored, work, scratch)
    steps.reached("signed again")
    after = digest_file(work / MANIFEST)
    number = stored.version.number
    if number and stored.version.tags.get("manifest") != after:
        store.tag(number, "manifest", after)
    steps.reached("tagged")
    if number:
        prove_files(store.model, store.version(number), work)
    return Sealed(Resealed(version=number, before=record.manifest, after=after), files, unsigned)


def _record(folder: Path, entry: Entry) -> Erasure | None:
    """What this erasure has written into a release already."""
    try:
        return next((one for one in erasures_of(folder) if one.salt == entry.salt), None)
    except ReleaseRefused:
        return None


def _is_whole(ws: Workspace, store: ModelStore, stored: Stored) -> bool:
    """Whether a release is what was registered; nobody seals again what was changed before."""
    where = f"{ws.workflow} {stored.named}"
    try:
        if stored.version.number == 0:
            checked_files(stored.folder)
            return True
        refuse_wrong_signature(ws.root, ws.workflow, stored.folder, where)
        prove_files(store.model, stored.version, stored.folder)
    except ReleaseRefused:
        return False
    return True


def _new_record(
    stored: Stored, files: Mapping[str, bytes], counts: Mapping[str, int], entry: Entry
) -> Erasure:
    return Erasure(
        at=entry.at, actor=entry.actor, reason=entry.reason, salt=entry.salt, group=entry.group,
        manifest=digest_file(stored.folder / MANIFEST),
        files={
            name: ErasedFile(was=digest_file(stored.folder / name), now=digest_bytes(data),
                             cases=counts[name])
            for name, data in files.items()
        },
    )  # fmt: skip


def _refuse_others(stored: Stored, files: Mapping[str, bytes], record: Erasure) -> None:
    """Refuse to go on with a release that is not what this erasure left of it.

    Raises:
        ReleaseRefused: A file is another than before or after.
    """
    for name, one in record.files.items():
        there = digest_file(stored.folder / name) if (stored.folder / name).is_file() else ""
        if there not in (one.was, one.now) or digest_bytes(files.get(name, b"")) != one.now:
            what = "was changed by somebody else since its erasure was begun"
            fix = "restore it from a backup, and begin again"
            raise ReleaseRefused(what, where=f"{stored.named}, {name}", fix=fix)
    listed = strict_json((stored.folder / MANIFEST).read_bytes())["files"]
    for path in files_of(stored.folder):
        name = path.relative_to(stored.folder).as_posix()
        if name in record.files or name == FILE or name in SIGNED_BESIDE:
            continue
        if listed.get(name) != digest_file(path):
            what = "bytes differ from the release's manifest"
            raise ReleaseRefused(what, where=f"{stored.named}, {name}")


def _text(folder: Path, record: Erasure) -> bytes:
    """All erasures from a release, with this one."""
    before = tuple(one for one in erasures_of(folder) if one.salt != record.salt)
    return Erasures(erasures=(*before, record)).text().encode()


def _inputs(folder: Path) -> dict[str, str]:
    inputs: dict[str, str] = strict_json((folder / MANIFEST).read_bytes())["inputs"]
    return inputs


def _deliver(
    store: ModelStore, stored: Stored, files: Mapping[str, bytes], scratch: Path,
    beside: Path | None = None,
) -> None:  # fmt: skip
    """Put files into the registry's copy of a release, and into another folder too."""
    for name in _rows_last(files):
        data = files[name]
        if beside is not None:
            write_atomic(beside / name, data)
        if stored.local is not None:
            write_atomic(stored.local / name, data)
            continue
        sent = scratch / "sent"
        write_atomic(sent / name, data)
        store.keep(stored.version, sent)
        shutil.rmtree(sent)


def _rows_last(names: Iterable[str]) -> list[str]:
    """Names in the order in which files are erased: by rows it may be known whose a case is."""
    return sorted(names, key=lambda name: (name.startswith(ROWS), name))


def _sign(ws: Workspace, store: ModelStore, stored: Stored, work: Path, scratch: Path) -> bool:
    """Sign what is left with the key that there is here; without one the old signature goes."""
    key: SigningKey | None
    try:
        key = key_for(ws.root, load_contract(work / "workflow.yaml"))
    except InputError:
        key = None
    if key is None:
        if stored.local is not None:
            for name in sorted(SIGNED_BESIDE):
                (stored.local / name).unlink(missing_ok=True)
            sync_folder(stored.local)
        return False
    sign_folder(work, key)
    named = {name: (work / name).read_bytes() for name in sorted(SIGNED_BESIDE)}
    _deliver(store, stored, named, scratch)
    return True
