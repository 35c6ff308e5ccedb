"""`dslm verify`: recomputes every reported number from the per-case rows, offline."""

from __future__ import annotations

import typer

from dslm.cli.printing import AsJson, Workflow, emit, say
from dslm.errors import EXIT_BAD_INPUT


def verify(workflow: Workflow, as_json: AsJson = False) -> None:
    """Recompute the scorecard from the rows. Exit code 2 where a number differs."""
    from dslm.scoring.verification import verify as differences
    from dslm.settings.workspace import workspace

    found = differences(workspace(workflow))
    if as_json:
        emit({"workflow": workflow, "verified": not found, "differences": found})
    elif found:
        say(*found)
    else:
        say(f"{workflow}: every number of the scorecard follows from its rows")
    if found:
        raise typer.Exit(EXIT_BAD_INPUT)
