"""The signature of a folder's files, `model.sig`, in the format of OpenSSF Model Signing 1.0.

Takes a folder and a key, or a folder and a `Trust`. The format's own library writes it. It is
verified here, since that has to work wherever a release is loaded, in milliseconds and without the
network clients that the library brings, and more strictly: nothing in the folder is left out, nor
what the signature says to ignore. Tests hold the two against each other.
https://github.com/ossf/model-signing-spec
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

from pydantic import ConfigDict, Field, ValidationError

from dslm.errors import ReleaseRefused
from dslm.provenance import digest_file
from dslm.record import Record
from dslm.releasing.signing.dsse import MOST_BYTES, Envelope, statement_in
from dslm.releasing.signing.keys import SigningKey
from dslm.releasing.signing.trusted_keys import Trust, Trusted
from dslm.strict_json import strict_json

SIGNATURE = "model.sig"
SHA256 = r"^[0-9a-f]{64}$"
RESTORE = "restore it from where it was signed; do not load it"


class _Read(Record):
    """A part of the format: what it does not know is left alone, as the format asks."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class _Key(_Read):
    hint: str = Field(pattern=SHA256)


class _Material(_Read):
    publicKey: _Key  # noqa: N815 - the format's own name


class _Bundle(_Read):
    mediaType: Literal["application/vnd.dev.sigstore.bundle.v0.3+json"]  # noqa: N815
    verificationMaterial: _Material  # noqa: N815
    dsseEnvelope: Envelope  # noqa: N815


class _Resource(_Read):
    name: str = Field(min_length=1)
    algorithm: Literal["sha256"]
    digest: str = Field(pattern=SHA256)


class _Serialization(_Read):
    method: Literal["files"]
    hash_type: Literal["sha256"]
    allow_symlinks: Literal[False]


class _Predicate(_Read):
    serialization: _Serialization
    resources: tuple[_Resource, ...] = Field(min_length=1)


class _Digest(_Read):
    sha256: str = Field(pattern=SHA256)


class _Subject(_Read):
    name: str = Field(min_length=1)
    digest: _Digest


class _Statement(_Read):
    type: Literal["https://in-toto.io/Statement/v1"] = Field(alias="_type")
    predicateType: Literal["https://model_signing/signature/v1.0"]  # noqa: N815
    subject: tuple[_Subject, ...] = Field(min_length=1, max_length=1)
    predicate: _Predicate


@dataclass(frozen=True)
class SignedFiles:
    """What a signature says: files by name with their SHA-256 as hex, one digest over all, whose.

    `root` is the format's own digest of a model.
    """

    files: Mapping[str, str]
    root: str
    by: Trusted


