"""Starting over: what `dslm init --again` replaces, kept aside and told file by file.

Takes a workflow's folders; moves them below `.dslm/replaced/`, and back where the new ones could
not be put in their place. A workflow with releases is never started over. Called by
`dslm.scaffolding.init_workflow`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from dslm.cases import read_record
from dslm.errors import InputError
from dslm.records import Champion
from dslm.settings.workspace import Workspace

Change = Literal["replaced", "unchanged", "removed", "new"]


@dataclass(frozen=True)
class Replaced:
    """One file: what became of it, and how many lines it had and has."""

    path: str
    change: Change
    lines_before: int
    lines_after: int


def refuse_released(ws: Workspace) -> None:
    """Stop where the workflow has a release: its contract goes on, it does not begin again.

    Raises:
        InputError: It has one.
    """
    served = 0
    if ws.champion.is_file():
        fix = "restore it from git"
        served = read_record(ws.champion, Champion, missing="no champion file", fix=fix).version
    if served or ws.receipt.is_file():
        raise InputError(
            "has releases, and starting over would forget what they answer to", where=ws.registry,
            fix="edit the contract and raise its version, or choose another name",
        )  # fmt: skip


def set_aside(root: Path, name: str, places: Sequence[Path]) -> Path:
    """Move what is there below `.dslm/replaced/`; gives the folder it lies in now."""
    number = 1
    while (folder := root / ".dslm" / "replaced" / f"{name}-{number}").exists():
        number += 1
    folder.mkdir(parents=True)
    for place in places:
        if place.exists():
            target = folder / place.relative_to(root)
            target.parent.mkdir(parents=True, exist_ok=True)
            place.rename(target)
    return folder


def put_back(root: Path, aside: Path, places: Sequence[Path]) -> None:
    """Undo `set_aside`."""
    for place in places:
        kept = aside / place.relative_to(root)
        if kept.exists():
            kept.rename(place)


def changes(root: Path, aside: Path, places: Sequence[Path]) -> tuple[Replaced, ...]:
    """Every file that was there or is there now, by path."""
    old, new = (dict(_files(base, root, places)) for base in (aside, root))
    return tuple(_change(name, old.get(name), new.get(name)) for name in sorted({*old, *new}))


def _files(base: Path, root: Path, places: Sequence[Path]) -> Iterator[tuple[str, Path]]:
    for place in places:
        kept = base / place.relative_to(root)
        for path in [kept] if kept.is_file() else sorted(kept.rglob("*")):
            if path.is_file():
                yield path.relative_to(base).as_posix(), path


def _change(name: str, old: Path | None, new: Path | None) -> Replaced:
    before, after = (b"" if path is None else path.read_bytes() for path in (old, new))
    change: Change = "unchanged" if before == after else "replaced"
    if new is None or old is None:
        change = "removed" if new is None else "new"
    return Replaced(name, change, before.count(b"\n"), after.count(b"\n"))
