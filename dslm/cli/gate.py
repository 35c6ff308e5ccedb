"""`dslm gate`: the verdict on what was scored last, computed anew from scorecard and policy."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import typer

from dslm.cli.printing import AsJson, Workflow, emit, say, table
from dslm.errors import EXIT_GATE_FAILED, EXIT_INCONCLUSIVE, EXIT_OK

if TYPE_CHECKING:
    from dslm.records import Verdict

EXITS = {"PASS": EXIT_OK, "FAIL": EXIT_GATE_FAILED, "INCONCLUSIVE": EXIT_INCONCLUSIVE}


def gate(workflow: Workflow, as_json: AsJson = False) -> None:
    """Ask the gate. Exit code 0 PASS, 1 FAIL, 3 INCONCLUSIVE."""
    from dslm.gating.gate import gate_workspace
    from dslm.settings.workspace import workspace

    verdict = gate_workspace(workspace(workflow), dt.datetime.now(tz=dt.UTC).date())
    if as_json:
        emit(verdict.model_dump(mode="json"))
    else:
        _show(verdict)
    raise typer.Exit(EXITS[verdict.status])


def _show(verdict: Verdict) -> None:
    from dslm.gating.knobs import knobs
    from dslm.gating.markdown import look_in_words

    rows = [[c.id, c.status, c.asked, c.seen, c.why] for c in verdict.checks]
    against = f"version {verdict.baseline.version}" if verdict.baseline.version else "no champion"
    if verdict.first_release:
        against += ": a first release"
    title = f"{verdict.workflow}: {verdict.status} (against {against})"
    say(table(title, ["check", "status", "asked", "seen", "why"], rows))
    if verdict.look:
        say(look_in_words(verdict.look))
    if turned := knobs(verdict):
        say("what moves it:", *(f"  {line}" for line in turned))
