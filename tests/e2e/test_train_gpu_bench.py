"""The GPU benchmark without a GPU: it runs a tiny model, and says what it did not measure."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from reading_code import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
SCRIPT = ROOT / "tests" / "bench" / "train_gpu.py"


def test_it_runs_without_a_gpu_and_says_what_it_could_not_measure(tmp_path: Path) -> None:
    out = tmp_path / "found.json"
    variants = ["ours", "ours, padded", "ours, qlora", "trl", "unsloth"]
    small = ["--tokens", "30", "--batch", "2", "--steps", "3", "--rows", "24"]
    hidden = {"CUDA_VISIBLE_DEVICES": "", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "--only", *variants, *small, "--out", str(out)],
        env=os.environ | hidden, cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads(out.read_text())
    assert found["machine"]
    assert found["peak_tflops_measured"] > 0
    assert {"1b", "3b", "8b", "unsloth", "ours, qlora"} <= found["not_measured"].keys()
    assert found["not_measured"]["8b"] == "no CUDA device"
    tiny = found["sizes"]["tiny"]
    assert set(tiny) == {"ours", "ours, padded", "trl"}
    for result in tiny.values():
        assert "failed" not in result, result
        assert result["tokens_per_second"] > 0
        assert result["utilisation_of_measured"] > 0
    assert tiny["ours"]["padding_share"] == 0.0 < tiny["ours, padded"]["padding_share"]
    assert tiny["ours"]["predicted_memory_gb"] > 0
