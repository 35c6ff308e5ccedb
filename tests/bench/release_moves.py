"""Moves of the champion, measured: killed at each step, many at once, and how long one takes.

Run it as `PYTHONPATH=.:tests nice python tests/bench/release_moves.py --promoters 16`; it prints
the tables of docs/measurements/release.md. `--only` takes `faults`, `race` or `times`, `--where`
one registry; PostgreSQL needs its server's programs and psycopg, and is left out where they are
missing. Nothing is trained: versions hold a few bytes as weights, so what is measured is the
registry and the decision.
"""

from __future__ import annotations

import argparse
import contextlib
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from support.releases.killed_moves import killed_after, stands
from support.releases.racing_moves import clones, race, registry_at
from support.releases.registry_servers import SECRET, mlflow_server, postgresql
from support.repositories.finished_run import Run, W, answers_well, finish_run

from dslm.releasing.moves import command_steps
from dslm.releasing.moves.promote_and_rollback import history, promote, rollback
from dslm.releasing.moves.recover import recover
from dslm.releasing.package.registration import register
from dslm.releasing.registry.mlflow_store import ModelStore

Where = Callable[[Path], contextlib.AbstractContextManager[str]]


@contextlib.contextmanager
def sqlite(folder: Path) -> Iterator[str]:
    yield f"sqlite:///{folder / 'mlflow.db'}"


@contextlib.contextmanager
def server_on_sqlite(folder: Path) -> Iterator[str]:
    with mlflow_server(folder, f"sqlite:///{folder / 'mlflow.db'}", workers=2) as (_, port):
        yield f"http://127.0.0.1:{port}"


@contextlib.contextmanager
def server_on_postgresql(folder: Path) -> Iterator[str]:
    with postgresql(folder) as database:
        backend = f"postgresql+psycopg://ann:{SECRET}@127.0.0.1:{database}/postgres"
        with mlflow_server(folder, backend, workers=2) as (_, port):
            yield f"http://127.0.0.1:{port}"


WHERE: dict[str, Where] = {
    "sqlite": sqlite,
    "server on sqlite": server_on_sqlite,
    "server on PostgreSQL": server_on_postgresql,
}


@contextlib.contextmanager
def repository(where: Where) -> Iterator[Run]:
    """A repository with two champions, in a registry of its own."""
    with (
        tempfile.TemporaryDirectory() as folder,
        tempfile.TemporaryDirectory() as registry,
        where(Path(registry)) as address,
        registry_at(address),
    ):
        run = finish_run(Path(folder))
        run.register()
        promote(run.ws, None, "first", "ann")
        run.released(b"weights two")
        promote(run.ws, None, "second", "ann")
        yield run


def copy_of(run: Run, folder: Path) -> Run:
    """The repository and its `.mlflow`; the command that opens it sets its locations right."""
    shutil.copytree(run.ws.root, folder)
    return Run(type(run.ws)(folder, W))


