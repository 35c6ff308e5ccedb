"""`dslm gate`: the verdict on what was scored last, computed anew from scorecard and policy."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Annotated

import typer

from dslm.cli.printing import AsJson, Workflow, emit, say, table
from dslm.errors import EXIT_GATE_FAILED, EXIT_INCONCLUSIVE, EXIT_OK

if TYPE_CHECKING:
    from dslm.records import Verdict

EXITS = {"PASS": EXIT_OK, "FAIL": EXIT_GATE_FAILED, "INCONCLUSIVE": EXIT_INCONCLUSIVE}


def gate(
    workflow: Workflow,
    waiver: Annotated[
        str | None,
        typer.Option(
            metavar="CHECK", help="Print a waiver of this check, to be signed; judge no further."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Ask the gate. Exit code 0 PASS, 1 FAIL, 3 INCONCLUSIVE."""
    from dslm.gating.gate import gate_workspace
    from dslm.settings.workspace import workspace

    ws, today = workspace(workflow), dt.datetime.now(tz=dt.UTC).date()
    verdict = gate_workspace(ws, today)
    if waiver is not None:
        from dslm.gating.waiving import waiver_text
        from dslm.settings.policy import load_policy

        text = waiver_text(load_policy(ws.policy), verdict, waiver, today)
        emit({"waiver": text}) if as_json else say(text.rstrip())
        return
    if as_json:
        emit(verdict.model_dump(mode="json"))
    else:
        _show(verdict)
    raise typer.Exit(EXITS[verdict.status])


def _show(verdict: Verdict) -> None:
    from dslm.gating.changes import changes_told
    from dslm.gating.knobs import knobs

    rows = [[c.id, c.status, c.asked, c.seen, c.why] for c in verdict.checks]
    against = f"version {verdict.baseline.version}" if verdict.baseline.version else "no champion"
    if verdict.first_release:
        against += ": a first release"
    title = f"{verdict.workflow}: {verdict.status} (against {against})"
    say(table(title, ["check", "status", "asked", "seen", "why"], rows))
    if told := changes_told(verdict):
        say(*told)
    if turned := knobs(verdict):
        say("what moves it:", *(f"  {line}" for line in turned))
