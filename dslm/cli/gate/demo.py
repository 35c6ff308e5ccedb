"""`dslm demo`: the gate at work in seconds, on two recorded runs that ship with the package.

Needs no model, no network and no torch. Everything that it says is computed from the recorded
answers while it runs, by the functions that judge real runs.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import io
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dslm.cli.shell.printing import AsJson, emit, say, table
from dslm.errors import InputError

if TYPE_CHECKING:
    from rich.console import RenderableType

    from dslm.records import Verdict
    from dslm.reporting.run_report.report_data import ReportData
    from dslm.settings.workspace import Workspace

SHOWN_FLIPS = 3


def demo(
    out: Annotated[
        Path, typer.Option(metavar="FOLDER", help="Where to put it; replaced each time.")
    ] = Path("dslm-demo"),
    explain: Annotated[
        bool, typer.Option("--explain", help="Walk through it, step by step.")
    ] = False,
    show: Annotated[bool, typer.Option("--open", help="Open the report in a browser.")] = False,
    as_json: AsJson = False,
) -> None:
    """Gate a recorded pair of runs: better on average, worse on one slice. Exit code 0."""
    from dslm.gating.gate import gate_workspace, write_verdict
    from dslm.provenance import write_atomic
    from dslm.reporting.run_report.report import read_shown, render

    ws = _laid_out(out)
    verdict = gate_workspace(ws, dt.datetime.now(tz=dt.UTC).date())
    write_verdict(ws, verdict)
    run, report = read_shown(ws, verdict), ws.report
    write_atomic(report, render(run))
    if as_json:
        emit({"workflow": ws.workflow, "status": verdict.status, "folder": str(ws.root),
              "report": str(report), "verdict": verdict.model_dump(mode="json")})  # fmt: skip
    else:
        say(*(_walk(run, verdict) if explain else _short(run)), *_where(ws, report, explain))
    if show:
        import webbrowser

        webbrowser.open(report.resolve().as_uri())


def _laid_out(out: Path) -> Workspace:
    """The recorded runs as a repository; a folder of somebody else's is left alone."""
    from dslm.examples.recorded_runs.replay_repository import PARAMS, replay

    params = out / "params.yaml"
    ours = params.is_file() and params.read_text(encoding="utf-8") == PARAMS
    if not ours and out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError("is there already, and is no demonstration", where=out,
                         fix="name another folder: dslm demo --out FOLDER")  # fmt: skip
    with contextlib.redirect_stderr(io.StringIO()):  # nothing is answered, so no progress either
        return replay(out.resolve())


def _short(run: ReportData) -> list[RenderableType]:
    """The verdict as `dslm show run` tells it."""
    from dslm.reporting.run_report.summary_sentence import first_sentence
    from dslm.reporting.run_report.verdict_headline import headline
    from dslm.reporting.run_terminal import headline_table, verdict_line

    return [
        verdict_line(headline(run)), first_sentence(run), "",
        headline_table(run),
    ]  # fmt: skip


def _where(ws: Workspace, report: Path, explain: bool) -> list[RenderableType]:
    """What lies where, and what to try there."""
    folder, name = ws.root, ws.workflow
    tries = [f"dslm gate {name}", f"dslm gate explain {name}", f"dslm verify {name}"]
    return [
        f"report: {report}",
        f"to try: cd {folder}, then {', '.join(tries)}",
        *([] if explain else ["step by step: dslm demo --explain"]),
    ]


def _walk(run: ReportData, verdict: Verdict) -> list[RenderableType]:
    """The same, step by step."""
    cases = len(run.gold)
    right = {model: sum(r.outcome.exact for r in rows) for model, rows in run.rows.items()}
    checks = [[c.id, c.status, c.asked, c.seen] for c in verdict.checks]
    return [
        f"1. {run.contract.summary}",
        f"   {cases} labelled mails that no training saw were answered by a new model, the "
        "candidate, and by the champion, which serves today. No model runs here: the answers were "
        "drawn from a seed and recorded. All that follows is computed from them now.",
        "",
        f"2. On average the candidate is better: {right['candidate']} of {cases} right in every "
        f"field, the champion {right['champion']}. Whoever compares averages lets it through.",
        "",
        "3. By language it is another story:",
        table(None, ["", "mails", "candidate right", "champion right"],
              [*_by_slice(run, "language")]),
        "4. The gate asks what the policy says (eval/…/gate.yaml), and finds:",
        table(None, ["check", "status", "required", "measured"], checks),
        f"5. So the verdict is {verdict.status}, and nothing is registered:",
        *_short(run)[:2],
        "",
        "6. Some of the mails that the champion had right and the candidate has wrong:",
        *_flips(run),
        "",
    ]  # fmt: skip


def _by_slice(run: ReportData, name: str) -> list[list[str]]:
    mine, theirs = run.rows["candidate"], run.rows["champion"]
    found = []
    for value in sorted({row.slices[name] for row in mine}):
        pair = [(a, b) for a, b in zip(mine, theirs, strict=True) if a.slices[name] == value]
        found.append([value, str(len(pair)), str(sum(a.outcome.exact for a, _ in pair)),
                      str(sum(b.outcome.exact for _, b in pair))])  # fmt: skip
    return found


def _flips(run: ReportData) -> list[RenderableType]:
    from dslm.reporting.pull_request import flips

    gold = {case.id: case for case in run.gold}
    answers = {row.id: row.prediction.object or {} for row in run.rows["candidate"]}
    lines: list[RenderableType] = []
    for flip in flips(run.rows["candidate"], run.rows["champion"])[:SHOWN_FLIPS]:
        target = gold[flip.id].target or {}
        told = [
            f"{field} {answers[flip.id].get(field)!r}, right is {target.get(field)!r}"
            for field in flip.newly_wrong
        ]
        lines.append(f"   {flip.id}: {'; '.join(told)}")
    return lines
