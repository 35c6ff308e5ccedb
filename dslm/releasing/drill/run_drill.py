"""Drills a rollback in a scratch registry: restores, promotes, serves, goes back; then with faults.

Takes a workspace; gives a `DrillRecord`, and keeps it. The releases are the champion and the
candidate; or, where there is none, the champion and the one before. Called by `dslm release drill`.
"""

from __future__ import annotations

import datetime as dt
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import dslm
from dslm.errors import DslmError, ReleaseRefused
from dslm.releasing.backup.restore_registry import restore
from dslm.releasing.backup.write_backup import back_up
from dslm.releasing.drill.drill_record import (
    DrilledRelease,
    DrillRecord,
    DrillRow,
    Outcome,
    keep_record,
)
from dslm.releasing.drill.loaded_releases import Loading
from dslm.releasing.drill.planted_faults import (
    FAULTS,
    REASON,
    Drilled,
    Seen,
    Unsurvived,
    Untried,
)
from dslm.releasing.drill.scratch_registry import (
    DRILL,
    Scratch,
    bare_clone,
    empty_database,
)
from dslm.releasing.journal.journal import served
from dslm.releasing.journal.journal_anchors import known_moves
from dslm.releasing.moves.promote_and_rollback import promote, rollback
from dslm.releasing.moves.release_identity import is_release, registered
from dslm.releasing.registry.mlflow_connection import nothing_yet, registry_at
from dslm.releasing.registry.mlflow_store import ModelStore
from dslm.releasing.registry.version import CANDIDATE, Version
from dslm.releasing.verification.fetch_release import fetch_asked
from dslm.settings.workspace import Workspace
from dslm.stage import exclusive

GO_ON = "a drill goes from one release back to another: promote one, register the next"


@dataclass(frozen=True)
class _Pair:
    """The release that serves after the promotion, and the one that is rolled back to."""

    leaves: Version
    back: Version
    promotes: bool


def drill(
    ws: Workspace,
    actor: str,
    loading: Loading,
    version: int | None = None,
    *,
    told: Callable[[str], object],
) -> tuple[DrillRecord, str | None]:
    """Drill, and keep the record.

    Args:
        ws: The workflow; its registry is read, and nothing of it is written.
        actor: Who.
        loading: How releases are loaded.
        version: To be promoted in the drill; by default the one that `candidate` names.
        told: Is called with the name of each row that begins.

    Returns:
        The record, and the id of the key that signed it, None where it is not signed.

    Raises:
        ReleaseRefused: There are no two releases, or one cannot be backed up.
    """
    began = time.monotonic()
    pair = _pair(ws, version)
    with tempfile.TemporaryDirectory(prefix="dslm-drill-") as folder:
        backup = Path(folder) / "backup"
        back_up(ws, backup, only={pair.leaves.number, pair.back.number})
        with registry_at(None):
            drilled = _Drilled(ws, pair, Path(folder) / "clone", backup, loading)
            rows = tuple(_rows(drilled, Path(folder), told))
    releases = tuple(
        DrilledRelease(version=v.number, digest=v.digest, manifest=v.tags.get("manifest", ""))
        for v in (pair.leaves, pair.back)
    )
    record = DrillRecord(
        workflow=ws.workflow,
        at=dt.datetime.now(tz=dt.UTC).replace(microsecond=0),
        dslm=dslm.__version__,
        actor=actor,
        releases=releases,
        rows=rows,
        passed=all(row.outcome == "pass" for row in rows),
        seconds=round(time.monotonic() - began, 1),
    )
    with exclusive(ws.root, f"release-{ws.workflow}", refusal=ReleaseRefused):
        return record, keep_record(ws, record)


def _pair(ws: Workspace, version: int | None) -> _Pair:
    """The releases that are drilled.

    Raises:
        ReleaseRefused: There is nothing that could be left for something else.
    """
    if nothing_yet(ws.root):
        raise ReleaseRefused("there is no registry here", where=ws.workflow, fix=GO_ON)
    store = ModelStore(ws.root, ws.workflow)
    entries, versions = known_moves(ws, store)
    line = served(entries)
    champion = registered(store, line[-1], versions) if line else None
    if champion is None:
        raise ReleaseRefused("nothing serves that could be rolled back to", where=ws.workflow,
                             fix=GO_ON)  # fmt: skip
    if version is not None:
        chosen: Version | None = store.version(version, versions)
    else:
        been = {entry.to_version for entry in entries}
        chosen = next((v for v in versions if CANDIDATE in v.aliases), None)
        chosen = None if chosen and chosen.number in been else chosen
    if chosen is not None and not is_release(store, line[-1], chosen):
        return _Pair(chosen, champion, promotes=True)
    before = registered(store, line[-2], versions) if len(line) > 1 else None
    if before is None:
        raise ReleaseRefused("the champion is the only release", where=ws.workflow, fix=GO_ON)
    return _Pair(champion, before, promotes=False)


