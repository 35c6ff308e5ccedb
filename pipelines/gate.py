"""Gate: scorecards against the policy → PASS, FAIL or INCONCLUSIVE, bound to digests."""

import datetime as dt

from dslm.cli.stage import stage_main
from dslm.settings.workspace import Workspace


def body(ws: Workspace) -> int:
    """Judge, write gate.json and gate.md, give the verdict's exit code."""
    from dslm.gating.gate import exit_code, gate_workspace, write_verdict

    verdict = gate_workspace(ws, dt.datetime.now(dt.UTC).date())
    write_verdict(ws, verdict)
    print(f"gate {ws.workflow}: {verdict.status}")
    return exit_code(verdict)


if __name__ == "__main__":
    stage_main("gate", __doc__, body)
