"""`dslm report`: one HTML file for people, made from what lies on disk."""

from __future__ import annotations

from typing import Annotated

import typer

from dslm.cli.shell.printing import AsJson, Workflow, emit, say


def report(
    workflow: Workflow,
    raw: Annotated[
        bool,
        typer.Option("--raw", help="Show personal values as they are, in report-raw.html."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Write the HTML report of the newest run, personal values of gold as surrogates."""
    from dslm.reporting.run_report.report import write_report
    from dslm.settings.workspace import workspace

    done = write_report(workspace(workflow), raw=raw)
    if as_json:
        emit({"workflow": workflow, "report": str(done.path), "shown": done.how,
              "shown_as": done.words, "fault": done.fault})  # fmt: skip
    else:
        say(f"report: {done.path}", done.words)