def write_signature(folder: Path, key: SigningKey) -> None:
    """Sign all files of a folder into its `model.sig`; an older one is replaced.

    Raises:
        ModuleNotFoundError: The library is not installed; the boundary names the extra.
        ReleaseRefused: The folder holds what cannot be signed: a link, a pipe, no file at all.
    """
    target = folder / SIGNATURE
    names = set(files_in(folder)) - {SIGNATURE}
    if not names:
        raise ReleaseRefused("no file to sign", where=folder)
    from model_signing import hashing, signing

    ways = hashing.Config().use_file_serialization(hashing_algorithm="sha256", allow_symlinks=False)
    ways.set_ignored_paths(paths=[target], ignore_git_paths=False)
    with tempfile.TemporaryDirectory(prefix="dslm-sign-") as scratch:
        pem, made = Path(scratch) / "key.pem", Path(scratch) / SIGNATURE
        with os.fdopen(os.open(pem, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
            stream.write(key.pem())
        signer = signing.Config().use_elliptic_key_signer(private_key=pem)
        signer.set_hashing_config(ways).sign(folder, made)
        partial = folder / f".{SIGNATURE}.{os.getpid()}.partial"
        partial.write_bytes(made.read_bytes())
        partial.replace(target)


def read_signature(raw: bytes, trust: Trust, where: str | Path) -> SignedFiles:
    """What a `model.sig` says, once its signature was verified.

    Raises:
        ReleaseRefused: It is none, nobody who counts signed it, or it says nothing certain.
    """
    if len(raw) > MOST_BYTES:
        raise ReleaseRefused(f"larger than {MOST_BYTES:,} bytes", where=where)
    try:
        bundle = _Bundle.model_validate(strict_json(raw))
    except ValidationError as error:
        raise _broken(error, "no signature of a model", where) from None
    except ValueError as error:
        raise ReleaseRefused(f"not JSON: {error}", where=where, fix=RESTORE) from None
    hint = bundle.verificationMaterial.publicKey.hint
    said, known = statement_in(bundle.dsseEnvelope, hint, trust, where)
    try:
        statement = _Statement.model_validate(said)
    except ValidationError as error:
        raise _broken(error, "signs no model's files", where) from None
    files = _listed(statement.predicate.resources, where)
    root = hashlib.sha256(b"".join(bytes.fromhex(digest) for digest in files.values())).hexdigest()
    if root != statement.subject[0].digest.sha256:
        raise ReleaseRefused("its digest is not that of its files", where=where, fix=RESTORE)
    return SignedFiles(files, root, known)


def verify_files(folder: Path, trust: Trust, *, beside: Collection[str] = ()) -> SignedFiles:
    """A folder's signature, after each of its files was compared with it.

    Args:
        folder: With a `model.sig`.
        trust: Whose signatures count.
        beside: Names of files that others leave in such a folder, and that nobody opens.

    Raises:
        ReleaseRefused: It is not signed, not by whom it should be, or a file is changed, missing,
            added, a link, or no file.
    """
    found = set(files_in(folder)) - {SIGNATURE, *beside}
    path = folder / SIGNATURE
    if not path.is_file():
        fix = f"it has no {SIGNATURE}: `dslm release sign` writes one"
        raise ReleaseRefused("is not signed", where=folder, fix=fix)
    if path.stat().st_size > MOST_BYTES:
        raise ReleaseRefused(f"larger than {MOST_BYTES:,} bytes", where=path, fix=RESTORE)
    signed = read_signature(path.read_bytes(), trust, path)
    for name in sorted(found - set(signed.files)):
        what = "a file that is not signed was added"
        raise ReleaseRefused(what, where=folder / name, fix=RESTORE)
    for name in sorted(set(signed.files) - found):
        raise ReleaseRefused("a signed file is missing", where=folder / name, fix=RESTORE)
    for name, digest in signed.files.items():
        if digest_file(folder / name) != f"sha256:{digest}":
            what = "was changed after it was signed"
            raise ReleaseRefused(what, where=folder / name, fix=RESTORE)
    return signed


def files_in(folder: Path) -> list[str]:
    """The names of all files in a folder, relative to it.

    Raises:
        ReleaseRefused: One is a link or neither file nor folder, or the folder is none.
    """
    if folder.is_symlink() or not folder.is_dir():
        raise ReleaseRefused("is no folder", where=folder, fix="name a release's folder")
    names: list[str] = []
    waiting = [folder]
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(Path(entry.path))
                    continue
                _refuse_no_file(entry)
                names.append(Path(entry.path).relative_to(folder).as_posix())
    return sorted(names)


def _refuse_no_file(entry: os.DirEntry[str]) -> None:
    if entry.is_symlink():
        what = "is a link: what it leads to may change after it was signed"
        raise ReleaseRefused(what, where=entry.path, fix=RESTORE)
    if not entry.is_file(follow_symlinks=False):
        raise ReleaseRefused("is neither a file nor a folder", where=entry.path, fix=RESTORE)


def _listed(resources: tuple[_Resource, ...], where: str | Path) -> dict[str, str]:
    """The files that a signature lists, each once, by a plain name.

    The format asks for the order of code points; its library sorts by folder, then by name.
    """
    names = [one.name for one in resources]
    if len(names) != len(set(names)):
        raise ReleaseRefused("lists a file twice", where=where, fix=RESTORE)
    for name in names:
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or path.as_posix() != name:
            raise ReleaseRefused(f"lists a file as {name[:80]!r}", where=where, fix=RESTORE)
    return {one.name: one.digest for one in resources}


def _broken(error: ValidationError, what: str, where: str | Path) -> ReleaseRefused:
    first = error.errors()[0]
    key = ".".join(str(part) for part in first["loc"]) or "document"
    return ReleaseRefused(f"{what}: {key}: {first['msg']}", where=where, fix=RESTORE)
