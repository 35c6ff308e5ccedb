"""Every other file of the repository that holds something of the person.

Takes a `Found` and walks the tree, the DVC cache and `.mlflow/`; gives `Copy`s: what can be made
again is removed, what is somebody's own is told. Files that people keep by hand are those of
`finding`, the files of stored releases those of `releases`. Called by `forgetting` before and
after, with the same search.
"""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from dslm.erasure.finding import Found
from dslm.erasure.json_objects import looks_like_lines, object_of, objects_in
from dslm.erasure.tree import cache_folder, files_below
from dslm.provenance import sync_folder
from dslm.settings.workspace import Workspace, origin

Action = Literal["rows taken out", "removed", "sealed again", "by hand"]
RELEASE = ("artifacts", "release")  # how the path of a release's files goes on below its run
_CALIBRATION = "calibration"
LARGEST_OBJECT = 1 << 20  # bytes of one that goes over many lines


@dataclass(frozen=True)
class Copy:
    """Something that holds the person's cases.

    Attributes:
        kind: Sources, gold, review, curated, scores, report, results, cache, checkpoints, working
            files, registry, release, or elsewhere.
        place: Where, below the repository; for a release its version.
        found: How many rows or texts of the person were found there.
        action: What is done with it.
        path: What is removed.
    """

    kind: str
    place: str
    found: int
    action: Action
    path: Path | None = None


def copies(ws: Workspace, found: Found) -> list[Copy]:
    """All copies but those in `found.files` and in stored releases, sorted by place."""
    own = {path.resolve() for one in found.files for path in (one.path, *one.beside)}
    held: dict[Path, Copy] = {}
    met = set[Path]()
    for path in (*_outside(ws.root), *files_below(ws.root)):
        if (there := path.parent.resolve() / path.name) in met:
            continue
        met.add(there)
        if path.resolve() in own and not _is_cached(ws, path):
            continue
        place = _place(ws, path)
        if place is None:
            continue
        kind, action, unit = place
        if count := _holds(found, path, kind):
            before = held.get(unit)
            total = count + (before.found if before else 0)
            held[unit] = Copy(kind, shown(ws, unit), total, action, unit)
    return sorted(held.values(), key=lambda one: (one.kind, one.place))


def _outside(root: Path) -> Iterator[Path]:
    """Files of a DVC cache that lies elsewhere."""
    cache = cache_folder(root)
    if not cache.resolve().is_relative_to(root.resolve()):
        yield from files_below(cache)


def _is_cached(ws: Workspace, path: Path) -> bool:
    return path.is_relative_to(cache_folder(ws.root))


def _place(ws: Workspace, path: Path) -> tuple[str, Action, Path] | None:
    """What a file is part of: its kind, what is done with it, and what is removed as a whole."""
    if _is_cached(ws, path) or path.is_relative_to(ws.root / ".dvc" / "tmp"):
        return "cache", "removed", path
    if path.is_relative_to(ws.artifacts):
        return _artifact(ws, path)
    if path.is_relative_to(ws.results):
        return "results", "removed", path
    if path.is_relative_to(ws.checkpoints):
        return "checkpoints", "removed", path
    if path.is_relative_to(ws.root / ".dslm"):
        return "working files", "removed", path
    if path.name.endswith(".partial") and path.name.startswith("."):
        return "working files", "removed", path
    mlflow = origin(ws.root) / ".mlflow"
    if path.is_relative_to(mlflow):
        parts = path.relative_to(mlflow).parts
        is_release = parts[:2] == ("artifacts", ws.workflow) and parts[3:5] == RELEASE
        return None if is_release else ("registry", "by hand", path)
    return "elsewhere", "by hand", path


def _artifact(ws: Workspace, path: Path) -> tuple[str, Action, Path]:
    """A stage's output is removed whole: a folder without one of its files is none."""
    parts = path.relative_to(ws.artifacts).parts
    if parts[0] == "scores" and len(parts) > 2:
        return "scores", "removed", ws.scores(parts[1])
    kinds = {"curated": "curated", "report.html": "report", "report-raw.html": "report"}
    return kinds.get(parts[0], "output"), "removed", ws.artifacts / parts[0]


def shown(ws: Workspace, path: Path) -> str:
    """A path for people: below the repository, if it is."""
    return str(path.relative_to(ws.root)) if path.is_relative_to(ws.root) else str(path)


def _holds(found: Found, path: Path, kind: str) -> int:
    """How many of the person's rows or texts a file holds."""
    try:
        texts = found.search.in_file(path)
        rows = _rows(found, path, kind) if looks_like_lines(path) else 0
        if kind == "report" and found.person.gold_ids:  # it has gold's answers, cut as they may be
            rows = max(rows, 1)
    except FileNotFoundError:  # gone meanwhile
        return 0
    return max(texts, rows)


def _rows(found: Found, path: Path, kind: str) -> int:
    """How many of its lines are cases of the person's, or answers to them.

    The cache is of all workflows, and so is the rest of the tree: there an id alone says too
    little.
    """
    person, ours = found.person, kind in ("curated", "scores", "output")
    gold = not any(_CALIBRATION in part for part in path.parts[-2:])
    count = 0
    for one in _objects(path):
        if "prediction" in one and "group" in one:
            either = (True, False) if kind == "cache" else (gold,)
            same = any(person.has_id(one.get("id"), gold=g) for g in either)
            count += person.has_row(one, gold=gold) if ours else (
                same and person.of_group(one.get("group")))  # fmt: skip
        elif ("input" in one and isinstance(one.get("meta"), dict)) or (ours and "input" in one):
            count += person.has_case(one)
        else:
            count += person.is_named_in(one, at_top=kind == "cache")
    return count


def _objects(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of a file: one a line, or the one that it is over many lines."""
    found = False
    for one in objects_in(path):
        found = True
        yield one
    if not found and path.stat().st_size <= LARGEST_OBJECT:
        yield from object_of(path)


def remove(path: Path) -> None:
    """Remove an output or a file; the name goes first, so that nobody meets half of a folder.

    Of a link what it leads to goes before it does: by its name that is found.
    """
    if path.is_symlink():
        remove(path.resolve())
    elif not path.exists():
        return
    if path.is_dir() and not path.is_symlink():
        gone = path.with_name(f".{path.name}.forgotten.partial")
        if gone.exists():
            shutil.rmtree(gone)
        path.rename(gone)
        shutil.rmtree(gone)
    else:
        path.unlink()
    sync_folder(path.parent)


def kinds_of(found: Collection[Copy]) -> dict[str, int]:
    """How many copies of each kind there are."""
    counts: dict[str, int] = {}
    for one in found:
        counts[one.kind] = counts.get(one.kind, 0) + 1
    return dict(sorted(counts.items()))