def faults() -> None:
    """Each command, killed after each step: what then serves, and what the same command does."""
    print("| command | killed after | serves then | entries | the same command | recover |")
    print("|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as root:
        run = finish_run(Path(root) / "made")
        run.register()
        promote(run.ws, None, "first", "ann")
        run.released(b"weights two")
        promote(run.ws, None, "second", "ann")
        waiting = copy_of(run, Path(root) / "waiting")
        waiting.candidate(b"weights three")
        waiting.gate()
        ready = copy_of(run, Path(root) / "ready")
        ready.released(b"weights three")
        third = copy_of(ready, Path(root) / "third")
        promote(third.ws, None, "third", "ann")
        cut = copy_of(third, Path(root) / "cut")
        ModelStore(cut.ws.root, f"{W}.journal").mlflow.delete_model_version(f"{W}.journal", "3")
        commands: tuple[tuple[str, Run, tuple[str, ...], Callable[[Run], object]], ...] = (
            ("register", waiting, command_steps.REGISTER, lambda one: register(one.ws,
            answers_well)),
            ("promote", ready, command_steps.PROMOTE, lambda one: promote(one.ws, None, "third",
            "ann")),
            ("rollback", third, command_steps.ROLLBACK,
             lambda one: rollback(one.ws, "wrong totals", "ann", answers_well)),
            ("recover", cut, command_steps.RECOVER, lambda one: recover(one.ws, "ann")),
        )  # fmt: skip
        for name, before, walked, command in commands:
            for number, step in enumerate(walked):
                one = copy_of(before, Path(root) / f"{name}-{number}")
                if not killed_after(step, lambda one=one, act=command: act(one)):
                    continue
                other = copy_of(one, Path(root) / f"{name}-{number}-other")
                with contextlib.suppress(Exception):
                    left = stands(one)
                command(one)
                recover(other.ws, "bob")
                done, mended = stands(one), stands(other)
                print(f"| {name} | {step} | {_said(left)} | {left['entries']} | {_said(done)} | "
                      f"{_said(mended)} |", flush=True)  # fmt: skip


def _said(found: dict[str, object]) -> str:
    named = [found["journal"], found["alias"], found["champion.json"]]
    if len(set(named)) == 1 and not found["faults"]:
        return f"{named[0]}"
    return f"journal {named[0]}, alias {named[1]}, champion.json {named[2]}"


def racing(places: dict[str, Where], promoters: int, rounds: int) -> None:
    """Many who promote at once, each another version, each in a process and clone of its own."""
    print("| registry | promoters | rounds | won | exit code 4 | other | entries | longest |")
    print("|---|---|---|---|---|---|---|---|")
    for name, where in places.items():
        with contextlib.suppress(Missing), ready(where) as run:
            ran, slowest = [], 0.0
            for again in range(rounds):
                numbers = [run.released(b"%d %d" % (again, n)).version for n in range(promoters)]
                with tempfile.TemporaryDirectory() as folder:
                    acts = [
                        lambda ws=one.ws, number=number: promote(ws, number, "mine", "ann")
                        for number, one in zip(
                            numbers, clones(run, Path(folder) / "clones", promoters), strict=True
                        )
                    ]
                    ran += (now := race(acts, Path(folder) / "ran"))
                won = [n for n, one in zip(numbers, now, strict=True) if one.moved]
                assert [e.to_version for e in history(run.ws)][2 + again :] == won, won
                promote(run.ws, won[0], "its own clone follows", "ann")
                slowest = max([slowest, *(one.seconds for one in now)])
            codes = [one.code for one in ran if not one.moved]
            other = ", ".join(f"{one.code}: {one.said}" for one in ran if one.code not in (0, 4))
            print(f"| {name} | {promoters} | {rounds} | {sum(one.moved for one in ran)} | "
                  f"{codes.count(4)} | {other or len(codes) - codes.count(4)} | "
                  f"{len(history(run.ws))} | {slowest:.1f} s |", flush=True)  # fmt: skip


class Missing(Exception):
    """What a registry needs is not installed."""


@contextlib.contextmanager
def ready(where: Where) -> Iterator[Run]:
    """As `repository`, or `Missing`."""
    import pytest

    try:
        with repository(where) as run:
            yield run
    except pytest.skip.Exception as error:
        print(f"| (left out: {error}) |")
        raise Missing from error


def times(places: dict[str, Where], moves: int) -> None:
    """How long a promotion and a rollback take, without loading weights, and their own share of it.

    The rest is the registry's, and whatever else the machine does.
    """
    print("| registry | promote, median | longest | CPU | rollback, median | longest | CPU |")
    print("|---|---|---|---|---|---|---|")
    for name, where in places.items():
        with contextlib.suppress(Missing), ready(where) as run:
            there, back = [], []
            for number in range(moves):
                version = run.released(b"timed %d" % number).version
                there.append(_seconds(lambda v=version: promote(run.ws, v, "timed", "ann")))
                back.append(_seconds(
                    lambda n=number: rollback(run.ws, f"timed {n}", "ann", answers_well)
                ))  # fmt: skip
            cells: list[float] = []
            for one in (there, back):
                wall, cpu = zip(*one, strict=True)
                cells += [statistics.median(wall), max(wall), statistics.median(cpu)]
            print(f"| {name} | {' | '.join(f'{cell:.2f} s' for cell in cells)} |", flush=True)


def _seconds(act: Callable[[], object]) -> tuple[float, float]:
    began, used = time.perf_counter(), time.process_time()
    assert act() is not None
    return time.perf_counter() - began, time.process_time() - used


def main() -> None:
    """Print the tables."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--only", choices=("faults", "race", "times"))
    asked.add_argument("--where", choices=tuple(WHERE), help="one registry alone")
    asked.add_argument("--promoters", type=int, default=16)
    asked.add_argument("--rounds", type=int, default=1)
    asked.add_argument("--moves", type=int, default=7)
    given = asked.parse_args()
    places = {name: where for name, where in WHERE.items() if given.where in (None, name)}
    if given.only in (None, "faults"):
        faults()
    if given.only in (None, "race"):
        racing(places, given.promoters, given.rounds)
    if given.only in (None, "times"):
        times(places, given.moves)


if __name__ == "__main__":
    main()
