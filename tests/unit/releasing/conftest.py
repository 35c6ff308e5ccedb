"""Finished runs, with an MLflow database copied from a migrated template, and no network."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from finished_run import Run, finish_run

from dslm.releasing.opening import client
from dslm.releasing.promoting import promote


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
    root = tmp_path_factory.mktemp("template")
    client(root)
    return root / ".mlflow" / "mlflow.db"


def with_database(root: Path, migrated: Path) -> Run:
    (root / ".mlflow").mkdir()
    shutil.copyfile(migrated, root / ".mlflow" / "mlflow.db")
    return finish_run(root)


def promoted_twice(run: Run) -> Run:
    run.register()
    promote(run.ws, None, "first", "ann")
    run.released(b"weights two")
    promote(run.ws, None, "second", "bob")
    return run


@pytest.fixture
def bare(tmp_path: Path) -> Run:
    """A run that the gate passed, in a repository without an MLflow database."""
    return finish_run(tmp_path)


@pytest.fixture
def run(tmp_path: Path, migrated: Path) -> Run:
    """The same with an empty MLflow database."""
    return with_database(tmp_path, migrated)


@pytest.fixture
def two(run: Run) -> Run:
    """Version 1 was champion, version 2 is."""
    return promoted_twice(run)


@pytest.fixture(scope="session")
def _shared(tmp_path_factory: pytest.TempPathFactory, migrated: Path) -> Run:
    run = promoted_twice(with_database(tmp_path_factory.mktemp("shared"), migrated))
    run.released(b"weights three")
    return run


@pytest.fixture
def unmoved(_shared: Run) -> Iterator[Run]:
    """As `two`, with version 3 registered; nothing that a test tries may move the champion."""
    before = _shared.state()
    yield _shared
    assert _shared.state() == before
