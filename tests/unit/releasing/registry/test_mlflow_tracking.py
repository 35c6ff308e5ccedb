from __future__ import annotations

import time

import pytest

from dslm.errors import InputError
from dslm.releasing.registry.mlflow_connection import client
from dslm.releasing.registry.mlflow_tracking import log_training
from dslm.releasing.registry.system_metrics import sampled


def test_a_training_run_keeps_settings_curves_and_lineage(run) -> None:
    root = run.ws.root
    curves = [("loss", step, 1.0 / step) for step in range(1, 1203)]
    params = {f"p{n}": n for n in range(128)} | {"training": {"epochs": 2, "seed": 17}}
    run_id = log_training(
        root, "w", params, {"final_loss": 0.1}, {"data": "sha256:d", "base": "sha256:b"}, curves
    )
    mlflow = client(root)
    found = mlflow.get_run(run_id)
    assert found.info.status == "FINISHED"
    assert len(found.data.params) == 130
    assert found.data.params["training.epochs"] == "2"
    assert found.data.tags["dslm.data"] == "sha256:d"
    assert found.data.metrics["final_loss"] == 0.1
    assert [m.step for m in mlflow.get_metric_history(run_id, "loss")] == list(range(1, 1203))
    assert found.info.artifact_uri.startswith((root / ".mlflow" / "artifacts" / "w").as_uri())


def test_samples_of_the_machine_stand_where_mlflow_shows_system_metrics(run) -> None:
    root = run.ws.root
    with sampled(every=0.02) as samples:
        time.sleep(0.1)
    run_id = log_training(root, "w", {}, {"utilisation": 0.4}, {"device": "cpu"}, [], samples)
    mlflow = client(root)
    found = mlflow.get_run(run_id)
    assert found.info.start_time == samples.started < found.info.end_time
    assert found.data.metrics["utilisation"] == 0.4
    assert found.data.metrics["system/process_memory_usage_megabytes"] > 1
    history = mlflow.get_metric_history(run_id, "system/cpu_utilization_percentage")
    assert [m.step for m in history] == list(range(len(history)))
    assert history[-1].timestamp > history[0].timestamp >= samples.started


def test_runs_of_one_workflow_share_an_experiment(run) -> None:
    first, second = (log_training(run.ws.root, "w", {}, {}, {}) for _ in range(2))
    mlflow = client(run.ws.root)
    assert mlflow.get_run(first).info.experiment_id == mlflow.get_run(second).info.experiment_id


def test_a_deleted_experiment_is_named_with_the_way_back(run) -> None:
    log_training(run.ws.root, "w", {}, {}, {})
    mlflow = client(run.ws.root)
    mlflow.delete_experiment(mlflow.get_experiment_by_name("w").experiment_id)
    with pytest.raises(InputError, match="mlflow experiments restore"):
        log_training(run.ws.root, "w", {}, {}, {})
