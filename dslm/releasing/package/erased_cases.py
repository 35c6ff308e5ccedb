"""What was erased from a stored release: the one difference from what was judged that is allowed.

Erasing a person's cases replaces their rows by rows that say nothing of them, and takes their
inputs out of what the release carries; `erasure.json` says when, who, why, and which files. Takes a
release's folder; gives its erasures, or refuses them. Written by `dslm.erasure`; read by whoever
compares a release with its verdict, loads it, or would promote it.

Nobody can recompute what the erased rows were. That nothing else was changed is the word of who
sealed the release again: of a signed one, his signature.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from dslm.cases import read_records
from dslm.errors import InputError, ReleaseRefused
from dslm.errors.notices import notice
from dslm.evidence.evidence_record import Digest
from dslm.provenance import digest_file
from dslm.record import Record
from dslm.records import Row

FILE = "erasure.json"
ERASED = "erased:"  # how the id and group of an erased row begin
RECORDED, SMOKE = "recorded.jsonl", "smoke.json"
_ROWS = "rows/"
RESTORE = "restore it from a backup, or register that release again"


class ErasedFile(Record):
    """One file of a release from which something was erased.

    `was` and `now` are digests of its bytes before and after; `cases`: how many were erased.
    """

    was: Digest
    now: Digest
    cases: int = Field(ge=1)


class Erasure(Record):
    """One erasure of one person's cases from a release.

    Attributes:
        at: When it was begun.
        actor: Who.
        reason: Why.
        salt: Of the group's digest.
        group: The digest of the group's id, as `dslm.releasing.package.erasure_register` makes it.
        manifest: The digest of the release's manifest before.
        files: What was changed, by name.
    """

    at: str
    actor: str
    reason: str
    salt: str
    group: str
    manifest: Digest
    files: dict[str, ErasedFile] = Field(min_length=1)


class Erasures(Record):
    """`erasure.json`: all erasures from a release, oldest first."""

    format: Literal["1"] = "1"
    erasures: tuple[Erasure, ...]

    def text(self) -> str:
        """As it is written."""
        return self.model_dump_json(indent=2) + "\n"


def erasures_of(folder: Path) -> tuple[Erasure, ...]:
    """What was erased from a release, oldest first; nothing from most.

    Raises:
        ReleaseRefused: The file that says so is none.
    """
    path = folder / FILE
    if not path.is_file():
        return ()
    try:
        return Erasures.model_validate_json(path.read_bytes()).erasures
    except ValidationError as error:
        what = f"no record of an erasure: {error.errors()[0]['msg']}"
        raise ReleaseRefused(what, where=path, fix=RESTORE) from None


def may_be_erased(name: str) -> bool:
    """Whether a person's cases can be erased from a file of this name."""
    return name in (RECORDED, SMOKE) or (name.startswith(_ROWS) and name.endswith(".jsonl"))


def refuse_false_erasures(folder: Path, files: Mapping[str, str]) -> None:
    """Refuse a record of erasures that is not of these files.

    Args:
        folder: A release.
        files: Digests by name, as its manifest has them, every byte compared.

    Raises:
        ReleaseRefused: It names a file from which nothing can be erased, or other bytes; or rows
            are erased that it does not count.
    """
    erased = erasures_of(folder)
    newest = {name: one.now for erasure in erased for name, one in erasure.files.items()}
    counted: dict[str, int] = {}
    for erasure in erased:
        for name, one in erasure.files.items():
            counted[name] = counted.get(name, 0) + one.cases
    for name, digest in newest.items():
        if not may_be_erased(name):
            what = f"says that something was erased from {name}, which holds no cases"
            raise ReleaseRefused(what, where=folder / FILE, fix=RESTORE)
        if files.get(name) != digest:
            what = f"says that {name} is another file than it is"
            raise ReleaseRefused(what, where=folder / FILE, fix=RESTORE)
    if not erased:
        return
    for name in sorted(files):
        if name.startswith(_ROWS) and name.endswith(".jsonl"):
            found = sum(is_erased(row) for row in _rows(folder / name))
            if found != counted.get(name, 0):
                what = f"counts {counted.get(name, 0)} erased rows of {name}, and {found} are"
                raise ReleaseRefused(what, where=folder / FILE, fix=RESTORE)


def _rows(path: Path) -> list[Row]:
    try:
        return read_records(path, Row)
    except InputError as error:
        raise ReleaseRefused(error.what, where=path, fix=RESTORE) from error


def is_erased(row: Row) -> bool:
    """Whether a row says nothing of its case any more."""
    bare = row.prediction.object is None and not row.prediction.text
    return bare and row.id.startswith(ERASED) and row.group.startswith(ERASED)


def digest_as_judged(folder: Path, name: str) -> str:
    """The digest that a file had when the release was judged: before anything was erased from it.

    Raises:
        ReleaseRefused: There is a record of erasures and it is none.
    """
    now = digest_file(folder / name)
    for erasure in reversed(erasures_of(folder)):
        one = erasure.files.get(name)
        if one is not None and one.now == now:
            now = one.was
    return now


def manifests_before(folder: Path) -> tuple[str, ...]:
    """The digests that a release's manifest had before each erasure, oldest first."""
    return tuple(erasure.manifest for erasure in erasures_of(folder))


def refuse_erased(folder: Path, where: str, fix: str) -> None:
    """Refuse to judge a release again whose rows are not all there any more.

    Raises:
        ReleaseRefused: Cases were erased from it.
    """
    if erased := erasures_of(folder):
        what = f"cannot be judged again, so it is not promoted: {told(erased)}"
        raise ReleaseRefused(what, where=where, fix=fix)


def tell_of_erasures(folder: Path, where: str) -> None:
    """Say on standard error what was erased from a release, if anything was."""
    if erased := erasures_of(folder):
        notice(where, told(erased))


def told(erased: tuple[Erasure, ...]) -> str:
    """What was erased, for people."""
    said = (
        f"{max(one.cases for one in erasure.files.values())} cases were erased from it on "
        f"{erasure.at[:10]} by {erasure.actor}: {erasure.reason}"
        for erasure in erased
    )
    return "; ".join(said)
