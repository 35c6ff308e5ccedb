"""The record of erasures, `registry/<workflow>/erasures.json`: that, when, by whom and why.

It says nothing of the person. The group's id stands there as a digest that is salted and slow to
make, so that who knows an id can look it up, and guessing takes time. Written by `dslm.erasure`
when an erasure is begun and when nothing is left of it; a run that was cut short goes on under the
same entry. Git keeps it, so that a release of which rows were erased is known by it, as by a
signature.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import secrets
from pathlib import Path
from typing import Literal

from pydantic import Field

from dslm.cases import read_record
from dslm.errors import ReleaseRefused
from dslm.provenance import MANIFEST, digest_file, write_atomic
from dslm.record import Record
from dslm.releasing.erasures import erasures_of
from dslm.settings.workspace import Workspace

NAME = "erasures.json"
_COST = 1 << 14  # of scrypt: about 50 ms and 16 MiB for each look


class Resealed(Record):
    """A release that was sealed again: its version, and its manifest before and after."""

    version: int
    before: str
    after: str


class Entry(Record):
    """One erasure.

    Attributes:
        at: When it was begun.
        actor: Who.
        reason: Why.
        salt: Of the digest.
        group: The group's digest.
        done: Whether everything was found to be gone.
        erased: How many copies of each kind were rewritten, removed or sealed again.
        releases: Those that were sealed again.
    """

    at: str
    actor: str
    reason: str
    salt: str
    group: str
    done: bool = False
    erased: dict[str, int] = Field(default_factory=dict)
    releases: tuple[Resealed, ...] = ()

    def is_of(self, key: str) -> bool:
        """Whether it is of a group, by its folded name."""
        return hmac.compare_digest(self.group, digest_of(key, self.salt))

    def stand_in(self, name: str) -> str:
        """What stands for an id in what is kept: the same for the same id of this erasure only."""
        made = hmac.new(bytes.fromhex(self.salt), name.encode(), "sha256")
        return made.hexdigest()[:16]


class Register(Record):
    """All erasures of a workflow, oldest first."""

    format: Literal["1"] = "1"
    erasures: tuple[Entry, ...] = ()

    def of(self, key: str) -> Entry | None:
        """The newest erasure of a group, if there was one."""
        return next((one for one in reversed(self.erasures) if one.is_of(key)), None)

    def having(self, entry: Entry) -> Register:
        """The same with an entry, in the place of the one that it continues."""
        kept = [entry if one.salt == entry.salt else one for one in self.erasures]
        known = any(one.salt == entry.salt for one in self.erasures)
        return Register(erasures=(*kept, *(() if known else (entry,))))


def digest_of(key: str, salt: str) -> str:
    """A group's folded name as the record has it."""
    made = hashlib.scrypt(key.encode(), salt=bytes.fromhex(salt), n=_COST, r=8, p=1, dklen=32)
    return made.hex()


def begun(key: str, actor: str, reason: str) -> Entry:
    """A new erasure."""
    salt = secrets.token_hex(16)
    at = dt.datetime.now(tz=dt.UTC).isoformat(timespec="seconds")
    return Entry(at=at, actor=actor, reason=reason, salt=salt, group=digest_of(key, salt))


def refuse_unrecorded(ws: Workspace, folder: Path, where: str) -> None:
    """Refuse an unsigned release that says of itself that rows were erased, where git does not.

    Else whoever may write to the registry could change rows and call that an erasure.

    Args:
        ws: The workflow.
        folder: The release, every byte compared with its manifest.
        where: Which version, for the message.

    Raises:
        ReleaseRefused: The record of erasures names another release, or none.
    """
    erased = erasures_of(folder)
    if not erased:
        return
    sealed = (erased[-1].manifest, digest_file(folder / MANIFEST))
    known = read_register(ws).erasures
    if not any((one.before, one.after) == sealed for entry in known for one in entry.releases):
        what = f"says that rows were erased from it, and {NAME} does not name it"
        fix = "`git pull`; or the erasure was cut short: the same `dslm forget` again"
        raise ReleaseRefused(what, where=where, fix=fix)


def path_of(ws: Workspace) -> Path:
    """Where the record lies; git keeps it."""
    return ws.registry / NAME


def read_register(ws: Workspace) -> Register:
    """The record as it is; empty where nothing was erased so far.

    Raises:
        InputError: It is none.
    """
    path = path_of(ws)
    if not path.exists():
        return Register()
    return read_record(path, Register, missing="no record", fix="restore it from git")


def write_entry(ws: Workspace, entry: Entry) -> None:
    """Write an entry into the record."""
    text = read_register(ws).having(entry).model_dump_json(indent=2)
    write_atomic(path_of(ws), text + "\n")
