"""Writes a run as one HTML file that needs no network, no server and no JavaScript to be read.

Takes a workspace, gives the path of `report.html`; `render` is pure: same data, same bytes.
Called by `dslm report` and at the end of a pipeline run.
"""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Any

from dslm.provenance import write_atomic
from dslm.reporting import casebook, formatting, naming, page
from dslm.reporting.data import ReportData, read_report_data
from dslm.reporting.judging import headline
from dslm.settings.workspace import Workspace

WORST = 12
OPENED = 3  # of the worst cases, unfolded from the start


def _environment() -> Any:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("dslm.reporting", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["visible"] = formatting.visible
    return environment


def _allowed(source: str) -> str:
    """The one inline text that the page's content security policy lets run."""
    digest = base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()
    return f"'sha256-{digest}'"


def render(data: ReportData) -> str:
    """The report as HTML.

    Inline style and script are allowed by their digests alone, so that hostile text in a case
    could not run or restyle anything even if it were not escaped.
    """
    environment = _environment()
    style, script = (
        environment.loader.get_source(environment, name)[0].replace("\r\n", "\n")
        for name in ("report.css", "report.js")
    )
    blob, input_length = casebook.packed(data)
    longest = max((len(case.input) for case in data.gold), default=0)
    text: str = environment.get_template("report.html.jinja").render(
        data=data, card=data.scorecard, contract=data.contract, headline=headline(data),
        page=page, naming=naming, fmt=formatting,
        worst=casebook.worst_cases(data, WORST), opened=OPENED,
        blob=blob, inputs_cut_at=input_length if input_length < longest else None,
        style=style, script=script, style_digest=_allowed(style), script_digest=_allowed(script),
    )  # fmt: skip
    return text


def write_report(ws: Workspace) -> Path:
    """Write `artifacts/W/report.html` of the newest run, whole or not at all.

    Raises:
        InputError: There is no scorecard yet, or what was read does not belong together.
    """
    write_atomic(ws.report, render(read_report_data(ws)))
    return ws.report
