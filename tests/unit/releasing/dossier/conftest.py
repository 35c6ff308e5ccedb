"""The release that everything is known of, made once; tests change copies of its dossier."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from support.releases.approving_people import People
from support.releases.whole_dossier import VERSION, Whole, released
from support.repositories.finished_run import Run, W

from dslm.releasing.dossier.make_dossier import make_dossier
from dslm.releasing.drill.drill_record import DrilledRelease, DrillRecord, DrillRow, keep_record
from dslm.releasing.moves.baseline import read_champion
from dslm.releasing.registry.mlflow_store import ModelStore


@pytest.fixture(scope="session")
def whole(
    blank: Run,
    people: People,
    tmp_path_factory: pytest.TempPathFactory,
    copying: Callable[[Run, Path], Run],
) -> Whole:
    root = tmp_path_factory.mktemp("whole")
    run = copying(blank, root / "repository")
    people.policy(run)
    with people.acting("ann"):
        released(run, b"weights one", "first", people)
        released(run, b"weights two", "fewer wrong numbers", people)
        digest = read_champion(run.ws.champion).digest
        manifest = ModelStore(run.ws.root, W).version(VERSION).tags["manifest"]
        drill = DrillRecord(
            workflow=W, at=dt.datetime(2026, 11, 3, tzinfo=dt.UTC), dslm="0.1.0", actor="ann",
            releases=(DrilledRelease(version=VERSION, digest=str(digest), manifest=manifest),),
            rows=(DrillRow(fault="lost database", asked="the champion serves", seen="it did",
                           outcome="pass", seconds=3.5),),
            passed=True, seconds=3.5,
        )  # fmt: skip
        keep_record(run.ws, drill)
        make_dossier(run.ws, VERSION, root / "dossier")
    return Whole(run, root / "dossier", people.keys["ann"])


@pytest.fixture
def dossier(whole: Whole, tmp_path: Path) -> Path:
    """A copy of the dossier."""
    shutil.copytree(whole.folder, tmp_path / "dossier")
    return tmp_path / "dossier"
