"""The faults of a drill: each plants one, tries a rollback, recovers, and says what was seen.

Takes a `Scratch` in which the release to be left serves; gives an `Outcome`, or raises `Unsurvived`
with what did not hold. `FAULTS` is the list that `drilling` walks and the record names.
"""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dslm.errors import EXIT_ENVIRONMENT, DslmError, EnvironmentFault, ReleaseRefused
from dslm.releasing import clock, steps
from dslm.releasing.backup.restoring import restore
from dslm.releasing.drill.scratch_registry import DRILL, MLFLOW, Scratch, Standing
from dslm.releasing.drill.scratch_server import ScratchServer, there_is_a_server
from dslm.releasing.opening import NAME, registry_at, tracking_uri
from dslm.releasing.promoting import history, rollback
from dslm.releasing.recovering import recover
from dslm.releasing.smoke import Answer
from dslm.settings.workspace import Workspace

REASON = "drill"


class Unsurvived(Exception):
    """What did not hold."""


class Untried(Exception):
    """Why a fault cannot be planted on this machine."""


@dataclass(frozen=True)
class Drilled:
    """What a fault is tried with.

    Attributes:
        scratch: As it is before; a fault works in others like it.
        before: What serves in it, asked while no other registry is at hand.
        folder: Of this fault alone.
        leaves: The version that serves.
        back: The one before it.
        wrong_base: Loads a release on a base model of which one byte is another.
    """

    scratch: Scratch
    before: Standing
    folder: Path
    leaves: int
    back: int
    wrong_base: Callable[[Path], Answer]


def gave_its_answers(_: Path, __: str) -> Mapping[str, Any]:
    """In place of a model: the release was loaded, and gave its answers, earlier in this drill."""
    return {"again": True, "told": (), "bridged": None}


def _go_back(
    d: Drilled, ws: Workspace, answer: Answer = gave_its_answers, reason: str = REASON
) -> bool:
    """A rollback, which says where to: the last move may have been one; whether it moved."""
    return rollback(ws, reason, DRILL, answer, to=d.back) is not None


def _expect(held: bool, otherwise: str) -> None:
    if not held:
        raise Unsurvived(otherwise)


def _moved_back(d: Drilled, scratch: Scratch, moves: int = 1) -> None:
    """All say that the release before serves, after so many moves."""
    now = scratch.standing()
    wanted = Standing(d.back, d.back, d.before.moves + moves, ())
    _expect(now == wanted, f"{now} where {wanted} should be")


def _refused(d: Drilled, scratch: Scratch, answer: Answer = gave_its_answers) -> str:
    """The refusal of a rollback, after which nothing has moved."""
    try:
        moved = _go_back(d, scratch.ws, answer)
    except ReleaseRefused as refusal:
        now = scratch.standing()
        _expect(now == d.before, f"refused, and yet {now} where {d.before} was")
        return refusal.what
    raise Unsurvived(f"it was not refused, and {'moved' if moved else 'did nothing'}")


@contextmanager
def _timed(took: list[float]) -> Iterator[None]:
    began = time.monotonic()
    yield
    took.append(time.monotonic() - began)


Seen = tuple[str, float]  # in words, and the seconds that recovery took


def missing_artefact(d: Drilled) -> Seen:
    """The adapter's weights are gone from the store."""
    return _damaged(d, lambda path: path.unlink())


def corrupted_shard(d: Drilled) -> Seen:
    """One byte of the weights is another."""

    def flip(path: Path) -> None:
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(data)

    return _damaged(d, flip)


def _damaged(d: Drilled, damage: Callable[[Path], None]) -> Seen:
    scratch, took = d.scratch.again(d.folder / "clone"), list[float]()
    weights = sorted((scratch.files_of(d.back) / "adapter").glob("*.safetensors"))
    _expect(bool(weights), "the release has no weights")
    damage(weights[0])
    said = _refused(d, scratch)
    with _timed(took):
        restore(scratch.ws, scratch.backup, None, DRILL)
        _go_back(d, scratch.ws)
    _moved_back(d, scratch)
    return f"refused ({said}); files restored from the backup, then rolled back", sum(took)


def wrong_base(d: Drilled) -> Seen:
    """The base model on this machine is not the one that the adapter was trained on."""
    scratch, took = d.scratch.again(d.folder / "clone"), list[float]()
    said = _refused(d, scratch, d.wrong_base(d.folder))
    _expect("trained on another base" in said, f"refused, but for something else: {said}")
    with _timed(took):
        _go_back(d, scratch.ws)
    _moved_back(d, scratch)
    return f"refused ({said}); with the right base, rolled back", sum(took)


