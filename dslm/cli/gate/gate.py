"""`dslm gate`: the verdict on what was scored last, judged anew; `dslm gate explain` what it asks.

A comment for a pull request and JUnit for a CI page are made from the same verdict, each in a file.
`dslm gate pull-request` judges the files of others: `dslm.cli.gate.gate_pull_request`.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dslm.cli.shell.printing import AsJson, emit, say, table
from dslm.errors import EXIT_GATE_FAILED, EXIT_INCONCLUSIVE, EXIT_OK, DslmError, InputError

if TYPE_CHECKING:
    from rich.console import RenderableType

    from dslm.records import Verdict
    from dslm.reporting.run_report.report_data import ReportData
    from dslm.settings.workspace import Workspace

EXITS = {"PASS": EXIT_OK, "FAIL": EXIT_GATE_FAILED, "INCONCLUSIVE": EXIT_INCONCLUSIVE}
EXPLAIN, PULL_REQUEST = "explain", "pull-request"


def gate(
    words: Annotated[
        list[str],
        typer.Argument(metavar=f"[{EXPLAIN}|{PULL_REQUEST}] WORKFLOW", help="A folder in data/ "
                       f"that has a workflow.yaml; `{EXPLAIN}` before it: what is asked, and why; "
                       f"`{PULL_REQUEST}`: judge the files in --head by what lies here."),
    ],
    comment: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a pull-request comment there.")
    ] = None,
    junit: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write JUnit XML there, a test a check.")
    ] = None,
    json_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the verdict as JSON there.")
    ] = None,
    waiver: Annotated[
        str | None, typer.Option(metavar="CHECK", help="Print a waiver of this check to be signed.")
    ] = None,
    head: Annotated[
        Path | None, typer.Option(metavar="DIR", help="A pull request's files, as data.")
    ] = None,
    cases: Annotated[
        int | None, typer.Option(min=1, help="Of a pull request: how many cases of each model are "
                                 "answered again; default: what finds 5 % edited rows with 95 %.")
    ] = None,
    draw: Annotated[
        int | None, typer.Option(min=0, help="Number that draws them; default: a new one.")
    ] = None,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Ask the gate: exit code 0 PASS, 1 FAIL, 3 INCONCLUSIVE; 4: a pull request is refused."""
    from dslm.settings.workspace import workspace

    files = {"--comment": comment, "--junit": junit, "--json-file": json_file}
    if words[0] == PULL_REQUEST and len(words) == 2:
        _judge_pull_request(workspace(words[1]), head, (cases, draw), files, as_json=as_json)
        return
    if (head, cases, draw) != (None, None, None):
        raise InputError("--head, --cases and --draw are of a pull request", where="dslm gate",
                         fix=f"dslm gate {PULL_REQUEST} W --head DIR")  # fmt: skip
    if words[0] == EXPLAIN and len(words) == 2:
        if asked := [name for name, path in files.items() if path is not None]:
            what = f"{asked[0]} is of a verdict, and {EXPLAIN} gives none"
            fix = f"dslm gate {words[1]} {asked[0]} …"
            raise InputError(what, where=f"dslm gate {EXPLAIN}", fix=fix)
        _explain(workspace(words[1]), as_json=as_json)
        return
    if len(words) != 1:
        raise InputError(f"one workflow at a time, not {', '.join(words)}", where="dslm gate",
                         fix=f"dslm gate W, or dslm gate {EXPLAIN} W")  # fmt: skip
    if waiver is not None:
        _waiver(workspace(words[0]), waiver, as_json=as_json)
        return
    _judge(workspace(words[0]), files, as_json=as_json)


def _judge_pull_request(
    ws: Workspace, head: Path | None, drawing: tuple[int | None, int | None],
    files: dict[str, Path | None], *, as_json: bool,
) -> None:  # fmt: skip
    from dslm.cli.gate.gate_pull_request import judge_pull_request

    _refuse_no_file(ws, files)
    judge_pull_request(ws, head, drawing, files, as_json=as_json)


def _waiver(ws: Workspace, check: str, *, as_json: bool) -> None:
    from dslm.gating.changes.waiver_template import waiver_text
    from dslm.gating.gate import gate_workspace
    from dslm.settings.gate_policy import load_policy

    today = dt.datetime.now(tz=dt.UTC).date()
    text = waiver_text(load_policy(ws.policy), gate_workspace(ws, today), check, today)
    if as_json:
        emit({"waiver": text})
    else:
        say(text.rstrip())


def _judge(ws: Workspace, files: dict[str, Path | None], *, as_json: bool) -> None:
    from dslm.gating.gate import gate_workspace

    _refuse_no_file(ws, files)
    verdict = gate_workspace(ws, dt.datetime.now(tz=dt.UTC).date())
    _write(ws, verdict, files)
    if as_json:
        emit(verdict.model_dump(mode="json"))
    else:
        _show(ws, verdict)
        for name, path in files.items():
            if path is not None:
                say(f"{name.removeprefix('--')}: {path}")
    raise typer.Exit(EXITS[verdict.status])


