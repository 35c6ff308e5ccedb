"""Files are fetched only from where the registry keeps its own, and only plain ones."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from support.repositories.finished_run import Run, W

from dslm.errors import ReleaseRefused
from dslm.releasing.registry.mlflow_store import ModelStore
from dslm.releasing.registry.read_without_mlflow import reading_store
from dslm.releasing.verification.fetch_release import fetch_version

pytestmark = pytest.mark.slow


def placed(run: Run, uri: str) -> None:
    """As who may write to the database has it."""
    with closing(sqlite3.connect(run.ws.root / ".mlflow" / "mlflow.db")) as database:
        database.execute("UPDATE runs SET artifact_uri = ?", (uri,))
        database.commit()


@pytest.mark.parametrize(
    "uri",
    ["http://evil.example/files", "https://evil.example/files", "ftp://evil.example/files",
     "s3://evil/files", "dbfs:/files", "mlflow-artifacts:/files"],
)  # fmt: skip
def test_nothing_is_fetched_from_another_host(one: Run, tmp_path: Path, uri: str) -> None:
    placed(one, uri)
    with pytest.raises(ReleaseRefused, match=r"would be fetched from .*restore its database"):
        fetch_version(one.ws, 1, tmp_path / "into")


@pytest.mark.parametrize("form", ["file://{}", "{}", "file://{}/../elsewhere"])
def test_nothing_is_read_from_elsewhere_on_the_disk(one: Run, tmp_path: Path, form: str) -> None:
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(one.stored(1, "MANIFEST.json").parent, elsewhere / "release")
    placed(one, form.format(elsewhere))
    with pytest.raises(ReleaseRefused, match=r"would be read from .*elsewhere/release, outside of"):
        fetch_version(one.ws, 1, tmp_path / "into")
    assert ModelStore(one.ws.root, W).version(1).number == 1  # listed all the same
    assert reading_store(one.ws.root, W).read(ModelStore(one.ws.root, W).version(1), "x") is None


@pytest.mark.parametrize("to", ["/dev/zero", "/etc/passwd", "."])
def test_a_link_among_stored_files_is_not_followed(one: Run, tmp_path: Path, to: str) -> None:
    path = one.stored(1, "card.md")
    path.unlink()
    path.symlink_to(to)
    with pytest.raises(ReleaseRefused, match=r"card\.md: a link"):
        fetch_version(one.ws, 1, tmp_path / "into")


def test_a_linked_folder_of_files_is_not_followed(one: Run, tmp_path: Path) -> None:
    folder = one.stored(1, "MANIFEST.json").parent
    folder.rename(tmp_path / "release")
    folder.symlink_to(tmp_path / "release")
    with pytest.raises(ReleaseRefused, match="outside of"):
        fetch_version(one.ws, 1, tmp_path / "into")
