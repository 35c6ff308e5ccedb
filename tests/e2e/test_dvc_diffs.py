"""What changed between two commits, as `dvc metrics diff` tells it: a screen that can be read."""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support.documents.code_reader import ROOT

from dslm.examples.recorded_runs import replay_repository as replaying
from dslm.gating.gate import gate_workspace, write_verdict

pytestmark = pytest.mark.slow
WIDEST, MOST_LINES = 120, 45


def judged(root: Path, worse_by: str = "0.15") -> None:
    with contextlib.redirect_stderr(io.StringIO()):
        ws = replaying.replay(root)
    policy = ws.policy.read_text()
    ws.policy.write_text(policy.replace("worse_by: 0.15", f"worse_by: {worse_by}"))
    write_verdict(ws, gate_workspace(ws, dt.date(2026, 11, 27)))


def ran(root: Path, *command: str) -> str:
    environment = os.environ | {"DVC_NO_ANALYTICS": "1", "GIT_CONFIG_GLOBAL": os.devnull}
    done = subprocess.run(
        command, cwd=root, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_change_of_the_model_reads_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dvc = (sys.executable, "-m", "dvc")
    judged(tmp_path)
    shutil.copy(ROOT / "dvc.yaml", tmp_path)
    (tmp_path / ".gitignore").write_text("artifacts/\n")
    ran(tmp_path, "git", "init", "-q")
    ran(tmp_path, *dvc, "init", "-q")
    ran(tmp_path, "git", "add", "-A")
    who = ("-c", "user.email=a@b.example", "-c", "user.name=a")
    ran(tmp_path, "git", *who, "commit", "-qm", "one")
    said = replaying._said
    monkeypatch.setattr(
        replaying, "_said", lambda name: said(name.replace("candidate", "champion"))
    )
    judged(tmp_path, worse_by="0.2")
    recipe = tmp_path / "recipes" / "recorded.yaml"
    recipe.write_text(recipe.read_text().replace("learning_rate: 1.5e-3", "learning_rate: 2.0e-4"))

    lines = ran(tmp_path, *dvc, "metrics", "diff").splitlines()
    assert 10 < len(lines) <= MOST_LINES
    assert max(map(len, lines)) <= WIDEST
    assert not [line for line in lines if "sha256" in line]
    told = {tuple(line.split()[1:4]) for line in lines}
    assert ("verdict", "FAIL", "PASS") in told
    assert ("checks.no_slice_falls", "FAIL", "PASS") in told
    assert ("asked.no_slice_falls.worse_by", "0.15", "0.2") in told
    assert any(name == "right_by_slice.language.fr" for _, name, *_ in map(str.split, lines[1:]))

    assert "training.learning_rate" in ran(tmp_path, *dvc, "params", "diff")
    plot = f"eval/{replaying.WORKFLOW}/results/plots/risk_coverage.json"
    drawn = json.loads(ran(tmp_path, *dvc, "plots", "diff", "--show-vega", "--targets", plot))
    points = [(p["rev"], p["coverage"]) for p in drawn["data"]["values"]]
    assert {rev for rev, _ in points} == {"HEAD", "workspace"}
    assert len(points) == len(set(points)), "one line a revision, no zigzag"
