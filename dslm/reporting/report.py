"""Writes a run as one HTML file that needs no network, no server and no JavaScript to be read.

Takes a workspace, gives the path of `report.html`; `render` is pure: same data, same bytes.
Called by `dslm report` and at the end of a pipeline run.
"""

from __future__ import annotations

from pathlib import Path

from dslm.provenance import write_atomic
from dslm.reporting import casebook, naming, page
from dslm.reporting.data import ReportData, read_report_data
from dslm.reporting.judging import headline
from dslm.reporting.not_narrowed import not_narrowed
from dslm.reporting.rendering import rendered
from dslm.settings.workspace import Workspace

WORST = 12
OPENED = 3  # of the worst cases, unfolded from the start


def render(data: ReportData) -> str:
    """The report as HTML."""
    blob, input_length = casebook.packed(data)
    longest = max((len(case.input) for case in data.gold), default=0)
    return rendered(
        "report.html.jinja", "report.js",
        data=data, card=data.scorecard, contract=data.contract, headline=headline(data),
        page=page, naming=naming, worst=casebook.worst_cases(data, WORST), opened=OPENED,
        not_narrowed=not_narrowed(data.rows.get("candidate", ())),
        blob=blob, inputs_cut_at=input_length if input_length < longest else None,
    )  # fmt: skip


def write_report(ws: Workspace) -> Path:
    """Write `artifacts/W/report.html` of the newest run, whole or not at all.

    Raises:
        InputError: There is no scorecard yet, or what was read does not belong together.
    """
    write_atomic(ws.report, render(read_report_data(ws)))
    return ws.report
