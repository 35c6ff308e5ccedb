"""Everything that there is of a person's cases, and what erasing it would cost.

Takes a workspace and a group's id, or a `FoundCases`; gives a `Listing`, and changes nothing.
Called by `dslm forget`, and by `forget_group` before it begins.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dslm.erasure.find_cases import FoundCases, find_cases
from dslm.erasure.other_copies import Copy, copies, shown
from dslm.erasure.out_of_reach import beyond_reach, to_do
from dslm.erasure.registry_releases import stored_releases
from dslm.erasure.releases_holding import erased_files, held_by, lost_by, trained_on
from dslm.errors import InputError
from dslm.releasing.package.erasure_register import Entry, read_register
from dslm.settings.workspace import Workspace


@dataclass(frozen=True)
class Release:
    """A stored release that holds something of the person's, or learnt from it.

    Attributes:
        version: Its number; 0 for files that became no version.
        named: For people.
        files: Rows or cases by file that are erased.
        others: Files that hold a text and cannot be changed.
        lost: What it cannot do any more.
    """

    version: int
    named: str
    files: dict[str, int]
    others: tuple[str, ...]
    lost: tuple[str, ...]


@dataclass(frozen=True)
class Listing:
    """What there is of a person's cases, or was.

    Attributes:
        workflow: Whose.
        applied: Whether it was erased.
        copies: What is rewritten, removed or left to somebody's hands.
        releases: Stored releases that hold something, or learnt from it.
        beyond: What lies beyond reach, and what to do there.
        to_do: What to run afterwards.
        notes: What the search could not tell.
        before: The erasure of before, where nothing of the group is left.
    """

    workflow: str
    applied: bool
    copies: tuple[Copy, ...]
    releases: tuple[Release, ...]
    beyond: tuple[str, ...]
    to_do: tuple[str, ...]
    notes: tuple[str, ...] = ()
    before: Entry | None = field(default=None)

    @property
    def by_hand(self) -> list[str]:
        """Places that only a person can clear."""
        own = [one.place for one in self.copies if one.action == "by hand"]
        return own + [f"{one.named}, {name}" for one in self.releases for name in one.others]


@contextlib.contextmanager
def scratch_folder(ws: Workspace, *, alone: bool = False) -> Iterator[Path]:
    """A folder for copies of releases.

    Args:
        ws: The workflow.
        alone: Whether nobody else erases: then what killed runs left there goes first. Of half a
            release nobody could tell whose cases it holds.
    """
    parent = ws.root / ".dslm" / "forget" / ws.workflow
    if alone and parent.exists():
        shutil.rmtree(parent)
    parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=parent) as scratch:
        yield Path(scratch)


def listing(ws: Workspace, group: str) -> Listing:
    """Every copy of a group's cases; nothing is changed.

    Raises:
        InputError: There is no such group, and none was erased; groups spelled alike are named.
    """
    found = find_cases(ws, group)
    with scratch_folder(ws) as scratch:
        return listed(ws, found, group, scratch)


def listed(ws: Workspace, found: FoundCases, group: str, scratch: Path) -> Listing:
    """All that is known of a person's cases."""
    rows = [
        Copy(one.part, shown(ws, one.path), len(one.lines), "rows taken out") for one in found.files
    ]
    others = copies(ws, found)
    releases, unknown = releases_of(ws, found, scratch)
    holding = [one for one in releases if one.files or one.others]
    known = read_register(ws).of(found.person.key)
    nothing = not (rows or others or holding)
    if nothing and known is None:
        near = ", ".join(map(repr, found.near(group)))
        fix = f"did you mean {near}?" if near else "look at the sources for how it is written"
        raise InputError("no case of this group", where="--group", fix=fix)
    return Listing(
        workflow=ws.workflow,
        applied=False,
        copies=(*rows, *others),
        releases=tuple(releases) if not nothing else (),
        beyond=tuple(beyond_reach(ws, found)),
        to_do=tuple(to_do(ws, found)),
        notes=tuple(_notes(found, unknown)),
        before=known if nothing else None,
    )


def _notes(found: FoundCases, unknown: Sequence[int]) -> list[str]:
    """What the search could not tell."""
    said = []
    if unknown:
        numbers = ", ".join(map(str, unknown))
        said.append(f"versions {numbers} were made of other data than there is here now: whether "
                    "their "
                    "weights were trained on these cases, nobody can tell here")  # fmt: skip
    if found.search.too_short:
        said.append(f"{found.search.too_short} texts are too short to be looked for by their words")
    if found.search.shared:
        said.append(f"{found.search.shared} texts stand word for word in others' cases: where they "
                    "are met they are taken for those")  # fmt: skip
    if found.unreadable:
        said.append(f"{found.unreadable} rows of sources cannot be read and may be anybody's: "
                    f"`dslm check` names them")  # fmt: skip
    return said


def releases_of(ws: Workspace, found: FoundCases, scratch: Path) -> tuple[list[Release], list[int]]:
    """Stored releases that hold something of the person's or learnt from it; and which may have."""
    unknown = []
    entry = Entry(at="", actor="", reason="", salt="00" * 16, group="")
    listed = []
    with tempfile.TemporaryDirectory(dir=scratch) as into:
        for stored in stored_releases(ws, Path(into)):
            held = held_by(found, stored.folder)
            files = erased_files(found, stored.folder, entry) if held.counts else {}
            trained = trained_on(ws, found, stored.version)
            if trained is None and stored.version.number:
                unknown.append(stored.version.number)
            lost = lost_by(stored, files, trained=trained)
            if held.counts or held.others or lost:
                listed.append(Release(stored.version.number, stored.named, dict(held.counts),
                                      held.others, tuple(lost)))  # fmt: skip
    return listed, unknown