def _refuse_no_file(ws: Workspace, files: dict[str, Path | None]) -> None:
    """Nothing is written over a folder, a device, the workflow's own files or another option's."""
    own = (ws.data, ws.eval, ws.registry, ws.artifacts, ws.lock, ws.root / "params.yaml",
           ws.root / "dvc.yaml", ws.root / "dvc.lock")  # fmt: skip
    taken: dict[Path, str] = {}
    for name, path in files.items():
        if path is None:
            continue
        where, there = f"{name} {path}", path.resolve()
        if path.exists() and not path.is_file():
            raise InputError("is no file", where=where, fix="name a file to write")
        if any(there.is_relative_to(one.resolve()) for one in own):
            what = f"is where {ws.workflow} itself lies, and is not written over"
            raise InputError(what, where=where, fix="name a file elsewhere")
        if there in taken:
            what = f"is the file of {taken[there]} too"
            raise InputError(what, where=where, fix="name a file for each")
        taken[there] = name


def _write(ws: Workspace, verdict: Verdict, files: dict[str, Path | None]) -> None:
    """Each file that was asked for, whole or not at all."""
    from dslm.provenance import write_atomic

    if path := files["--json-file"]:
        write_atomic(path, verdict.model_dump_json(indent=2) + "\n")
    if path := files["--junit"]:
        from dslm.reporting.pull_request import junit

        write_atomic(path, junit(verdict))
    if path := files["--comment"]:
        write_atomic(path, _comment(ws, verdict))


def _comment(ws: Workspace, verdict: Verdict) -> str:
    """The comment, of the verdict alone where the run cannot be read: then it is a FAIL."""
    from dslm.reporting.pull_request import Beside, comment
    from dslm.settings.gate_policy import load_policy
    from dslm.settings.waivers import load_waivers

    policy = load_policy(ws.policy)
    data, why = _run(ws, verdict)
    beside = Beside(
        means={check.id: check.means for check in policy.checks},
        waivers=load_waivers(ws.waivers), alpha=policy.alpha, why_no_run=why,
    )  # fmt: skip
    return comment(verdict, data, beside)


def _run(ws: Workspace, verdict: Verdict) -> tuple[ReportData | None, str]:
    """The run as the report shows it, or why it cannot be read."""
    from dslm.reporting.run_report.report import read_shown

    if not verdict.evidence:  # nothing of it was believed: no number of it is told
        return None, next((check.seen for check in verdict.checks), "there is no evidence")
    try:
        return read_shown(ws, verdict), ""
    except DslmError as error:
        if verdict.status != "FAIL":
            raise
        return None, error.message()


def _show(ws: Workspace, verdict: Verdict) -> None:
    """The news and what it means, then check by check, then what would move it."""
    from dslm.gating.changes.changes_since_champion import changes_told
    from dslm.gating.changes.earlier_policies import HEADING, loosened_since
    from dslm.gating.checks.settings_to_change import knobs
    from dslm.gating.verdict_markdown import look_in_words
    from dslm.settings.gate_policy import load_policy

    say(*_in_words(ws, verdict))
    rows = [[c.id, c.status, c.asked, c.seen, c.why] for c in verdict.checks]
    against = f"version {verdict.baseline.version}" if verdict.baseline.version else "no champion"
    if verdict.first_release:
        against += ": a first release"
    title = f"{verdict.workflow}: {verdict.status} (against {against})"
    say(table(title, ["check", "status", "required", "measured", "why"], rows))
    if verdict.look:
        say(look_in_words(verdict.look))
    if told := changes_told(verdict):
        say(*told)
    if since := loosened_since(ws.looks, verdict, load_policy(ws.policy)):
        say(f"{HEADING}:", *(f"  {line}" for line in since))
    if turned := knobs(verdict):
        say("to change the result:", *(f"  {line}" for line in turned))


def _in_words(ws: Workspace, verdict: Verdict) -> list[RenderableType]:
    """The verdict in two sentences; nothing where its numbers were not believed."""
    from dslm.reporting.run_report.report_data import read_results
    from dslm.reporting.run_report.summary_sentence import first_sentence
    from dslm.reporting.run_report.verdict_headline import headline
    from dslm.reporting.run_terminal import verdict_line

    if not verdict.evidence:
        return []
    run = replace(read_results(ws), verdict=verdict)
    return [verdict_line(headline(run)), first_sentence(run)]


def _explain(ws: Workspace, *, as_json: bool) -> None:
    from dslm.gating.gate_explanation import explain

    found = explain(ws)
    if as_json:
        emit(found.model_dump(mode="json"))
        return
    from dslm.reporting.gate_explanation_lines import lines

    say(*lines(found))
