"""The gate: policy, evidence and waivers in, one verdict out. It fails closed.

`judge` is pure. `judge_run` proves what stages recorded (manifests, rows, every key of evidence)
and judges it: the one way to a verdict, for the gate stage and `dslm gate` (`gate_workspace`), and
again for registration and promotion, which believe no verdict that was written down. What the team
wrote (contract, gold, policy, waivers) raises `InputError` when it is wrong; what stages wrote is
evidence, and broken evidence is a FAIL.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from dslm.cases import read_labelled, read_records
from dslm.contract import load_contract
from dslm.errors import EXIT_GATE_FAILED, EXIT_INCONCLUSIVE, EXIT_OK, DslmError
from dslm.gating.changes.earlier_policies import keep_asked, loosened_since
from dslm.gating.changes.waiver_template import candidate_digest, wrong_day
from dslm.gating.checks.check_kinds import evaluate
from dslm.gating.checks.traffic_weighted import weighed_told
from dslm.gating.evidence.evidence_loading import (
    NO_BASELINE,
    Documents,
    LatestRun,
    Run,
    collect_evidence,
    judging_digests,
)
from dslm.gating.evidence.gate_input import GateInput, reasons_to_refuse
from dslm.gating.evidence.repeated_gold import refuse_repeated_gold
from dslm.gating.verdict_markdown import as_markdown
from dslm.looks.look_ledger import ledger_of
from dslm.provenance import digest_file, write_atomic
from dslm.records import (
    NOT_APPLICABLE,
    Baseline,
    Case,
    Check,
    CheckStatus,
    Look,
    Status,
    Verdict,
)  # fmt: skip
from dslm.scoring.rows.row_differences import differences
from dslm.settings.gate_policy import GatePolicy, load_policy
from dslm.settings.waivers import Waiver, applying, load_waivers, refuse_idle_waivers
from dslm.settings.workspace import Workspace, refuse_other_name

EXIT_CODES: dict[Status, int] = {
    "PASS": EXIT_OK,
    "FAIL": EXIT_GATE_FAILED,
    "INCONCLUSIVE": EXIT_INCONCLUSIVE,
}


def exit_code(verdict: Verdict) -> int:
    """0 PASS, 1 FAIL, 3 INCONCLUSIVE."""
    return EXIT_CODES[verdict.status]


def overall(checks: Sequence[Check]) -> Status:
    """FAIL outranks INCONCLUSIVE outranks PASS; where nothing passed there is no PASS.

    A check that is not applicable counts for nothing.
    """
    found: set[CheckStatus] = {check.status for check in checks} - {NOT_APPLICABLE}
    if not found or "FAIL" in found:
        return "FAIL"
    return "INCONCLUSIVE" if "INCONCLUSIVE" in found else "PASS"


def _refused(reason: str) -> Check:
    asked = "complete, current evidence of this candidate"
    return Check(id="evidence", metric="evidence", status="FAIL", asked=asked, seen=reason,
                 why="not judged: incomplete or outdated evidence never passes")  # fmt: skip


def judge(policy: GatePolicy, submission: GateInput, waivers: Sequence[Waiver] = ()) -> Verdict:
    """The verdict on a submission.

    Args:
        policy: What has to be shown.
        submission: What is shown.
        waivers: Valid ones (see `refuse_idle_waivers`), at most one a check.
    """
    reasons = reasons_to_refuse(submission)
    by_check = {waiver.check: waiver for waiver in waivers}
    checks = [_refused(reason) for reason in reasons] or [
        *(evaluate(check, submission, policy.alpha, by_check.get(check.id))
          for check in policy.checks),
        *_first_release(policy, submission),
    ]  # fmt: skip
    return Verdict(
        workflow=submission.contract.name,
        status=overall(checks),
        checks=tuple(checks),
        baseline=submission.baseline,
        first_release=submission.incomparable is not None,
        look=submission.look,
        traffic=weighed_told(submission),
        threshold=submission.threshold,
        changes=submission.changes,
        evidence=dict(sorted(submission.evidence.items())),
    )


def _first_release(policy: GatePolicy, submission: GateInput) -> list[Check]:
    """What is wrong where no champion could be compared with, unless the policy allows it."""
    seen, serves = submission.incomparable, submission.baseline.version != 0
    allowed = {"allow": True, "until_one_serves": not serves, "refuse": False}
    if seen is None or allowed[policy.first_release]:
        return []
    why = f"`first_release: {policy.first_release}` in the gate policy refuses it"
    if policy.first_release != "refuse":
        why += "; set `allow` for this one release, then change it back"
    asked = "a champion to compare with"
    return [Check(id="first_release", metric="first_release", status="FAIL", asked=asked,
                  seen=seen, why=why)]  # fmt: skip


def read_documents(ws: Workspace, today: dt.date, *, waived: bool = True) -> Documents:
    """What the team wrote, as it is in force.

    Args:
        ws: The workflow.
        today: Until when waivers have to hold.
        waived: Whether waivers are of this candidate, and have to apply; without any if not.

    Raises:
        InputError: Contract, gold set, policy or waivers are wrong.
    """
    contract = load_contract(ws.contract)
    refuse_other_name(ws, contract.name)
    gold = read_labelled(ws.gold, contract)
    refuse_repeated_gold(contract, gold, ws.gold)
    policy, waivers = load_policy(ws.policy), load_waivers(ws.waivers) if waived else ()
    refuse_idle_waivers(policy, waivers, today=today, gold=digest_file(ws.gold))
    digests = judging_digests(policy, ws.waivers)
    return Documents(contract, tuple(gold), policy, waivers, digests, today, ledger_of(ws))


def judge_run(run: Run, documents: Documents) -> Verdict:
    """The verdict on what stages recorded; what cannot be read or believed is a FAIL.

    Raises:
        InputError: A waiver is for another candidate.
    """
    try:
        submission = collect_evidence(run, documents)
    except (DslmError, OSError) as error:
        reason = error.message() if isinstance(error, DslmError) else str(error)
        return Verdict(workflow=run.workflow, status="FAIL", checks=(_refused(reason),),
                       baseline=_baseline_of(run), evidence={})  # fmt: skip
    if not documents.waivers:
        return judge(documents.policy, submission)
    candidate = candidate_digest(run.workflow, submission.evidence)
    gold = submission.evidence["gold"]
    refuse_idle_waivers(documents.policy, documents.waivers, today=documents.today, gold=gold,
                        candidate=candidate)  # fmt: skip
    verdict = judge(documents.policy, submission, documents.waivers)
    return verdict.model_copy(update={"judged_on": documents.today})


def _baseline_of(run: Run) -> Baseline:
    """What the run names as its baseline, as far as it can be read."""
    try:
        return run.baseline()
    except (DslmError, OSError):
        return NO_BASELINE


def gate_workspace(ws: Workspace, today: dt.date, look: Look | None = None) -> Verdict:
    """The verdict on what lies in the working tree.

    Args:
        ws: The workflow.
        today: Until when waivers have to hold.
        look: That of a verdict which is to be reached again.

    Raises:
        InputError: Contract, gold set, policy or waivers are wrong.
    """
    return judge_run(LatestRun(ws), replace(read_documents(ws, today), look=look))


def gate_proposed(ws: Workspace, today: dt.date) -> tuple[Verdict, tuple[str, ...]]:
    """The verdict by waivers that were not written for the candidate, and which do not apply.

    Args:
        ws: The workflow, with policy and waivers of the branch that judges.
        today: Until when waivers have to hold.

    Raises:
        InputError: Contract, gold set or policy are wrong, or the waivers cannot be read.
    """
    run, documents = LatestRun(ws), read_documents(ws, today, waived=False)
    waivers, verdict = load_waivers(ws.waivers), judge_run(run, documents)
    if not verdict.evidence:
        return verdict, ()
    kept, ignored = applying(
        documents.policy, waivers, today=today, gold=verdict.evidence["gold"],
        candidate=candidate_digest(ws.workflow, verdict.evidence),
    )  # fmt: skip
    return (judge_run(run, replace(documents, waivers=kept)) if kept else verdict), ignored


def write_verdict(ws: Workspace, verdict: Verdict) -> None:
    """Write `gate.json` for machines, `gate.md` for people, `checks.json` for `dvc metrics`.

    The look at gold too, where this is its first sight.
    """
    if verdict.look is not None:
        ledger_of(ws).keep(verdict.look, read_records(ws.gold, Case))
    policy = load_policy(ws.policy)
    keep_asked(ws.looks, verdict, policy)
    for name, text in verdict_files(verdict, policy, ws.looks).items():
        write_atomic(ws.results / name, text)


def verdict_files(verdict: Verdict, policy: GatePolicy, looks: Path) -> dict[str, str]:
    """What is written of a verdict, the policy that asked and the ledger, by the file's name."""
    told = {"verdict": verdict.status, "checks": {c.id: c.status for c in verdict.checks},
            "asked": policy.numbers()}  # fmt: skip
    return {
        "gate.json": verdict.model_dump_json(indent=2) + "\n",
        "gate.md": as_markdown(verdict, loosened_since(looks, verdict, policy)),
        "checks.json": json.dumps(told, indent=1) + "\n",
    }


