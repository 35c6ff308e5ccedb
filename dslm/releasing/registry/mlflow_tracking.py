"""Training runs in MLflow: parameters, curves and lineage, one experiment per workflow.

Takes what the train stage measured; gives the run's id. Called by the train stage and, for the
run that holds a release's files, by `mlflow_store`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from dslm.errors import InputError
from dslm.releasing.registry.mlflow_connection import (
    artifact_folder,
    client,
    plain_faults,
    tracking_uri,
)
from dslm.releasing.registry.repository_id import name_in_registry
from dslm.releasing.registry.system_metrics import Samples
from dslm.uris import without_password

if TYPE_CHECKING:
    from mlflow import MlflowClient

Item = TypeVar("Item")
Point = tuple[str, int, float]

# Limits of one request to MLflow.
_PARAMS, _METRICS = 100, 1000


def log_training(
    root: Path,
    workflow: str,
    params: Mapping[str, object],
    metrics: Mapping[str, float],
    tags: Mapping[str, str],
    curves: Sequence[Point] = (),
    samples: Samples | None = None,
) -> str:
    """Record one finished training run.

    Args:
        root: The repository.
        workflow: Names the experiment.
        params: What was set; nested settings are recorded as `training.epochs`.
        metrics: Final values.
        tags: Lineage: digests of data, base, recipe, code; and what else is no number.
        curves: (metric, step, value), in any order.
        samples: Of the machine, while the run went on; the run began when they did.

    Returns:
        The run's id.

    Raises:
        InputError: MLflow cannot be reached or written to.
    """
    mlflow = client(root)
    with plain_faults(root):
        experiment = experiment_id(mlflow, root, workflow)
        began = samples.started if samples else None
        run = mlflow.create_run(experiment, began, {"dslm.kind": "training"}).info
        _log(mlflow, run.run_id, run.start_time, params, metrics, tags, curves)
        if samples:
            _log_samples(mlflow, run.run_id, samples)
        mlflow.set_terminated(run.run_id, "FINISHED")
    return str(run.run_id)


def _log(
    mlflow: MlflowClient,
    run_id: str,
    time: int,
    params: Mapping[str, object],
    metrics: Mapping[str, float],
    tags: Mapping[str, str],
    curves: Sequence[Point],
) -> None:
    from mlflow.entities import Metric, Param, RunTag

    for some in _chunks((Param(k, str(v)) for k, v in flat(params)), _PARAMS):
        mlflow.log_batch(run_id, params=some)
    for some in _chunks((RunTag(f"dslm.{k}", v) for k, v in tags.items()), _PARAMS):
        mlflow.log_batch(run_id, tags=some)
    points = [*curves, *((name, 0, value) for name, value in metrics.items())]
    for some in _chunks((Metric(k, float(v), time, step) for k, step, v in points), _METRICS):
        mlflow.log_batch(run_id, metrics=some)


def _log_samples(mlflow: MlflowClient, run_id: str, samples: Samples) -> None:
    from mlflow.entities import Metric

    points = (Metric(s.name, s.value, s.milliseconds, s.step) for s in samples.taken)
    for some in _chunks(points, _METRICS):
        mlflow.log_batch(run_id, metrics=some)


def flat(settings: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, object]]:
    """Nested settings as pairs of dotted key and value."""
    for key, value in settings.items():
        if isinstance(value, Mapping):
            yield from flat(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value


def _chunks(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    source = iter(items)
    while some := list(islice(source, size)):
        yield some


def experiment_id(mlflow: MlflowClient, root: Path, name: str) -> str:
    """The experiment of a workflow, made where there is none; the policy's namespace names it too.

    Raises:
        InputError: It was deleted.
    """
    from mlflow.exceptions import MlflowException

    known = name_in_registry(root, name)
    found = mlflow.get_experiment_by_name(known)
    if found is None:
        folder = artifact_folder(root)
        location = None if folder is None else (folder / name).resolve().as_uri()
        try:
            return str(mlflow.create_experiment(known, artifact_location=location))
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
            found = mlflow.get_experiment_by_name(known)  # another process was faster
    if found.lifecycle_stage != "active":
        raise InputError(
            f"the MLflow experiment {known!r} was deleted",
            where=without_password(tracking_uri(root)),
            fix=f"bring it back: `mlflow experiments restore -x {found.experiment_id}`",
        )
    return str(found.experiment_id)
