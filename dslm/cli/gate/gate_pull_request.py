"""`dslm gate pull-request W --head DIR`: somebody else's files, judged by what lies here.

Called by `dslm gate`, in the checkout of the target branch. Writes the files that a CI job hands on
whatever happens, so that a pull request that cannot be judged says why.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from dslm.cli.shell.printing import emit, say, table
from dslm.errors import DslmError, InputError

if TYPE_CHECKING:
    from dslm.evidence import Model
    from dslm.pull_request.judge_pull_request import Judgement, PullRequest
    from dslm.records import Verdict
    from dslm.scoring.rows.answers_given_again import Repeated
    from dslm.settings.workspace import Workspace

SHARE, CHANCE = 0.05, 0.95
REGISTRY = "MLFLOW_TRACKING_URI"  # the champion's files are there
Files = Mapping[str, Path | None]


def judge_pull_request(
    ws: Workspace, head: Path | None, drawing: tuple[int | None, int | None], files: Files, *,
    as_json: bool,
) -> None:  # fmt: skip
    """Judge, write the files, print, and leave with the exit code.

    Args:
        ws: The workflow in the checkout that judges.
        head: The pull request's files.
        drawing: How many cases of each model are answered again, and the number that draws them.
        files: Option → file to write.
        as_json: Print JSON.
    """
    from dslm.cli.models.repeated_answers import new_draw
    from dslm.pull_request.judge_pull_request import PullRequest
    from dslm.pull_request.judge_pull_request import judge_pull_request as judge

    if head is None:
        raise InputError("--head is missing", where="dslm gate pull-request",
                         fix="--head DIR: the folder with the pull request's files")  # fmt: skip
    asked = PullRequest(ws, head, dt.datetime.now(tz=dt.UTC).date())
    cases, given = drawing
    draw = new_draw() if given is None else given
    if not as_json:
        say(f"draw {draw}; the same cases again: --draw {draw}")
    try:
        found = judge(asked, lambda judged: _repeat(judged, cases, draw))
    except DslmError as error:
        if path := files["--comment"]:
            from dslm.provenance import write_atomic
            from dslm.reporting.pull_request import not_judged

            write_atomic(path, not_judged(ws.workflow, error.message()))
        raise
    _write(found, asked, draw, files)
    _show(found, draw, files, as_json=as_json)
    raise typer.Exit(found.exit_code)


def _repeat(ws: Workspace, cases: int | None, draw: int) -> Iterator[Repeated]:
    """All models whose files are at hand; those of releases are where the registry answers."""
    from dslm.cli.models.repeated_answers import Asked, repeat_rows
    from dslm.scoring.scorecard_verification import RELEASES, WorkingTree

    models: tuple[Model, ...] = ("candidate", "calibration", "base", "base_calibration")
    if os.environ.get(REGISTRY):
        models = (*models, *(one for one in RELEASES if one in WorkingTree(ws).models()))
    return repeat_rows(ws, Asked(models, cases, draw, SHARE, CHANCE))


def _write(found: Judgement, asked: PullRequest, draw: int, files: Files) -> None:
    from dslm.provenance import write_atomic
    from dslm.reporting.pull_request import junit

    if path := files["--json-file"]:
        write_atomic(path, found.model_copy(update={"draw": draw}).model_dump_json(indent=2) + "\n")
    if path := files["--junit"]:
        write_atomic(path, junit(_verdict(found)))
    if path := files["--comment"]:
        write_atomic(path, _comment(found, asked, draw))


def _verdict(found: Judgement) -> Verdict:
    """The verdict, or one that says that there was nothing to judge."""
    from dslm.records import NOT_APPLICABLE, Baseline, Check, Verdict

    if found.verdict is not None:
        return found.verdict
    seen = "nothing that the gate judges differs"
    idle = Check(id="evidence", metric="evidence", status=NOT_APPLICABLE, asked="a candidate",
                 seen=seen, why="as on the target branch")  # fmt: skip
    return Verdict(workflow=found.workflow, status="PASS", checks=(idle,), baseline=Baseline(),
                   evidence={})  # fmt: skip


def _comment(found: Judgement, asked: PullRequest, draw: int) -> str:
    from dslm.gating.changes.waiver_template import candidate_digest
    from dslm.reporting.pull_request import Beside, comment, not_judged
    from dslm.reporting.run_report.report import read_shown
    from dslm.settings.gate_policy import load_policy
    from dslm.settings.waivers import applying, load_waivers

    verdict = found.verdict
    if verdict is None:
        return not_judged(found.workflow, "Nothing that the gate looks at differs from the target "
                          "branch.", red=False)  # fmt: skip
    if found.refused:
        only = _why_refused(verdict)
        notes = [f"{c.id}: {c.seen} — {c.why}" for c in only.checks if c.status == "FAIL"]
        why = "it is refused, and none of its numbers counts"
        return comment(only, None, Beside(notes=(*notes, *found.notes), why_no_run=why))
    policy = load_policy(asked.judged.policy)
    kept, _ = applying(
        policy, load_waivers(asked.judged.waivers), today=asked.today,
        gold=verdict.evidence["gold"], candidate=candidate_digest(found.workflow, verdict.evidence),
    )  # fmt: skip
    beside = Beside(
        means={check.id: check.means for check in policy.checks},
        waivers=kept, alpha=policy.alpha,
        notes=(*found.notes, *_told(found, draw)),
    )  # fmt: skip
    return comment(verdict, read_shown(asked.judged, verdict), beside)


def _why_refused(verdict: Verdict) -> Verdict:
    """A verdict with what refuses it alone: nothing else of it is believed."""
    from dslm.records import Baseline, Verdict
    from dslm.settings.gate_policy import PULL_REQUEST_CHECKS

    own = {*PULL_REQUEST_CHECKS, "evidence"}
    checks = tuple(check for check in verdict.checks if check.id in own)
    return Verdict(workflow=verdict.workflow, status="FAIL", checks=checks, baseline=Baseline(),
                   evidence={})  # fmt: skip


def _told(found: Judgement, draw: int) -> Iterator[str]:
    """What was answered again, and what was not."""
    asked = ", ".join(f"{one.asked} of {one.rows} ({one.model})" for one in found.answered_again)
    yield f"Drawn by {draw} and answered again, all as recorded: {asked}."
    for one in found.answered_again:
        for line in one.told:
            yield f"Computed differently here than where it was scored: {line}."
    repeated = {one.model for one in found.answered_again}
    for model in ("champion", "anchor"):
        rows = found.verdict is not None and f"rows_{model}" in found.verdict.evidence
        if rows and model not in repeated:
            yield f"The {model}'s rows were not answered again: {REGISTRY} names no registry."


def _show(found: Judgement, draw: int, files: Files, *, as_json: bool) -> None:
    if as_json:
        emit(found.model_copy(update={"draw": draw}).model_dump(mode="json"))
        return
    verdict = _verdict(found)
    rows = [[c.id, c.status, c.asked, c.seen, c.why] for c in verdict.checks]
    word = "nothing to judge" if found.verdict is None else verdict.status
    say(
        table(f"{found.workflow}: {word}", ["check", "status", "required", "measured", "why"], rows)
    )
    say(*found.notes)
    for name, path in files.items():
        if path is not None:
            say(f"{name.removeprefix('--')}: {path}")