def withdraw_verdict(ws: Workspace) -> None:
    """Take the last verdict away: none stands while another is being reached, or where none is."""
    for name in ("gate.json", "gate.md", "checks.json"):
        (ws.results / name).unlink(missing_ok=True)


def unlike(recorded: Verdict, again: Verdict, documents: Documents) -> list[str]:
    """Where a verdict that was written down is not the one that the gate gives again.

    Args:
        recorded: As it was written down.
        again: Reached today.
        documents: By which it was.
    """
    found = [check.seen for check in again.checks if check.id == "evidence"]
    named = recorded.evidence.keys() | again.evidence.keys()
    keys = [key for key in sorted(named) if recorded.evidence.get(key) != again.evidence.get(key)]
    if keys and again.evidence:
        found.append(f"its evidence is outdated: {', '.join(keys)} changed since")
    found += differences(_by_place(recorded), _by_place(again))
    return found or wrong_day(recorded.judged_on, documents.policy, again.judged_on,
                              documents.waivers)  # fmt: skip


def _by_place(verdict: Verdict) -> dict[str, Any]:
    """A verdict but its evidence, with its checks by number, to be compared key by key.

    The day is left out: on another day it is another one.
    """
    value = verdict.model_dump(mode="json", exclude={"evidence", "judged_on", "changes"})
    changes = verdict.changes.model_dump(mode="json")
    value["changes"] = changes | {
        "found": {str(n): str(one) for n, one in enumerate(changes["found"], 1)}
    }
    return value | {"checks": {str(n): check for n, check in enumerate(value["checks"], start=1)}}