def dead_server(d: Drilled) -> Seen:
    """The registry's server dies right after the move was written down."""
    if not there_is_a_server():
        raise Untried("MLflow's server is not installed: pip install 'dslm[train]'")
    server, took = ScratchServer(d.folder / "server"), list[float]()
    clone = d.scratch.clone(d.folder / "clone")
    scratch = Scratch(clone, d.scratch.backup, d.scratch.empty)
    with server.in_use():
        try:
            server.start()
            restore(clone, scratch.backup, None, DRILL)
            _expect(scratch.standing() == d.before, "the server was not restored as it was")
            _cut_off(lambda: _go_back(d, clone), server)
            with _timed(took):
                server.start()
                _go_back(d, clone)
            _moved_back(d, scratch)
        finally:
            server.kill()
    return "exit code 5; server started again, the same command finished the move", sum(took)


def _cut_off(act: Callable[[], object], server: ScratchServer) -> None:
    def die(step: str) -> None:
        if step == "journal":
            server.kill()

    try:
        with steps.watched(die):
            act()
    except EnvironmentFault:
        return
    raise Unsurvived("the server died and the command did not say so")


def full_disk(d: Drilled) -> Seen:
    """The disk takes nothing from the moment that the champion is about to move."""
    scratch, took = d.scratch.again(d.folder / "clone"), list[float]()
    ended = subprocess.run(
        [sys.executable, "-m", "dslm.releasing.drill.limited_rollback", str(scratch.ws.root),
         scratch.ws.workflow, REASON, DRILL, str(d.back)],
        check=False, capture_output=True, cwd=scratch.ws.root, env=dict(os.environ),
    )  # fmt: skip
    code = ended.returncode
    _expect(code == EXIT_ENVIRONMENT, f"exit code {code} where {EXIT_ENVIRONMENT} should be")
    champion = scratch.standing().champion
    _expect(champion in {d.leaves, d.back}, f"version {champion} serves, which is neither")
    with _timed(took):
        _go_back(d, scratch.ws)
    _moved_back(d, scratch)
    return "exit code 5; with room again, the same command moved or finished", sum(took)


def clock_skew(d: Drilled) -> Seen:
    """The clock of the machine that rolls back is a year ahead; the next one's is right."""
    scratch, took = d.scratch.again(d.folder / "clone"), list[float]()
    with clock.skewed(dt.timedelta(days=365)):
        _go_back(d, scratch.ws)
    _moved_back(d, scratch)
    with _timed(took):
        rollback(scratch.ws, REASON, DRILL, gave_its_answers, to=d.leaves)
        rollback(scratch.ws, f"{REASON}, again", DRILL, gave_its_answers, to=d.back)
    _moved_back(d, scratch, moves=3)
    at = [entry.at for entry in history(scratch.ws)][-3:]
    _expect(at[0] > max(at[1:]), "the clock was not wrong")
    return "moves count in their order, whatever their times say", sum(took)


def two_operators(d: Drilled) -> Seen:
    """Two roll back at the same moment, from two clones."""
    scratch, took = d.scratch.again(d.folder / "clone"), list[float]()
    other = scratch.clone(d.folder / "other")
    both, ended = threading.Barrier(2, timeout=120), dict[str, str]()

    def operator(name: str, ws: Workspace) -> None:
        def together(step: str) -> None:
            if step == "proved":
                both.wait()

        try:
            with steps.watched(together):
                ended[name] = (
                    "moved" if _go_back(d, ws, reason=f"{REASON} {name}") else "did nothing"
                )
        except (DslmError, threading.BrokenBarrierError) as fault:
            ended[name] = type(fault).__name__

    with registry_at(tracking_uri(scratch.ws.root)), _timed(took):
        threads = [threading.Thread(target=operator, args=one)
                   for one in (("one", scratch.ws), ("two", other))]  # fmt: skip
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        _expect(sorted(ended.values()) == ["ReleaseRefused", "moved"], f"they ended with {ended}")
        for ws in (scratch.ws, other):
            recover(ws, DRILL)
            _moved_back(d, Scratch(ws, scratch.backup, scratch.empty))
    return "one moved, the other was refused and moved nothing; both clones agree", sum(took)


def lost_database(d: Drilled) -> Seen:
    """The database is gone; the files and the journal in git are there."""
    scratch, took = d.scratch.without_database(d.folder / "clone"), list[float]()
    _expect(not (scratch.ws.root / MLFLOW / NAME).exists(), "the database is still there")
    with _timed(took):
        restore(scratch.ws, None, scratch.ws.root / MLFLOW / "artifacts", DRILL)
        now = scratch.standing()
        _expect(now == d.before, f"{now} where {d.before} was")
        _go_back(d, scratch.ws)
    _moved_back(d, scratch)
    return "restored from files and journal, chain and champion as before; rolled back", sum(took)


FAULTS: tuple[tuple[str, str, Callable[[Drilled], Seen]], ...] = (
    ("missing artefact", "refused, nothing moves", missing_artefact),
    ("corrupted shard", "refused, nothing moves", corrupted_shard),
    ("wrong base", "refused, nothing moves", wrong_base),
    ("dead server midway", "exit code 5, the same command finishes", dead_server),
    ("full disk", "exit code 5, the same command finishes", full_disk),
    ("clock skew", "order counts, not time", clock_skew),
    ("two operators at once", "one wins, the other has moved nothing", two_operators),
    ("lost database", "restored from journal and files", lost_database),
)
