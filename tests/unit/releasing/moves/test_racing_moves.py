"""Many promote at once, from clones of their own: one wins, the others have moved nothing."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine
from support.releases.killed_moves import stands
from support.releases.racing_moves import clones, race, registry_at
from support.releases.registry_servers import SECRET, mlflow_server, postgresql
from support.repositories.finished_run import Run, W, answers_well

from dslm.errors import EXIT_REFUSED
from dslm.releasing.moves import command_steps
from dslm.releasing.moves.promote_and_rollback import history, promote, rollback
from dslm.releasing.registry.mlflow_store import ModelStore

PROMOTERS = 6


@pytest.fixture(autouse=True)
def _unplugged() -> None:
    """One of these reaches servers on this machine."""


@pytest.fixture(scope="session")
def contested(_two: Run, tmp_path_factory: pytest.TempPathFactory, copying: Any) -> Run:
    """Version 2 serves, and as many others as promoters were compared with it."""
    run: Run = copying(_two, tmp_path_factory.mktemp("contested"))
    for number in range(PROMOTERS):
        run.released(b"weights %d" % (number + 3))
    return run


def test_of_many_promoters_at_once_one_wins_and_the_others_have_moved_nothing(
    contested: Run, copying: Any, tmp_path: Path
) -> None:
    run = copying(contested, tmp_path / "shared")
    with registry_at(f"sqlite:///{run.ws.root}/.mlflow/mlflow.db"):
        acts = [
            lambda ws=clone.ws, version=version: promote(ws, version, "mine", "ann")
            for version, clone in enumerate(clones(run, tmp_path / "clones", PROMOTERS), start=3)
        ]
        ran = race(acts, tmp_path / "ran")
    (winner,) = [number for number, one in enumerate(ran, start=3) if one.moved]
    codes = sorted(one.code for one in ran)
    assert codes == [0] + [EXIT_REFUSED] * (PROMOTERS - 1), [one.said for one in ran]
    assert all("same time" in one.said or "stale baseline" in one.said
               or "unless" in one.said for one in ran if not one.moved)  # fmt: skip
    assert [entry.to_version for entry in history(run.ws)] == [1, 2, winner]
    assert ModelStore(run.ws.root, W).aliases()["champion"] == winner
    assert promote(run.ws, winner, "its own clone follows", "ann") is None
    assert stands(run) == {"alias": winner, "journal": winner, "champion.json": winner,
                           "entries": 3, "faults": []}  # fmt: skip


@pytest.mark.parametrize("step", ["previous", "champion", "champion.json"])
def test_a_rollback_of_another_clone_while_the_champion_is_promoted_again_is_not_undone(
    two: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    with registry_at(f"sqlite:///{two.ws.root}/.mlflow/mlflow.db"):
        (other,) = clones(two, tmp_path / "clones", 1)
        ModelStore(two.ws.root, W).point("champion", None)  # so that there is something to set

        def meanwhile(made: str) -> None:
            if made == step:
                monkeypatch.setattr(command_steps, "reached", lambda _: None)
                assert rollback(other.ws, "wrong totals", "bob", answers_well) is not None

        monkeypatch.setattr(command_steps, "reached", meanwhile)
        assert promote(two.ws, 2, "again", "ann") is None
        for clone in (two, other):
            assert stands(clone) == {"alias": 1, "journal": 1, "champion.json": 1,
                                     "entries": 3, "faults": []}  # fmt: skip


@pytest.mark.parametrize("what", ["tag", "alias"])
def test_a_row_that_another_process_wrote_between_look_and_write_is_written_again(
    two: Run, what: str
) -> None:
    """MLflow looks whether a tag or alias is there, then inserts it: the second fails."""
    store = ModelStore(two.ws.root, W)
    table = {"tag": "model_version_tags", "alias": "registered_model_aliases"}[what]
    others = []

    def first(_c: Any, _u: Any, statement: str, values: Any, _x: Any, _m: bool) -> None:
        if statement.startswith(f"INSERT INTO {table}") and not others:
            others.append(statement)
            with sqlite3.connect(two.ws.root / ".mlflow" / "mlflow.db") as other:
                other.execute(statement, values)

    event.listen(Engine, "before_cursor_execute", first)
    try:
        if what == "tag":
            store.tag(2, "seen", "by ann")
        else:
            store.point("seen", 2)
    finally:
        event.remove(Engine, "before_cursor_execute", first)
    assert others
    assert store.version(2).tags.get("seen") == "by ann" or store.aliases()["seen"] == 2


def test_on_an_mlflow_server_with_postgresql_one_of_many_wins_too(
    bare: Run, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder, apart = tmp_path_factory.mktemp("pg"), tmp_path_factory.mktemp("apart")
    with postgresql(folder) as database:
        backend = f"postgresql+psycopg://ann:{SECRET}@127.0.0.1:{database}/postgres"
        with (
            mlflow_server(folder, backend) as (_, port),
            registry_at(f"http://127.0.0.1:{port}"),
        ):
            numbers = [bare.released(b"weights %d" % n).version for n in range(3)]
            acts = [
                lambda ws=clone.ws, version=version: promote(ws, version, "mine", "ann")
                for version, clone in zip(numbers, clones(bare, apart / "clones", 3), strict=True)
            ]
            ran = race(acts, apart / "ran")
            assert sorted(one.code for one in ran) == [0, EXIT_REFUSED, EXIT_REFUSED]
            (entry,) = history(bare.ws)
            assert ran[numbers.index(entry.to_version)].moved
            assert ModelStore(bare.ws.root, W).aliases()["champion"] == entry.to_version
            assert promote(bare.ws, entry.to_version, "its own clone follows", "ann") is None
            assert stands(bare)["faults"] == []
