"""A waiver to be filled in and signed: its digests and last day are written, its reasons are not.

Takes a verdict and policy; gives the record as YAML. Called by `dslm gate W --waiver CHECK`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from dslm.errors import InputError
from dslm.evidence import KEYS, release_digest
from dslm.records import NOT_APPLICABLE, Verdict
from dslm.settings.gate_policy import GatePolicy
from dslm.settings.waivers import TODO, Waiver


def candidate_digest(workflow: str, evidence: Mapping[str, str]) -> str:
    """The name of a candidate by its content, as its release will have it.

    Args:
        workflow: Whose.
        evidence: Of a verdict, which has the candidate's keys and more.
    """
    return release_digest(workflow, {key: evidence[key] for key in KEYS})


def wrong_day(
    said: dt.date | None, policy: GatePolicy, today: dt.date | None, waivers: Sequence[Waiver]
) -> list[str]:
    """What is wrong with the day that a verdict says it was reached on; nothing else depends on it.

    Args:
        said: By the verdict.
        policy: In force, with the longest term.
        today: Said by the verdict that is reached again; None where nothing is waived.
        waivers: In force.
    """
    if said is None or today is None:
        return [] if said == today else [f"judged_on: written {said}, derived {today}"]
    if said > today:
        return [f"judged_on: {said} is yet to come"]
    return [
        f"judged_on: on {said} {one.check} could not be waived until {one.until}"
        for one in waivers
        if (one.until - said).days > policy.waivers.most_days
    ]


def waiver_text(policy: GatePolicy, verdict: Verdict, check: str, today: dt.date) -> str:
    """The record that waives one check of a verdict, reason and name to be filled in.

    Args:
        policy: In force.
        verdict: On the candidate that is to pass.
        check: Its id.
        today: From which the longest term counts.

    Raises:
        InputError: There is nothing to waive, or nobody can.
    """
    where = f"--waiver {check}"
    asked = {one.id: one for one in policy.checks}
    found = {one.id: one for one in verdict.checks}
    if check not in asked and check not in found:
        raise InputError("no check of that name", where=where, fix=f"checks: {', '.join(asked)}")
    if check not in asked or policy.protects(asked[check]):
        raise InputError("nobody can waive this check", where=where,
                         fix="correct what it found; `waivers.never` in the gate policy names "
                             "what is "
                         "protected")  # fmt: skip
    if check not in found:
        what = "was not judged: the evidence does not hold, and no waiver stands in for it"
        raise InputError(what, where=where, fix="correct that first")
    if found[check].status in ("PASS", NOT_APPLICABLE):
        what = f"is {found[check].status}: there is nothing to waive"
        raise InputError(what, where=where, fix="leave it as it is")
    until = today + dt.timedelta(days=policy.waivers.most_days)
    return (
        f"waivers:  # in eval/{verdict.workflow}/waivers.yaml; several stand below one another\n"
        f"  - check: {check}\n"
        f"    reason: {TODO} why this may pass, at least ten letters\n"
        f"    signed_off_by: {TODO} who answers for it\n"
        f'    until: "{until}"  # the last day; {policy.waivers.most_days} days are the most\n'
        f"    candidate: {candidate_digest(verdict.workflow, verdict.evidence)}\n"
        f"    gold: {verdict.evidence['gold']}\n"
    )
