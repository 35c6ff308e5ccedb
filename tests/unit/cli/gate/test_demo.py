"""`dslm demo`: two recorded runs, judged by the real gate, on a machine that has no torch."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.documents.code_reader import ROOT
from support.documents.page_reader import read

from dslm.examples.recorded_runs import replay_repository
from dslm.examples.recorded_runs.draw_answers import record
from dslm.gating.gate import gate_workspace
from dslm.records import Verdict

Call = Callable[..., Any]
SHIPPED = ROOT / "dslm" / "examples" / "recorded_runs"
# What the light core does not have.
ABSENT = ("torch", "transformers", "trl", "peft", "daft", "pyarrow", "datasets", "evaluate",
          "mlflow", "dvc", "sklearn", "accelerate", "bitsandbytes", "pandas", "phonenumbers",
          "stdnum", "gguf")  # fmt: skip
BLOCKED = f"""
import sys
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {ABSENT!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Blocked())
from dslm.cli.app import invoke
sys.exit(invoke(sys.argv[1:]))
"""


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The demonstration as the light core gives it: where, and what it says."""
    out = tmp_path_factory.mktemp("light") / "demo"
    done = subprocess.run(
        [sys.executable, "-c", BLOCKED, "demo", "--explain", "--out", str(out)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    return out, done.stdout


def verdict_in(out: Path) -> Verdict:
    path = out / "eval" / replay_repository.WORKFLOW / "results" / "gate.json"
    return Verdict.model_validate_json(path.read_bytes())


def test_better_on_average_and_worse_on_one_slice_fails(shown: tuple[Path, str]) -> None:
    out, said = shown
    verdict = verdict_in(out)
    statuses = {check.id: check.status for check in verdict.checks}
    assert statuses.pop("no_slice_falls") == "FAIL"
    assert set(statuses.values()) == {"PASS"}
    card = json.loads(
        (out / "eval" / replay_repository.WORKFLOW / "results/scorecard.json").read_text()
    )
    right = {
        model: round(score["metrics"]["case_exact_match"]["value"] * card["gold_cases"])
        for model, score in card["models"].items()
    }
    assert right["candidate"] > right["champion"]
    assert (
        f"{right['candidate']} of 120 right in every field, the champion {right['champion']}"
        in said
    )
    assert "✗ FAIL  Cases right in every field fell by" in said
    assert "on language=fr." in said
    page = read((out / "artifacts" / replay_repository.WORKFLOW / "report.html").read_text())
    assert page.all("h1")[0].text.strip() == "FAIL"


def test_what_it_lays_out_is_a_repository_like_any_other(
    shown: tuple[Path, str], dslm: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DSLM_ROOT", str(shown[0]))
    again = dslm("gate", replay_repository.WORKFLOW, "--json")
    assert again.code == 1
    assert Verdict.model_validate_json(again.out) == verdict_in(shown[0])
    assert dslm("verify", replay_repository.WORKFLOW).code == 0
    assert dslm("gate", "explain", replay_repository.WORKFLOW).code == 0


def test_the_result_is_of_the_answers_and_not_written_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = replay_repository._said
    monkeypatch.setattr(
        replay_repository, "_said", lambda name: said(name.replace("candidate", "champion"))
    )
    ws = replay_repository.replay(tmp_path / "same")
    import datetime as dt

    verdict = gate_workspace(ws, dt.date(2026, 11, 27))
    assert {c.id: c.status for c in verdict.checks}["no_slice_falls"] == "PASS"


def test_what_ships_is_what_the_script_draws(tmp_path: Path) -> None:
    for name in record(tmp_path):
        assert (tmp_path / name).read_bytes() == (SHIPPED / name).read_bytes(), name


def test_a_folder_of_somebody_elses_is_left_alone(tmp_path: Path, dslm: Call) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    done = dslm("demo", "--out", tmp_path)
    assert done.code == 2
    assert "is no demonstration" in done.err
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


@pytest.mark.slow
def test_the_wheel_holds_what_the_demonstration_needs(tmp_path: Path) -> None:
    source = tmp_path / "source"
    ignored = shutil.ignore_patterns("__pycache__")
    for name in ("dslm", "pipelines"):
        shutil.copytree(ROOT / name, source / name, ignore=ignored)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source / name)
    build = "from setuptools.build_meta import build_wheel; build_wheel('out')"
    (source / "out").mkdir()
    subprocess.run([sys.executable, "-c", build], cwd=source, capture_output=True, check=True)
    (wheel,) = (source / "out").glob("*.whl")
    held = set(zipfile.ZipFile(wheel).namelist())
    needed = {p.relative_to(ROOT).as_posix() for p in SHIPPED.iterdir() if p.is_file()}
    assert needed <= held
    templates = (ROOT / "dslm").rglob("templates/*")
    assert {p.relative_to(ROOT).as_posix() for p in templates if p.is_file()} <= held
