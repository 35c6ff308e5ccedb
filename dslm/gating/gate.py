"""The gate: policy, evidence and waivers in, one verdict out. It fails closed.

`judge` is pure. `gate_workspace` reads a workflow's files, proves them (manifests, rows, digests)
and judges; called by the gate stage and by `dslm gate`. What the team wrote (contract, gold,
policy, waivers) raises `InputError` when it is wrong; what stages wrote is evidence, and broken
evidence is a FAIL.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from dslm.cases import read_labelled
from dslm.contract import load_contract
from dslm.errors import EXIT_GATE_FAILED, EXIT_INCONCLUSIVE, EXIT_OK, DslmError
from dslm.gating.checks import evaluate
from dslm.gating.exhibits import NO_BASELINE, collect
from dslm.gating.markdown import as_markdown
from dslm.gating.submission import Submission, reasons_to_refuse
from dslm.provenance import digest_file, write_atomic
from dslm.records import Check, Status, Verdict
from dslm.settings.policy import (
    GatePolicy,
    Waiver,
    load_policy,
    load_waivers,
    refuse_idle_waivers,
)  # fmt: skip
from dslm.settings.workspace import Workspace

EXIT_CODES: dict[Status, int] = {
    "PASS": EXIT_OK,
    "FAIL": EXIT_GATE_FAILED,
    "INCONCLUSIVE": EXIT_INCONCLUSIVE,
}


def exit_code(verdict: Verdict) -> int:
    """0 PASS, 1 FAIL, 3 INCONCLUSIVE."""
    return EXIT_CODES[verdict.status]


def overall(checks: Sequence[Check]) -> Status:
    """FAIL outranks INCONCLUSIVE outranks PASS; no check at all is a FAIL."""
    found = {check.status for check in checks}
    if not found or "FAIL" in found:
        return "FAIL"
    return "INCONCLUSIVE" if "INCONCLUSIVE" in found else "PASS"


def _refused(reason: str) -> Check:
    asked = "complete, current evidence of this candidate"
    return Check(id="evidence", metric="evidence", status="FAIL", asked=asked, seen=reason,
                 why="not judged: the gate does not guess")  # fmt: skip


def judge(policy: GatePolicy, submission: Submission, waivers: Sequence[Waiver] = ()) -> Verdict:
    """The verdict on a submission.

    Args:
        policy: What has to be shown.
        submission: What is shown.
        waivers: Valid ones (see `refuse_idle_waivers`), at most one a check.
    """
    reasons = reasons_to_refuse(submission)
    by_check = {waiver.check: waiver for waiver in waivers}
    checks = [_refused(reason) for reason in reasons] or [
        evaluate(check, submission, policy.alpha, by_check.get(check.id)) for check in policy.checks
    ]
    return Verdict(
        workflow=submission.contract.name,
        status=overall(checks),
        checks=tuple(checks),
        baseline=submission.baseline,
        evidence=dict(sorted(submission.evidence.items())),
    )


def gate_workspace(ws: Workspace, today: dt.date) -> Verdict:
    """The verdict on what lies in the working tree.

    Args:
        ws: The workflow.
        today: Until when waivers have to hold.

    Raises:
        InputError: Contract, gold set, policy or waivers are wrong.
    """
    contract = load_contract(ws.contract)
    gold = read_labelled(ws.gold, contract)
    policy, waivers = load_policy(ws.policy), load_waivers(ws.waivers)
    refuse_idle_waivers(policy, waivers, today=today, gold=digest_file(ws.gold))
    try:
        submission = collect(ws, policy, contract, gold)
    except DslmError as error:
        return Verdict(workflow=ws.workflow, status="FAIL", checks=(_refused(error.message()),),
                       baseline=NO_BASELINE, evidence={})  # fmt: skip
    return judge(policy, submission, waivers)


def write_verdict(ws: Workspace, verdict: Verdict) -> None:
    """Write `gate.json` for machines and `gate.md` for a pull request."""
    write_atomic(ws.results / "gate.json", verdict.model_dump_json(indent=2) + "\n")
    write_atomic(ws.results / "gate.md", as_markdown(verdict))
