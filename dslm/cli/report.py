"""`dslm report`: one HTML file for people, made from what lies on disk."""

from __future__ import annotations

from dslm.cli.printing import AsJson, Workflow, emit, say


def report(workflow: Workflow, as_json: AsJson = False) -> None:
    """Write the HTML report of the newest run."""
    from dslm.reporting.report import write_report
    from dslm.settings.workspace import workspace

    ws = workspace(workflow)
    path = write_report(ws)
    if as_json:
        emit({"workflow": workflow, "report": str(path)})
    else:
        say(f"report: {path}")
