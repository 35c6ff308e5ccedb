"""Finished runs, with an MLflow database copied from a migrated template, and no network."""

from __future__ import annotations

import contextlib
import shutil
import socket
import sqlite3
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from approving_people import WHY, People
from finished_run import Run, W, finish_run

from dslm.releasing.opening import client
from dslm.releasing.promoting import promote
from dslm.releasing.signed_approvals.approving import approve
from dslm.settings.workspace import Workspace

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests with a database are slow: six seconds for the first one and a second for each.

    The fast tier has all that needs none.
    """
    for item in items:
        needs = getattr(item, "fixturenames", ())
        if HERE in item.path.parents and "migrated" in needs:
            item.add_marker(pytest.mark.slow)


@pytest.fixture(autouse=True)
def _unplugged(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test here may reach a network, and none reads the caller's server."""

    def refuse(_: socket.socket, address: object) -> None:
        raise AssertionError(f"a connection to {address}")

    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.fixture(scope="session", autouse=True)
def _no_server() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        yield


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory, _no_server: None) -> Path:
    """A fresh MLflow database; copying it takes no time, migrating one takes seconds."""
    from mlflow.store.db import utils

    # the newest of its seventy migrations, which it would read anew for each copy that is opened
    utils._get_latest_schema_revision = cache(utils._get_latest_schema_revision)
    root = tmp_path_factory.mktemp("template")
    client(root)
    return root / ".mlflow" / "mlflow.db"


@pytest.fixture(scope="session")
def _finished(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return finish_run(tmp_path_factory.mktemp("finished"))


# Where MLflow's database names the repository that it lies in
PLACES = [("experiments", "artifact_location"), ("runs", "artifact_uri"),
          ("model_versions", "source"), ("model_versions", "storage_location")]  # fmt: skip


def copy_of(run: Run, root: Path) -> Run:
    """The same repository elsewhere, registry and releases included."""
    shutil.copytree(run.ws.root, root, dirs_exist_ok=True)
    database = root / ".mlflow" / "mlflow.db"
    if database.exists():
        with contextlib.closing(sqlite3.connect(database)) as copied:
            copied.execute("PRAGMA synchronous=OFF")
            for table, column in PLACES:
                said = f"UPDATE {table} SET {column} = replace({column}, ?, ?)"
                copied.execute(said, (f"file://{run.ws.root}/", f"file://{root}/"))
            copied.commit()
            assert not any(f"{run.ws.root}/" in line for line in copied.iterdump())
    return Run(Workspace(root, W))


@pytest.fixture(scope="session")
def copying() -> Callable[[Run, Path], Run]:
    """Copies a repository with its registry."""
    return copy_of


def with_database(run: Run, migrated: Path) -> Run:
    (run.ws.root / ".mlflow").mkdir()
    shutil.copyfile(migrated, run.ws.root / ".mlflow" / "mlflow.db")
    return run


@pytest.fixture
def bare(_finished: Run, tmp_path: Path) -> Run:
    """A run that the gate passed, in a repository without an MLflow database."""
    return copy_of(_finished, tmp_path)


@pytest.fixture
def run(bare: Run, migrated: Path) -> Run:
    """The same with an empty MLflow database."""
    return with_database(bare, migrated)


@pytest.fixture(scope="session")
def blank(_finished: Run, migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run that the gate passed, and a registry in which nothing is."""
    return with_database(copy_of(_finished, tmp_path_factory.mktemp("empty")), migrated)


@pytest.fixture(scope="session")
def people(tmp_path_factory: pytest.TempPathFactory) -> People:
    """Ann, bob and eve, each with a key."""
    return People.with_keys(tmp_path_factory.mktemp("people"))


@pytest.fixture(scope="session")
def _approved(blank: Run, people: People, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Version 1 was promoted by ann and approved by bob, version 2 waits; ann has trained both."""
    run = copy_of(blank, tmp_path_factory.mktemp("approved"))
    people.policy(run)
    with people.acting("ann"):
        run.register()
    with people.acting("bob"):
        approve(run.ws, 1, WHY)
    with people.acting("ann"):
        promote(run.ws, 1, "first", "ann")
        run.released(b"weights two")
    return run


@pytest.fixture(scope="session")
def _one(blank: Run, tmp_path_factory: pytest.TempPathFactory) -> Run:
    run = copy_of(blank, tmp_path_factory.mktemp("one"))
    run.register()
    promote(run.ws, None, "first", "ann")
    return run


@pytest.fixture(scope="session")
def _two(_one: Run, tmp_path_factory: pytest.TempPathFactory) -> Run:
    run = copy_of(_one, tmp_path_factory.mktemp("two"))
    run.released(b"weights two")
    promote(run.ws, None, "second", "bob")
    return run


@pytest.fixture
def one(_one: Run, tmp_path: Path) -> Run:
    """Version 1 is champion."""
    return copy_of(_one, tmp_path)


@pytest.fixture
def two(_two: Run, tmp_path: Path) -> Run:
    """Version 1 was champion, version 2 is."""
    return copy_of(_two, tmp_path)


@pytest.fixture(scope="session")
def _shared(_two: Run, tmp_path_factory: pytest.TempPathFactory) -> Run:
    run = copy_of(_two, tmp_path_factory.mktemp("shared"))
    run.released(b"weights three")
    return run


@pytest.fixture
def unmoved(_shared: Run) -> Iterator[Run]:
    """As `two`, with version 3 registered; nothing that a test tries may move the champion."""
    before = _shared.state()
    yield _shared
    assert _shared.state() == before
