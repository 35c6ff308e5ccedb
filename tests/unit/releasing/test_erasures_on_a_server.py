"""A person's cases erased from releases that lie on an MLflow server."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from finished_run import Run
from registry_servers import mlflow_server

from dslm.erasure import forget, listing
from dslm.releasing import steps
from dslm.releasing.fetching import fetch_version
from dslm.releasing.promoting import promote
from dslm.releasing.release_digests import refuse_other_rows


@pytest.fixture(autouse=True)
def _unplugged() -> None:
    """These tests reach a server on this machine."""


class Ended(BaseException):
    """The command ends here."""


def _ending_at(step: str, time: int) -> Callable[[str], None]:
    met: list[str] = []

    def reached(made: str) -> None:
        met.append(made)
        if met.count(step) == time:
            raise Ended

    return reached


def left(folder: Path) -> list[Path]:
    return [p for p in folder.rglob("*") if p.is_file() and b"order A-7." in p.read_bytes()]


def test_releases_on_a_server_are_sealed_again_also_after_a_lost_command(
    run: Run, tmp_path_factory, monkeypatch
) -> None:
    folder = tmp_path_factory.mktemp("server")
    files = folder / "files"
    database = run.ws.root / ".mlflow" / "mlflow.db"
    shutil.copyfile(database, folder / "mlflow.db")
    run.register()  # and leave it behind in the repository's own
    with mlflow_server(folder, f"sqlite:///{folder / 'mlflow.db'}") as (_, port):
        monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{port}")
        run.register()
        promote(run.ws, None, "go", "ann")
        assert left(files)
        assert any("MLflow's server" in one for one in listing(run.ws, "s7").beyond)
        listed = [one.named for one in listing(run.ws, "s7").releases]
        assert listed == ["version 1", "version 1 in .mlflow"]
        with monkeypatch.context() as patch:
            patch.setattr(steps, "reached", _ending_at("rows erased", 2))
            with pytest.raises(Ended):
                forget(run.ws, "s7", "ann", "letter 12")
        forget(run.ws, "s7", "ann", "letter 12")
        assert left(files) == left(run.ws.root) == []
        refuse_other_rows(fetch_version(run.ws, 1, tmp_path_factory.mktemp("fetched")))
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    refuse_other_rows(fetch_version(run.ws, 1, tmp_path_factory.mktemp("left-behind")))
