"""Checks of the gate policy: it loads, asks what keeps a workflow safe, and gold can decide it.

Takes the workspace and gold; gives findings. How many cases a margin needs is told by the gate's
own test. Called by `check_workflow`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

from dslm.cases import read_labelled
from dslm.checking.finding import Finding, fail, failures, named, ok, warn
from dslm.contract.model.contract_model import Contract
from dslm.data_card import CheckReach
from dslm.errors import DslmError
from dslm.gating.power.detectable_differences import (
    DISCORDANCE,
    checks_reach,
    group_sizes,
    needed_words,
)
from dslm.looks.calibration_looks import calibrations_so_far, told
from dslm.looks.look_ledger import ledger_of
from dslm.provenance import digest_file
from dslm.records import Case, Champion
from dslm.settings.files.document_loading import load_document
from dslm.settings.gate_policy import (
    AnyCheck,
    Bound,
    Gain,
    GatePolicy,
    NonInferior,
    SliceAlarm,
    load_policy,
)
from dslm.settings.waivers import load_waivers, refuse_idle_waivers
from dslm.settings.workspace import Workspace

SAFE = "selective_risk"  # how often what goes through without a person is wrong
SERVING = ("champion", "anchor")


def policy_gaps(ws: Workspace, policy: GatePolicy) -> Iterator[Finding]:
    """What no check of a policy asks, and what none can ask while nothing serves."""
    where = f"{ws.policy}: checks"
    if not any(check.metric == SAFE for check in policy.checks):
        yield warn(
            "safety", f"no check is on {SAFE}: a candidate may pass however many of the "
            "answers that proceed are wrong",
            where=where, fix=f"add a bound on {SAFE}, as `dslm init` proposes one",
        )  # fmt: skip
    if _serves(ws):
        return
    yield from _first_release(ws, policy, where)


def _serves(ws: Workspace) -> bool:
    """Whether a champion serves; a file that cannot be read is another proof's."""
    try:
        return load_document(ws.champion, Champion, fix="restore it from git").version != 0
    except DslmError:
        return True


def _first_release(ws: Workspace, policy: GatePolicy, where: str) -> Iterator[Finding]:
    if policy.first_release == "refuse":
        yield fail(
            "first_release", "there is no champion, and `first_release: refuse` fails every "
            "candidate that was compared with none: no candidate can pass",
            where=f"{ws.policy}: first_release", fix="`until_one_serves`",
        )  # fmt: skip
    others = [model_compared(check) for check in policy.checks]
    if all(other in SERVING for other in others):
        yield warn(
            "first_release", "there is no champion, and every check compares with one: none "
            "applies to the first candidate, and a verdict without a passed check is FAIL",
            where=where, fix="add what a first release has to show: bounds, a gain over the base",
        )  # fmt: skip
    elif not any(other in ("base", "person") for other in others):
        yield warn(
            "first_release", "there is no champion, and no check compares with the prompted base "
                             "or "
            "with people alone: the first candidate is compared with nothing",
            where=where, fix="add a `gain` over: base or over: person, as `dslm init` does",
        )  # fmt: skip


def model_compared(check: AnyCheck) -> str | None:
    """The model that a check compares the candidate with; None where it compares with none."""
    if isinstance(check, SliceAlarm):
        return check.against
    if isinstance(check, NonInferior):
        return check.to
    return check.over if isinstance(check, Gain) else None


def prove_policy(
    ws: Workspace, contract: Contract | None, *, gold: Sequence[Case]
) -> Iterator[Finding]:
    """All proofs on policy and waivers; some only where contract or gold set could be read."""
    try:
        policy = load_policy(ws.policy)
    except DslmError as error:
        yield from failures("policy", error)
        return
    yield ok("policy", f"{len(policy.checks)} checks")
    yield from policy_gaps(ws, policy)
    yield from _waivers(ws, policy)
    if contract:
        yield from _promised(ws, policy, contract)
    if contract and gold:
        yield from _attainable(ws, policy, contract, gold)
    if contract:
        yield from _calibrated(ws, contract)


def _waivers(ws: Workspace, policy: GatePolicy) -> Iterator[Finding]:
    try:
        waivers = load_waivers(ws.waivers)
        gold = digest_file(ws.gold) if ws.gold.is_file() else "no gold set"
        today = dt.datetime.now(tz=dt.UTC).date()
        refuse_idle_waivers(policy, waivers, today=today, gold=gold)
    except DslmError as error:
        yield from failures("waivers", error)
        return
    if waivers:
        names = named(f"{w.check} until {w.until} by {w.signed_off_by}" for w in waivers)
        yield warn("waivers", f"{len(waivers)} waived: {names}", where=ws.waivers)


