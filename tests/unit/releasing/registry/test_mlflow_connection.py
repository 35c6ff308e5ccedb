from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from dslm.errors import EXIT_ENVIRONMENT, EnvironmentFault, InputError
from dslm.releasing.moves.promote_and_rollback import history, promote, releases
from dslm.releasing.registry import mlflow_connection
from dslm.releasing.registry.mlflow_connection import (
    artifact_folder,
    client,
    nothing_yet,
    tracking_uri,
)


@pytest.mark.slow
def test_the_database_lies_in_the_repository_unless_the_environment_names_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert tracking_uri(tmp_path) == f"sqlite:///{tmp_path}/.mlflow/mlflow.db"
    assert artifact_folder(tmp_path) == tmp_path / ".mlflow" / "artifacts"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://registry.example")
    assert tracking_uri(tmp_path) == "http://registry.example"
    assert artifact_folder(tmp_path) is None


@pytest.mark.slow
@pytest.mark.parametrize("name", ["%20", "a%2Fb", "a#b", "what?", "50 %"])
def test_a_repository_may_lie_in_a_folder_of_any_name(
    tmp_path: Path, migrated: Path, name: str
) -> None:
    own = tmp_path / name / ".mlflow"
    if name != "%20":  # which makes its own
        own.mkdir(parents=True)
        shutil.copyfile(migrated, own / "mlflow.db")
    mlflow = client(tmp_path / name)
    mlflow.create_registered_model("mini")
    with closing(sqlite3.connect(own / "mlflow.db")) as database:
        assert database.execute("SELECT name FROM registered_models").fetchall() == [("mini",)]
    assert sorted(path.name for path in tmp_path.iterdir()) == [name]
    assert mlflow_connection.database(tmp_path / name) == own / "mlflow.db"


@pytest.mark.slow
def test_a_busy_database_is_one_line_with_exit_code_5(
    run, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(mlflow_connection, "PATIENCE", 0.05)
    other = sqlite3.connect(run.ws.root / ".mlflow" / "mlflow.db")
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(EnvironmentFault) as caught:
        promote(run.ws, 1, "try", "me")
    other.close()
    assert caught.value.exit_code == EXIT_ENVIRONMENT
    assert "busy" in caught.value.message()
    assert "mlflow.db" in caught.value.message()
    assert "\n" not in caught.value.message()
    assert capfd.readouterr().err == ""


@pytest.mark.slow
def test_a_database_that_is_busy_halfway_is_told_the_same_way(tmp_path: Path) -> None:
    from sqlalchemy.exc import OperationalError

    with pytest.raises(EnvironmentFault, match="busy"), mlflow_connection.plain_faults(tmp_path):
        raise OperationalError("UPDATE", {}, sqlite3.OperationalError("database is locked"))


@pytest.mark.slow
def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / ".mlflow").write_text("a file is in the way")
    with pytest.raises(InputError, match="cannot write here") as caught:
        client(tmp_path)
    assert "MLFLOW_TRACKING_URI" in caught.value.message()


@pytest.mark.parametrize(
    ("path", "says"),
    [("", "would forget every release"), ("/:memory:", "would forget every release"),
     ("/", "would forget every release"), ("/file::memory:?uri=true", "would forget"),
     ("/{folder}", "is a folder, a file was expected"), ("//dev/null", "is a pipe or a device")],
)  # fmt: skip
def test_an_address_of_sqlite_that_names_no_file_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, says: str
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite://{path.format(folder=tmp_path)}")
    for look in (nothing_yet, client):
        with pytest.raises(InputError, match=says):
            look(tmp_path)


@pytest.mark.slow
def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / ".mlflow").mkdir()
    (tmp_path / ".mlflow" / "mlflow.db").write_bytes(b"not sqlite" * 500)
    with pytest.raises(InputError, match="no MLflow database"):
        client(tmp_path)


@pytest.mark.slow
def test_a_server_that_is_away_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mlflow.exceptions import MlflowException

    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    said = "API request to http://127.0.0.1:9/api failed with exception Connection refused"
    with (
        pytest.raises(EnvironmentFault, match="does not answer") as caught,
        mlflow_connection.plain_faults(tmp_path),
    ):
        raise MlflowException(said)
    assert "127.0.0.1:9" in caught.value.message()


@pytest.mark.slow
def test_reading_makes_no_database(bare) -> None:
    assert releases(bare.ws) == []
    assert history(bare.ws) == ()
    assert nothing_yet(bare.ws.root)


@pytest.mark.slow
def test_a_killed_creation_leaves_no_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(_: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(mlflow_connection, "_connect", killed)
    with pytest.raises(KeyboardInterrupt):
        client(tmp_path)
    assert not list((tmp_path / ".mlflow").glob("*.db*"))


@pytest.mark.slow
def test_a_disk_that_fills_up_while_the_database_is_made_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sqlalchemy.exc import OperationalError

    def fills_up(_: str) -> None:
        full = sqlite3.OperationalError("database or disk is full")
        raise OperationalError("CREATE INDEX", {}, full)

    monkeypatch.setattr(mlflow_connection, "_connect", fills_up)
    with pytest.raises(EnvironmentFault, match="the disk is full"):
        client(tmp_path)
    assert not list((tmp_path / ".mlflow").glob("*.db*"))


@pytest.mark.slow
def test_a_fresh_database_is_made_whole_and_quietly(migrated: Path) -> None:
    assert not list(migrated.parent.glob("*.partial"))
    with sqlite3.connect(migrated) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert database.execute("SELECT count(*) FROM alembic_version").fetchone() == (1,)


@pytest.mark.slow
def test_listing_needs_no_torch_and_says_nothing_else(run) -> None:
    code = (
        "import sys; from dslm.cli.release.release import app; "
        "app(['list', '--json'], standalone_mode=False); "
        "sys.exit(bool({'torch', 'transformers', 'sklearn'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False,
        env={**os.environ, "DSLM_ROOT": str(run.ws.root)},
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, "[]\n", "")


@pytest.mark.slow
def test_commands_import_nothing_heavy_before_they_run() -> None:
    code = (
        "import sys, dslm.cli.release.release, dslm.releasing.moves.promote_and_rollback, "
        "dslm.releasing.pyfunc; "
        "print(sorted({'mlflow', 'torch', 'sqlalchemy', 'scipy', 'pandas'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.slow
def test_a_read_only_look_takes_no_lock(run) -> None:
    database = run.ws.root / ".mlflow" / "mlflow.db"
    other = sqlite3.connect(database)
    other.execute("BEGIN IMMEDIATE")
    assert releases(run.ws) == []
    other.close()
