"""Writes a run as one HTML file that needs no network, no server and no JavaScript to be read.

Takes a workspace, gives `report.html`, with the contract's surrogates in place of personal values;
`render` is pure: same data, same bytes. Called by `dslm report` and at the end of a pipeline run.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

from dslm.curation.personal import How, gold_with_surrogates
from dslm.provenance import write_atomic
from dslm.records import Verdict
from dslm.reporting import display_names, gate_explanation_lines
from dslm.reporting.charts.power_chart import power_svg
from dslm.reporting.page_templates import rendered
from dslm.reporting.run_report import case_views, page_sections
from dslm.reporting.run_report.cases_with_surrogates import cases_with_surrogates
from dslm.reporting.run_report.certificate import almost_certified
from dslm.reporting.run_report.errors_by_field import labels_wrong, standing, ways_wrong
from dslm.reporting.run_report.report_data import ReportData, loosened_before, read_report_data
from dslm.reporting.run_report.summary_sentence import first_sentence
from dslm.reporting.run_report.verdict_headline import headline
from dslm.reporting.run_report.verdict_notes import not_narrowed, verdict_notes
from dslm.settings.workspace import Workspace

WORST = 12
OPENED = 3  # of the worst cases, unfolded from the start


def render(data: ReportData) -> str:
    """The report as HTML."""
    blob, input_length = case_views.packed(data)
    longest = max((len(case.input) for case in data.gold), default=0)
    rows, gold = data.rows["candidate"], {case.id: case for case in data.gold}
    return rendered(
        "report.html.jinja", "report.js",
        data=data, card=data.scorecard, contract=data.contract, headline=headline(data),
        sentence=first_sentence(data), beside=beside(data),
        nearly=almost_certified(data.calibration or {}), explained=gate_explanation_lines,
        power_svg=power_svg,
        standing=[one for one in standing(data.scorecard) if one.wrong_in],
        ways=ways_wrong(rows, gold), labels=labels_wrong(data.contract, rows, gold),
        page=page_sections, naming=display_names, worst=case_views.worst_cases(data, WORST),
        opened=OPENED,
        not_narrowed=not_narrowed(rows),
        blob=blob, inputs_cut_at=input_length if input_length < longest else None,
    )  # fmt: skip


def beside(data: ReportData) -> list[tuple[str, list[str]]]:
    """What the gate says beside its checks, what was loosened first."""
    return verdict_notes(data.verdict, data.loosened) if data.verdict else []


@dataclass(frozen=True)
class Written:
    """A report that was written.

    Attributes:
        path: Where.
        how: What stands in place of personal values.
        words: The sentence on the page that says so.
        fault: Why it is not as the contract asks, and what to do; None where it is.
    """

    path: Path
    how: How
    words: str
    fault: str | None


def write_report(ws: Workspace, *, raw: bool = False) -> Written:
    """Write `artifacts/W/report.html` of the newest run, whole or not at all.

    Args:
        ws: The workflow.
        raw: Show personal values as they are, in a file of its own, `report-raw.html`.

    Raises:
        InputError: There is no scorecard yet, or what was read does not belong together.
    """
    read = read_report_data(ws)
    showing = gold_with_surrogates(read.contract, read.gold, os.environ, raw=raw)
    data = cases_with_surrogates(read, showing)
    path = ws.raw_report if data.raw else ws.report
    write_atomic(path, render(data))
    return Written(path, showing.how, data.shown_as, showing.fault)


def read_shown(ws: Workspace, verdict: Verdict) -> ReportData:
    """The newest run as the report shows it, with a verdict that was reached just now.

    Args:
        ws: The workflow.
        verdict: The gate's, of what lies there.

    Raises:
        InputError: There is no scorecard yet, or what was read does not belong together.
    """
    read = replace(read_report_data(ws), verdict=verdict, loosened=loosened_before(ws, verdict))
    return cases_with_surrogates(read, gold_with_surrogates(read.contract, read.gold, os.environ))
