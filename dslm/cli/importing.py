"""`dslm import`: labelled cases from a file into a workflow's sources and gold, by group."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dslm.cli.printing import AsJson, Workflow, emit, say


def import_cases(
    workflow: Workflow,
    source: Annotated[Path, typer.Argument(help="JSONL(.gz) of {text, target, meta}.")],
    as_json: AsJson = False,
) -> None:
    """Bring labelled cases into an existing workflow."""
    from dslm.curation.importing import import_cases as bring
    from dslm.settings.workspace import workspace

    counts = bring(workspace(workflow), source)
    if as_json:
        emit({"workflow": workflow, "counts": counts})
    else:
        say(f"{workflow}: " + ", ".join(f"{what} {count}" for what, count in counts.items()))
