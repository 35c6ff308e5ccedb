"""A release's folder as a signed whole: its statements, and a signature over every file.

`sign_folder` takes a sealed release and a key; `verify_folder` takes a folder that nobody has
opened yet and whose signatures count, and gives the `SignedRelease` or refuses. Before it has, no
file of the folder may be read by anything else, MLflow least of all. Called when a release is
registered, before one is loaded, and by `dslm release sign` and `verify`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from dslm.contract import Contract, load_contract
from dslm.errors import InputError, ReleaseRefused
from dslm.evidence import release_digest
from dslm.provenance import MANIFEST, digest_file, write_atomic
from dslm.releasing.signing.dsse import envelope, opened
from dslm.releasing.signing.in_toto_statements import STATEMENTS, VERDICT, signed_at, statements_of
from dslm.releasing.signing.keys import SigningKey
from dslm.releasing.signing.model_signature import (
    RESTORE,
    SIGNATURE,
    SignedFiles,
    verify_files,
    write_signature,
)
from dslm.releasing.signing.trusted_keys import Trust
from dslm.strict_json import strict_json

# What signing adds to a release; the manifest, which is signed, does not list it.
SIGNED_BESIDE = frozenset({SIGNATURE, *STATEMENTS})


@dataclass(frozen=True)
class SignedRelease:
    """What a signed folder is, and who says so.

    `digest` is the release's, as journal and `champion.json` name it; `manifest` that of its
    manifest's bytes; `root` that of the format, over every file. `promoted_at` is of a version that
    the last signed move made the champion.
    """

    workflow: str
    digest: str
    manifest: str
    root: str
    key_id: str
    signed_by: str
    signed_at: str
    demonstration: bool
    retired: bool
    promoted_at: str | None = None


def declared_invented(contract: Contract) -> bool:
    """Whether a contract says that its data are invented: by taking the published key for them."""
    return contract.data.personal.demonstration_key


def sign_folder(folder: Path, key: SigningKey) -> SignedRelease:
    """Sign a release; an older signature is replaced.

    Args:
        folder: A release that is sealed by its manifest.
        key: Whose signature.

    Raises:
        ReleaseRefused: What was signed does not verify: a link in it, or data that are not declared
            invented under the demonstration key.
        ModuleNotFoundError: The library that signs is not installed.
    """
    now = dt.datetime.now(tz=dt.UTC).isoformat(timespec="seconds")
    for name, statement in statements_of(folder, now).items():
        write_atomic(folder / name, envelope(statement, key))
    write_signature(folder, key)
    return verify_folder(folder, Trust.of(key.public))


def verify_folder(folder: Path, trust: Trust, *, beside: Collection[str] = ()) -> SignedRelease:
    """Compare a whole folder with its signature, before anything opens it.

    Args:
        folder: A release.
        trust: Whose signatures count.
        beside: Names of files that others leave in such a folder, and that nobody opens.

    Raises:
        ReleaseRefused: It is not signed, not by whom it should be, a file is changed, missing,
            added or a link, or a statement says something else than its files.
    """
    signed = verify_files(folder, trust, beside=beside)
    at = _refuse_other_statements(folder, trust, signed)
    contract, digest = _read(folder)
    known = signed.by
    if known.key.demonstration and not declared_invented(contract):
        what = ("signed with the demonstration key, which is published and proves nothing, and its "
                "contract does not declare its data invented")  # fmt: skip
        raise ReleaseRefused(what, where=folder, fix="have it signed with a key of your own")
    known.refuse_retired(at.date(), folder)
    return SignedRelease(
        workflow=contract.name,
        digest=digest,
        manifest=digest_file(folder / MANIFEST),
        root=f"sha256:{signed.root}",
        key_id=known.key.id,
        signed_by=known.name,
        signed_at=at.isoformat(timespec="seconds"),
        demonstration=known.key.demonstration,
        retired=known.retired is not None,
    )


def _refuse_other_statements(folder: Path, trust: Trust, signed: SignedFiles) -> dt.datetime:
    """When a release was signed, after its statements were made again and compared.

    Raises:
        ReleaseRefused: One is missing, signed with another key, or says something else.
    """
    said = {}
    for name in STATEMENTS:
        if name not in signed.files:
            raise ReleaseRefused("a statement is missing", where=folder / name, fix=RESTORE)
        said[name], by = opened((folder / name).read_bytes(), trust, folder / name)
        if by != signed.by:
            what = f"signed by {by.name}, the release by {signed.by.name}"
            raise ReleaseRefused(what, where=folder / name, fix="sign the release again")
    at = signed_at(said[VERDICT])
    if at is None:
        raise ReleaseRefused("does not say when it was signed", where=folder / VERDICT)
    try:
        own = statements_of(folder, said[VERDICT]["predicate"]["signedAt"])
    except (ValueError, LookupError, TypeError, AttributeError, FileNotFoundError):
        what = "holds no manifest and verdict that statements can be made of"
        raise ReleaseRefused(what, where=folder, fix=RESTORE) from None
    for name, statement in own.items():
        if statement != said[name]:
            what = "states something else than the release's files"
            raise ReleaseRefused(what, where=folder / name, fix="sign the release again")
    return at


def _read(folder: Path) -> tuple[Contract, str]:
    """A release's contract, and its digest by its manifest."""
    try:
        contract = load_contract(folder / "workflow.yaml")
    except InputError as error:
        raise ReleaseRefused(error.what, where=error.where, fix=error.fix) from error
    inputs = strict_json((folder / MANIFEST).read_bytes())["inputs"]
    return contract, release_digest(contract.name, inputs)
