"""Digests, manifests and whole-or-nothing writes.

Called by every stage: an output folder without a valid `MANIFEST.json` does not exist, and
evidence names what it saw by these digests. SHA-256 throughout, written `sha256:<hex>`.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from dslm.errors import InputError
from dslm.settings.files.regular_files import NOTHING, what_is_there
from dslm.strict_json import strict_json

MANIFEST = "MANIFEST.json"


def canonical_json(value: Any) -> bytes:
    """The one byte form of a JSON value: sorted keys, no blanks, UTF-8."""
    return json.dumps(
        value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False,
        default=str,
    ).encode()  # fmt: skip


def digest_bytes(data: bytes) -> str:
    """SHA-256 of bytes."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def digest_json(value: Any) -> str:
    """SHA-256 of a JSON value's canonical form: comments, order and layout do not count."""
    return digest_bytes(canonical_json(value))


def digest_file(path: Path) -> str:
    """SHA-256 of a file's bytes; a pipe would be waited for."""
    if (found := what_is_there(path)) and found != NOTHING:
        raise InputError(found, where=path)
    with path.open("rb") as stream:
        return "sha256:" + hashlib.file_digest(stream, "sha256").hexdigest()


def digest_files(root: Path, files: Iterable[Path]) -> str:
    """One digest over files, by their names relative to `root` and their contents."""
    return digest_json({f.relative_to(root).as_posix(): digest_file(f) for f in sorted(files)})


def files_of(folder: Path) -> list[Path]:
    """All regular files of an output folder but its manifest, sorted."""
    return sorted(f for f in folder.rglob("*") if f.is_file() and f != folder / MANIFEST)


def write_atomic(path: Path, data: str | bytes) -> None:
    """Write a file so that readers see the old bytes or all of the new ones."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with partial.open("wb") as stream:
            stream.write(data.encode() if isinstance(data, str) else data)
            stream.flush()
            os.fsync(stream.fileno())
        partial.replace(path)
        sync_folder(path.parent)
    finally:
        partial.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Have the disk hold the names in a folder: a renamed file is else the old one after a cut.

    Where a file system cannot do that for folders, or this one may be written and not read, there
    is nothing more to be done.
    """
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except PermissionError:
        return
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in {errno.EINVAL, errno.ENOTSUP, errno.ENOSYS, errno.EBADF}:
            raise
    finally:
        os.close(descriptor)


def write_manifest(folder: Path, inputs: Mapping[str, str]) -> str:
    """Seal a folder: digests of its files and of what it was made from.

    Returns:
        The folder's digest: that of its files, whatever it was made from.
    """
    files = {f.relative_to(folder).as_posix(): digest_file(f) for f in files_of(folder)}
    manifest = {"digest": digest_json(files), "files": files, "inputs": dict(inputs)}
    write_atomic(folder / MANIFEST, json.dumps(manifest, indent=2, sort_keys=True) + "\n")
    return str(manifest["digest"])


def read_manifest(folder: Path, *, made_by: str) -> dict[str, Any]:
    """The manifest of a folder, after every byte it names was compared.

    Args:
        folder: An output folder of a stage.
        made_by: What makes the folder, for the error's advice.

    Raises:
        InputError: No manifest, or a file missing, changed or unlisted, or a digest of other files.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise InputError("no finished output here", where=folder, fix=f"run {made_by}")
    try:
        manifest = _manifest(strict_json(path.read_bytes()))
    except ValueError as error:
        raise InputError(f"broken manifest ({error})", where=path, fix=f"run {made_by}") from error
    listed: dict[str, str] = manifest["files"]
    if manifest["digest"] != digest_json(listed):
        raise InputError(
            "its digest is not that of its files", where=path, fix=f"run {made_by} again"
        )
    found = {f.relative_to(folder).as_posix() for f in files_of(folder)}
    for name in sorted(found ^ set(listed)):
        what = "missing" if name in listed else "not in the manifest"
        raise InputError(f"{name} is {what}", where=folder, fix=f"run {made_by} again")
    for name, digest in sorted(listed.items()):
        if digest_file(folder / name) != digest:
            raise InputError("bytes differ from the manifest", where=folder / name,
                             fix=f"restore it (`dvc checkout`) or run {made_by} again")  # fmt: skip
    return manifest


def _manifest(value: Any) -> dict[str, Any]:
    """A value that has all that `write_manifest` writes, and nothing of another kind.

    Raises:
        ValueError: Something is missing, or of another kind.
    """
    if not isinstance(value, dict):
        raise ValueError("no object")
    for key in ("files", "inputs"):
        named = value.get(key)
        if not isinstance(named, dict) or not all(isinstance(one, str) for one in named.values()):
            raise ValueError(f"{key}: no object of texts")
    if not isinstance(value.get("digest"), str):
        raise ValueError("digest: no text")
    return value
