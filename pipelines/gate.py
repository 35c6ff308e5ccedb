"""Gate: scorecards against the policy → PASS, FAIL or INCONCLUSIVE, bound to digests."""

import datetime as dt

from dslm.cli.stage import stage_main
from dslm.settings.workspace import Workspace


def body(ws: Workspace) -> int:
    """Judge, write gate.json, gate.md and the report, give the verdict's exit code."""
    from dslm.gating.gate import exit_code, gate_workspace, write_verdict
    from dslm.reporting.report import write_report

    verdict = gate_workspace(ws, dt.datetime.now(dt.UTC).date())
    write_verdict(ws, verdict)
    report = write_report(ws)
    print(f"gate {ws.workflow}: {verdict.status}, see {report.path.relative_to(ws.root)}")
    if report.fault:
        print(report.words)
    return exit_code(verdict)


if __name__ == "__main__":
    stage_main("gate", __doc__, body)