def _promised(ws: Workspace, policy: GatePolicy, contract: Contract) -> Iterator[Finding]:
    """No check forbids the risk that the contract has the threshold chosen for."""
    allowed = contract.decision.max_selective_risk
    for check in policy.checks:
        if not isinstance(check, Bound) or check.metric != "selective_risk":
            continue
        if check.at_most is not None and check.at_most < allowed:
            yield warn(
                "promise",
                f"{check.id} fails above {check.at_most:g}, but the threshold is chosen for "
                f"decision.max_selective_risk {allowed:g}: a model that meets the contract may "
                "fail",
                where=f"{ws.policy}: checks.{check.id}",
                fix=f"raise its at_most above {allowed:g}, with room for a small gold set, or "
                "lower decision.max_selective_risk",
            )  # fmt: skip


def _attainable(
    ws: Workspace, policy: GatePolicy, contract: Contract, gold: Sequence[Case]
) -> Iterator[Finding]:
    reach = {one.id: one for one in checks_reach(contract, gold, policy)}
    open_ = [check for check in policy.checks if reach[check.id].enough is False]
    groups = len(group_sizes(contract, gold))
    here = f"{len(gold)}" if groups == len(gold) else f"{len(gold)} in {groups} groups"
    for check in open_:
        message, knob = _too_few(check, reach[check.id])
        yield warn(
            "margins", f"{check.id}: {message}; gold has {here}: it will {_becomes(check)}",
            where=f"{ws.policy}: checks", fix=f"label more gold, or {knob}",
        )  # fmt: skip
    if not open_:
        yield ok("margins", f"{len(gold)} gold cases can decide every check")
    yield from _looked_at(ws, policy, contract, gold)


def _too_few(check: AnyCheck, reach: CheckReach) -> tuple[str, str]:
    """What this gold set is too small for, and what else could be changed."""
    if isinstance(check, NonInferior):
        needs = f"a margin of {check.margin:g} needs {_many(reach)}"
        return f"{needs} if models differ on {DISCORDANCE:.0%}", "raise its margin"
    if isinstance(check, Bound):
        side = "at_most" if check.at_least is None else "at_least"
        return "not even a perfect score would meet the bound", f"another {side}"
    if isinstance(check, SliceAlarm):
        return f"it {reach.can}", "raise its worse_by, or watch fewer slices"
    return f"it {reach.can}", "lower its at_least"


def _many(reach: CheckReach) -> str:
    return needed_words(reach.needed, reach.needed_groups)


def _becomes(check: AnyCheck) -> str:
    """What becomes of a check that this gold set is too small for."""
    alarm = isinstance(check, SliceAlarm)
    to = model_compared(check)
    becomes = "not trigger for less" if alarm else "be INCONCLUSIVE"
    return becomes + (" once a champion serves" if to in ("champion", "anchor") else "")


def _looked_at(
    ws: Workspace, policy: GatePolicy, contract: Contract, gold: Sequence[Case]
) -> Iterator[Finding]:
    """What is left of alpha for the next look, and what the margins need then."""
    try:
        looks, share = ledger_of(ws).next_look(gold)
    except DslmError as error:
        yield from failures("looks", error)
        return
    if not looks:
        return
    reach = {one.id: one for one in checks_reach(contract, gold, policy, share)}
    margins = [check.id for check in policy.checks if isinstance(check, NonInferior)]
    then = [f"{name} {_many(reach[name])}" for name in margins if reach[name].enough is False]
    needs = f"; margins then need: {named(then)}" if then else ""
    seen = (
        f"{looks} candidate{'s were' if looks > 1 else ' was'} scored on this gold set or an "
        "overlapping one"
    )
    yield ok("looks", f"{seen}: the next look may spend {share:.2%} of alpha{needs}")


def _calibrated(ws: Workspace, contract: Contract) -> Iterator[Finding]:
    """How many calibrations the split that lies here has seen."""
    split = ws.curated / "calibration.jsonl"
    if not split.is_file():
        return
    try:
        number = calibrations_so_far(ws, read_labelled(split, contract))
    except DslmError as error:
        yield from failures("calibrations", error)
        return
    policy = contract.decision
    several, most = told(number, policy.confidence), policy.calibrations
    if most is not None:
        several = f"{number} of {most} calibrations on these or overlapping cases were made"
    if most is not None and number < most:
        yield ok("calibrations", several)
    elif several:
        yield warn(
            "calibrations", several, where=ws.looks / "calibration",
            fix="calibrate the next one on labelled cases that none of them used",
        )  # fmt: skip
