from __future__ import annotations

import contextlib
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from support.repositories.finished_run import Run, W, answers_well

from dslm.releasing.moves.promote_and_rollback import releases, rollback
from dslm.releasing.registry.artifact_locations import PLACES, set_right
from dslm.releasing.registry.mlflow_connection import client
from dslm.releasing.verification.fetch_release import fetch_asked
from dslm.settings.workspace import Workspace


def locations(database: Path) -> list[str]:
    with contextlib.closing(sqlite3.connect(database)) as opened:
        found = [opened.execute(f"SELECT {c} FROM {t}").fetchall() for t, c, _ in PLACES]
    return [location for rows in found for (location,) in rows if location]


def files_below(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("name", ["moved", "moved to ü, #2"])
def test_a_moved_repository_fetches_its_versions_and_goes_back_to_them(
    two: Run, tmp_path: Path, name: str
) -> None:
    root = tmp_path / "elsewhere" / name
    root.mkdir(parents=True)
    for part in two.ws.root.iterdir():
        if part != tmp_path / "elsewhere":
            part.rename(root / part.name)
    moved = Workspace(root, W)
    assert [one.version for one in releases(moved)] == [2, 1]
    _, folder = fetch_asked(moved, None, tmp_path / "fetched")
    assert (folder / "adapter" / "adapter_model.safetensors").read_bytes() == b"weights two"
    assert rollback(moved, "wrong totals", "ann", answers_well).to_version == 1
    source = client(root).get_model_version(W, "1").source  # MLflow's own loader goes there
    assert source.startswith((root / ".mlflow" / "artifacts").as_uri())


def test_a_copied_repository_reads_its_own_files_and_writes_its_own(
    two: Run, tmp_path_factory: pytest.TempPathFactory
) -> None:
    copy = tmp_path_factory.mktemp("copy")
    shutil.copytree(two.ws.root, copy, dirs_exist_ok=True)
    before = files_below(two.ws.root)
    two.stored(2, "gate.json").write_text("another")
    copied = Run(Workspace(copy, W))
    assert fetch_asked(copied.ws, 2, copy / "fetched")[0] == 2
    assert copied.released(b"weights three").version == 3
    assert files_below(two.ws.root) == before
    assert not any(str(two.ws.root) in one for one in locations(copy / ".mlflow" / "mlflow.db"))
    assert len(releases(two.ws)) == 2


def made(folder: Path, *locations: str) -> Path:
    """A database that says the same in each place."""
    (folder / ".mlflow" / "artifacts").mkdir(parents=True)
    path = folder / ".mlflow" / "mlflow.db"
    with contextlib.closing(sqlite3.connect(path)) as opened:
        for table in {table for table, _, _ in PLACES}:
            columns = [column for name, column, _ in PLACES if name == table]
            opened.execute(f"CREATE TABLE {table} ({', '.join(columns)})")
            for one in locations:
                marks = ", ".join("?" * len(columns))
                opened.execute(f"INSERT INTO {table} VALUES ({marks})", [one] * len(columns))
        opened.commit()
    return path


@pytest.mark.parametrize(
    "location",
    ["s3://bucket/.mlflow/artifacts/mini", "mlflow-artifacts:/.mlflow/artifacts/mini",
     "models:/mini/1", "file:///old/mlruns/0", "/old/mlruns/0", "",
     "file:///old/.mlflow/artifacts/../../../etc", "file:///old/mlflow/artifacts/mini"],
)  # fmt: skip
def test_what_is_of_no_repository_stays_as_it_is(tmp_path: Path, location: str) -> None:
    path = made(tmp_path, location, location)
    assert set_right(path, 1.0) == 0
    assert set(locations(path)) <= {location}


def test_files_that_lie_only_where_they_were_stay_reachable(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    path = made(new, (old / ".mlflow" / "artifacts" / "mini" / "run").as_uri())
    (old / ".mlflow" / "artifacts" / "mini" / "run").mkdir(parents=True)
    assert set_right(path, 1.0) == 1  # of the experiment: what is written goes here
    shutil.rmtree(old)
    assert set_right(path, 1.0) == 3
    assert set(locations(path)) == {(new / ".mlflow" / "artifacts" / "mini" / "run").as_uri()}
    assert set_right(path, 1.0) == 0


def test_a_database_that_is_busy_is_listed_and_set_right_later(two: Run, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(two.ws.root, copy, ignore=shutil.ignore_patterns("copy"))
    database = copy / ".mlflow" / "mlflow.db"
    with contextlib.closing(sqlite3.connect(database)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert len(releases(Workspace(copy, W))) == 2
        assert any(f"{two.ws.root}/.mlflow" in one for one in locations(database))
    assert fetch_asked(Workspace(copy, W), 1, tmp_path / "fetched")[0] == 1
    assert not any(f"{two.ws.root}/.mlflow" in one for one in locations(database))


def test_a_database_that_the_environment_names_elsewhere_is_left_alone(
    two: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other"
    shutil.copytree(two.ws.root / ".mlflow", other / ".mlflow")
    before = locations(other / ".mlflow" / "mlflow.db")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{other}/.mlflow/mlflow.db")
    mlflow: Any = client(two.ws.root)
    assert mlflow.get_registered_model(W).aliases
    assert locations(other / ".mlflow" / "mlflow.db") == before