class _Drilled:
    """The scratch registry, from an empty one on, and what has to go well in it."""

    def __init__(self, ws: Workspace, pair: _Pair, clone: Path, backup: Path, loading: Loading):
        self._clone = bare_clone(ws, clone)
        self._pair, self._backup, self._loading = pair, backup, loading
        self._leaves, self._back = pair.leaves.number, pair.back.number
        self._scratch = Scratch(self._clone, backup, clone)

    def restores(self) -> Seen:
        """Restore, as on another machine."""
        began = time.monotonic()
        restore(self._clone, self._backup, None, DRILL)
        took = time.monotonic() - began
        _expect(self._scratch, self._back if self._pair.promotes else self._leaves)
        return "the same numbers, digests and moves", took

    def promotes(self) -> Seen:
        """Promote the candidate as it will be; where the champion is drilled, see that it holds."""
        began, once = time.monotonic(), self._loading.once()
        promote(self._clone, self._leaves, REASON, DRILL, answer=once, within_drill=True)
        took = time.monotonic() - began
        _expect(self._scratch, self._leaves)
        folder = self._clone.root.parent
        back_up(self._clone, folder / "promoted")
        empty = empty_database(folder / "empty")
        self._scratch = Scratch(self._clone, folder / "promoted", empty)
        return f"version {self._leaves} serves", took

    def serves(self) -> Seen:
        """Load what serves, as whoever serves it does."""
        began, answers = time.monotonic(), self._loading.again()
        with tempfile.TemporaryDirectory(prefix="dslm-") as scratch:
            number, folder = fetch_asked(self._clone, None, Path(scratch))
            answers(folder, "")
        return f"version {number} loads, {_gave(answers.given)}", time.monotonic() - began

    def goes_back(self) -> Seen:
        """Roll back in a copy: what is broken later begins where the other still serves."""
        scratch = self._scratch.again(self._clone.root.parent / "back")
        began, answers = time.monotonic(), self._loading.again()
        rollback(scratch.ws, REASON, DRILL, answers, to=self._back)
        took = time.monotonic() - began
        _expect(scratch, self._back)
        return f"version {self._back} serves, {_gave(answers.given)}", took

    def broken_in(self, folder: Path) -> Drilled:
        """What a fault is planted into, with a folder of its own."""
        release = self._scratch.files_of(self._back)
        wrong_base = partial(self._loading.on_wrong_base, release)
        before = self._scratch.standing()
        return Drilled(self._scratch, before, folder, self._leaves, self._back, wrong_base)


def _rows(drilled: _Drilled, folder: Path, told: Callable[[str], object]) -> Iterator[DrillRow]:
    """What has to go well, then what is broken; none of these without the former."""
    for name, asked, act in (
        ("restore", "from a backup into an empty registry", drilled.restores),
        ("promote", "judged as a promotion is", drilled.promotes),
        ("serve", "loads, gives its recorded answers again", drilled.serves),
        ("roll back", "the same, then moves and reads back", drilled.goes_back),
    ):
        told(name)
        row = _row(name, asked, act)
        yield row
        if row.outcome != "pass":
            return
    for name, asked, plant in FAULTS:
        told(name)
        place = folder / name.replace(" ", "-")
        place.mkdir()
        yield _row(name, asked, partial(plant, drilled.broken_in(place)))
        shutil.rmtree(place)


def _row(name: str, asked: str, act: Callable[[], Seen]) -> DrillRow:
    """One row of the record; whatever it ends with stands in it."""
    outcome: Outcome = "fail"
    seconds = 0.0
    try:
        seen, seconds = act()
        outcome = "pass"
    except Untried as why:
        seen, outcome = str(why), "not tried"
    except (Unsurvived, OSError) as fault:
        seen = str(fault)
    except DslmError as fault:
        seen = fault.message()
    return DrillRow(fault=name, asked=asked, seen=seen, outcome=outcome, seconds=round(seconds, 1))


def _expect(scratch: Scratch, number: int) -> None:
    """All say that a version serves.

    Raises:
        Unsurvived: They do not.
    """
    now = scratch.standing()
    if (now.champion, now.alias, now.faults) != (number, number, ()):
        raise Unsurvived(f"{now} where version {number} should serve")


def _gave(answers: int | None) -> str:
    return f"{answers} recorded answers given again" if answers else "it has no recorded answers"
