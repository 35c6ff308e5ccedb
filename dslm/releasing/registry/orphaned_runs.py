"""Runs in MLflow that hold a release's files and that no version names: what a killed upload left.

Takes the store after a registration; deletes what is surely left over, tells of the rest on
standard error. Called by `registration`, once all is done: nothing here makes a registration fail.

Surely left over is an upload of this repository's own that never ended, that is of no release (one
of a number that a restoration gave up), or whose release is registered under another run. A whole
one of a release that no version has may be all that is left of a version that somebody deleted: it
is told, and kept.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dslm.errors import DslmError
from dslm.errors.notices import notice
from dslm.releasing.registry.artifact_locations import here_of
from dslm.releasing.registry.mlflow_connection import artifact_folder, plain_faults
from dslm.releasing.registry.mlflow_store import ModelStore
from dslm.releasing.registry.repository_id import TAG, is_own, name_in_registry, repository_id

DAY = 24 * 3600.0  # what is younger on a server may be another clone's upload that goes on


def clear_leftovers(store: ModelStore) -> None:
    """Delete what killed registrations left, and say what was deleted and what was not."""
    try:
        for line in _cleared(store):
            notice(store.model, line)
    except DslmError as fault:
        what = "runs that a killed registration left could not be looked for"
        notice(store.model, what, fault.message())


def _cleared(store: ModelStore) -> Iterator[str]:
    versions = store.versions(aliases=False)
    held = {version.digest for version in versions}
    for run in _without_version(store, {version.run_id for version in versions}):
        name, files = run.info.run_id, run.data.tags.get("dslm.digest", "")
        if not _may_be_judged(store, run):
            continue
        if run.info.status == "FINISHED" and files and files not in held:
            yield (
                f"run {name} holds a release that no version names; if nobody needs it: "
                f"`mlflow runs delete --run-id {name}`"
            )
            continue
        try:
            _delete(store, run)
        except DslmError as fault:
            yield f"run {name} is left of a killed registration, and stays: {fault.message()}"
        else:
            yield f"run {name}, left of a registration that was killed, is deleted"


def _without_version(store: ModelStore, named: set[str | None]) -> Iterator[Any]:
    """Runs of releases, none of them a version's."""
    with plain_faults(store.root):
        known = name_in_registry(store.root, store.model)
        experiment = store.mlflow.get_experiment_by_name(known)
        if experiment is None:
            return
        token = None
        while token != "":
            page = store.mlflow.search_runs(
                [experiment.experiment_id], "tags.`dslm.kind` = 'release'", page_token=token
            )
            yield from (run for run in page if run.info.run_id not in named)
            token = page.token or ""


def _may_be_judged(store: ModelStore, run: Any) -> bool:
    """Whether it is this repository's, and nobody uploads to it now.

    Whoever calls holds the lock of this clone, which is alone with the repository's own registry.
    """
    if run.data.tags.get(f"dslm.{TAG}") != repository_id(store.root):
        return False
    return is_own(store.root) or time.time() - run.info.start_time / 1000 > DAY


def _delete(store: ModelStore, run: Any) -> None:
    """Delete a run; its files too where they lie in the repository, else `mlflow gc` does."""
    with plain_faults(store.root):
        store.mlflow.delete_run(run.info.run_id)
    own = artifact_folder(store.root) if is_own(store.root) else None
    place = here_of(run.info.artifact_uri, own.resolve()) if own else None
    if own and place and place.parent.name == run.info.run_id and _is_below(place, own):
        shutil.rmtree(place.parent, ignore_errors=True)


def _is_below(place: Path, own: Path) -> bool:
    return place.resolve().is_relative_to(own.resolve())
