"""Gate: scorecards against the policy → PASS, FAIL or INCONCLUSIVE, bound to digests."""

import datetime as dt

from dslm.cli.shell.stage_entry import stage_main
from dslm.errors import DslmError
from dslm.records import Verdict
from dslm.settings.workspace import Workspace


def body(ws: Workspace) -> int:
    """Judge, write gate.json, gate.md and the report, give the verdict's exit code."""
    from dslm.gating.gate import exit_code, gate_workspace, withdraw_verdict, write_verdict

    withdraw_verdict(ws)
    verdict = gate_workspace(ws, dt.datetime.now(dt.UTC).date())
    write_verdict(ws, verdict)
    print(f"gate {ws.workflow}: {verdict.status}, see {_report(ws, verdict)}")
    return exit_code(verdict)


def _report(ws: Workspace, verdict: Verdict) -> str:
    """Where to look: the report, or the verdict alone where its evidence cannot be read either."""
    from dslm.reporting.run_report.report import write_report

    ws.report.unlink(missing_ok=True)
    try:
        report = write_report(ws)
    except DslmError as error:
        if verdict.status != "FAIL":
            raise
        where = (ws.results / "gate.md").relative_to(ws.root)
        return f"{where}; there is no report: {error.message()}"
    shown = str(report.path.relative_to(ws.root))
    return f"{shown}\n{report.words}" if report.fault else shown


if __name__ == "__main__":
    stage_main("gate", __doc__, body)
