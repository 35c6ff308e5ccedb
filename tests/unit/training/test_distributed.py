from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from support.models import tiny_model
from support.repositories.small_repository import ROOT

from dslm.inference.base_models.model_loading import ADAPTER_WEIGHTS
from dslm.provenance import read_manifest

pytestmark = pytest.mark.slow
RECIPES = ROOT / "recipes" / "accelerate"


def launcher(config: str) -> list[str]:
    """Of two processes."""
    of = ["--config_file", str(RECIPES / config), "--num_processes", "2"]
    return ["-m", "accelerate.commands.launch", *of]


def trained(
    work: Path,
    base: Path,
    launcher: list[str],
    program: str = "support/training/distributed_run.py",
    **settings: Any,
) -> dict[str, Any]:
    """What a run of a program in `tests/` says of itself."""
    work.mkdir(exist_ok=True)
    arguments = [str(work), str(base), json.dumps(settings)]
    done = subprocess.run(
        [sys.executable, *launcher, str(ROOT / "tests" / program), *arguments],
        env=os.environ | {"PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}", "OMP_NUM_THREADS": "1",
                          "CUDA_VISIBLE_DEVICES": ""},
        capture_output=True, text=True, check=False, timeout=280,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    read_manifest(work / "out", made_by="the run")
    told: dict[str, Any] = json.loads((work / "out" / "training.json").read_bytes())
    return told


def require_same_losses(one: dict[str, Any], two: dict[str, Any]) -> None:
    for kind in ("losses", "validation_losses"):
        for (step, alone), (_, together) in zip(one[kind], two[kind], strict=True):
            # losses are kept to five digits after the point
            assert together == pytest.approx(alone, rel=1e-5, abs=1e-5), f"{kind} at {step}"


def require_halves(work: Path) -> None:
    """The base came to the host's memory, on no device as a whole, and half lies with each."""

    def noted(name: str) -> list[dict[str, Any]]:
        return [json.loads((work / f"{name}-{rank}.json").read_text()) for rank in (0, 1)]

    assert noted("loaded") == [{"devices": ["cpu"], "device_map": None}] * 2
    for part in noted("held"):
        assert 0.45 < part["here"] / part["all"] < 0.55


def test_two_processes_learn_what_one_learns_of_the_same_rows(tmp_path: Path) -> None:
    base = tiny_model.write_base(tmp_path / "base")
    plan = {"batch_size": 2, "max_steps": 7}
    one = trained(tmp_path / "one", base, [], accumulation=2, **plan)
    two = trained(tmp_path / "two", base, launcher("ddp.yaml"), accumulation=1, **plan)
    assert one["steps"] == two["steps"] == 7
    require_same_losses(one, two)
    assert {p.name for p in (tmp_path / "two").glob("process-*")} == {
        "process-True-2",
        "process-False-2",
    }
    newest = max((tmp_path / "two" / "checkpoints").iterdir())
    assert {f"rng_state_{n}.pth" for n in range(2)} <= {p.name for p in newest.iterdir()}
    assert [p.name for p in (tmp_path / "two").glob(".*.partial")] == []


def test_a_model_in_two_parts_learns_what_a_whole_one_does_and_goes_on_when_killed(
    tmp_path: Path,
) -> None:
    base = tiny_model.write_base(tmp_path / "base")
    plan = {
        "batch_size": 2,
        "max_steps": 7,
        "attention": "sdpa",
        "program": "support/training/sharded_run.py",
    }
    parts = launcher("fsdp.yaml")
    one = trained(tmp_path / "one", base, [], accumulation=2, **plan)
    two = trained(tmp_path / "two", base, parts, accumulation=1, **plan)
    require_same_losses(one, two)
    whole = load_file(tmp_path / "one" / "out" / ADAPTER_WEIGHTS)
    joined = load_file(tmp_path / "two" / "out" / ADAPTER_WEIGHTS)
    assert whole.keys() == joined.keys()
    for name, tensor in whole.items():
        torch.testing.assert_close(joined[name], tensor, rtol=1e-4, atol=1e-6)
    require_halves(tmp_path / "two")
    kept = sorted((tmp_path / "two" / "checkpoints").iterdir())
    assert all((one / "pytorch_model_fsdp.bin").is_file() for one in kept)  # it lay in parts
    finished = (tmp_path / "two" / "out" / ADAPTER_WEIGHTS).read_bytes()
    shutil.rmtree(tmp_path / "two" / "out")
    shutil.rmtree(kept[-1])
    again = trained(tmp_path / "two", base, parts, accumulation=1, **plan)
    assert again["losses"] == two["losses"]
    assert (tmp_path / "two" / "out" / ADAPTER_WEIGHTS).read_bytes() == finished
