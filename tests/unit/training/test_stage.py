"""The train stage as DVC calls it, on a tiny base: what it leaves behind, here and in MLflow."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.documents.code_reader import ROOT
from support.models import tiny_model
from support.repositories.scored_rows import MINI
from support.repositories.small_repository import RECIPE, case, make_repository, write_lines

from dslm.cases import read_labelled
from dslm.errors import EXIT_BAD_INPUT
from dslm.inference.base_models.base_locks import lock_base
from dslm.provenance import write_manifest
from dslm.settings.params import recipe_of
from dslm.settings.recipe import BaseModelSource
from dslm.settings.workspace import Workspace

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture
def curated(tmp_path: Path) -> Workspace:
    """A repository with curated cases and a tiny base model of its own, locked."""
    ws = make_repository(tmp_path)
    tiny_model.write_base(tmp_path / "base")
    (tmp_path / "recipes" / f"{RECIPE}.yaml").write_text(tiny_model.recipe_text("base"))
    lock_base(BaseModelSource(folder="base"), tmp_path)
    write_lines(ws.curated / "train.jsonl", [case(n, prefix="t") for n in range(24)])
    write_lines(ws.curated / "validation.jsonl", [case(n, prefix="v") for n in range(8)])
    write_manifest(ws.curated, {})
    assert len(read_labelled(ws.curated / "train.jsonl", MINI)) == 24
    return ws


def stage(ws: Workspace, **changes: str) -> subprocess.CompletedProcess[str]:
    place = {"DSLM_ROOT": str(ws.root), "PYTHONPATH": str(ROOT)}
    kept = {name: text for name, text in os.environ.items() if name != "MLFLOW_TRACKING_URI"}
    return subprocess.run(
        [sys.executable, "-m", "pipelines.train", "--workflow", "mini"],
        env=kept | place | changes, cwd=ws.root, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_a_run_stands_in_mlflow_with_all_that_was_measured(curated: Workspace) -> None:
    done = stage(curated)
    assert done.returncode == 0, done.stderr
    assert "predicted for 4 rows at once × 1" in done.stderr
    assert "train mini: 6 steps, loss " in done.stdout
    assert " of measured, " in done.stdout
    cost = json.loads(curated.training_run.read_text())
    assert cost["predicted_memory_gb"] > 0 < cost["probed_memory_gb"] <= cost["peak_memory_gb"]
    assert cost["utilisation"] > 0 == cost["padding_share"]

    from dslm.releasing.registry.mlflow_connection import client

    mlflow = client(curated.root)
    experiment = mlflow.get_experiment_by_name("mini")
    (run,) = mlflow.search_runs([experiment.experiment_id])
    for name in ("tokens_per_second", "update_tokens_per_second", "utilisation", "padding_share",
                 "predicted_memory_gb", "probed_memory_gb", "peak_memory_gb"):  # fmt: skip
        assert run.data.metrics[name] == cost[name]
    assert run.data.metrics["system/process_memory_usage_megabytes"] > 100
    assert run.data.params["training.batch_size"] == "4"
    assert run.data.tags["dslm.recipe"] == recipe_of(curated).digest()
    assert {"dslm.base", "dslm.data", "dslm.tokenizer"} <= run.data.tags.keys()
    assert (run.data.tags["dslm.device"], run.data.tags["dslm.peak_source"]) == ("cpu", "measured")
    for name, steps in {"loss": 6, "validation_loss": 3, "speed": 6}.items():
        assert len(mlflow.get_metric_history(run.info.run_id, name)) == steps
    assert run.info.end_time - run.info.start_time >= 1000 * cost["seconds"] - 100


def test_too_little_memory_ends_it_with_exit_code_2_and_a_way_out(curated: Workspace) -> None:
    done = stage(curated, DSLM_MEMORY_GB="0.3")
    assert done.returncode == EXIT_BAD_INPUT
    assert "training does not fit: one row at once: 2.65 GB predicted" in done.stderr
    assert "0.30 GB, DSLM_MEMORY_GB" in done.stderr
    assert not curated.adapter.exists()
