from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import tiny_model
from small_repository import ROOT

from dslm.provenance import read_manifest

pytestmark = pytest.mark.slow
RECIPES = ROOT / "recipes" / "accelerate"


def trained(work: Path, base: Path, launcher: list[str], **settings: Any) -> dict[str, Any]:
    """What a run of `tests/together.py` says of itself."""
    work.mkdir()
    program = [str(ROOT / "tests" / "together.py"), str(work), str(base), json.dumps(settings)]
    done = subprocess.run(
        [sys.executable, *launcher, *program],
        env=os.environ | {"PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}", "OMP_NUM_THREADS": "1",
                          "CUDA_VISIBLE_DEVICES": ""},
        capture_output=True, text=True, check=False, timeout=280,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    read_manifest(work / "out", made_by="the run")
    told: dict[str, Any] = json.loads((work / "out" / "training.json").read_bytes())
    return told


def test_two_processes_learn_what_one_learns_of_the_same_rows(tmp_path: Path) -> None:
    base = tiny_model.write_base(tmp_path / "base")
    config = ["--config_file", str(RECIPES / "ddp.yaml"), "--num_processes", "2"]
    launcher = ["-m", "accelerate.commands.launch", *config]
    plan = {"batch_size": 2, "max_steps": 7}
    one = trained(tmp_path / "one", base, [], accumulation=2, **plan)
    two = trained(tmp_path / "two", base, launcher, accumulation=1, **plan)
    assert one["steps"] == two["steps"] == 7
    for kind in ("losses", "validation_losses"):
        for (step, alone), (_, together) in zip(one[kind], two[kind], strict=True):
            # losses are kept to five digits after the point
            assert together == pytest.approx(alone, rel=1e-5, abs=1e-5), f"{kind} at {step}"
    assert {p.name for p in (tmp_path / "two").glob("process-*")} == {
        "process-True-2",
        "process-False-2",
    }
    newest = max((tmp_path / "two" / "checkpoints").iterdir())
    assert {f"rng_state_{n}.pth" for n in range(2)} <= {p.name for p in newest.iterdir()}
    assert [p.name for p in (tmp_path / "two").glob(".*.partial")] == []
