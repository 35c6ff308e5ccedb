"""`dslm release fetch`: a version's files into a folder, for MLflow's own server or for others."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from dslm.cli.shell.printing import AsJson, Workflow, emit, say


def fetch_release(
    workflow: Workflow,
    into: Annotated[Path, typer.Option("--into", help="A folder that is not there yet.")],
    version: Annotated[int | None, typer.Option(min=1, help="By default the champion.")] = None,
    without_inputs: Annotated[
        bool, typer.Option("--without-inputs", help="Leave out the gold cases that it carries.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Copy a version's files into a folder, every byte compared: for MLflow's own server."""
    from dslm.cli.shell.actor import actor_or_login
    from dslm.releasing.verification.fetch_release import fetch_to
    from dslm.settings.workspace import workspace

    by = actor_or_login(os.environ.get("DSLM_ACTOR")) if without_inputs else None
    number = fetch_to(workspace(workflow), version, into, without_inputs_by=by)
    if as_json:
        emit({"workflow": workflow, "version": number, "folder": str(into),
              "inputs": not without_inputs})  # fmt: skip
    else:
        how = "without the inputs that it carries" if without_inputs else "as it was registered"
        say(f"{into}: {workflow} version {number}, {how}")
