"""Proofs on the gate policy: it loads, its waivers apply, and this gold set can decide its checks.

Called by `dslm.proving.proof`. How many gold cases a margin needs is told by the gate's own test
(`dslm.gating.reach`), as the data card tells it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

from dslm.contract.model import Contract
from dslm.data_card import CheckReach
from dslm.errors import DslmError
from dslm.gating.reach import DISCORDANCE, gold_reach, group_sizes
from dslm.provenance import digest_file
from dslm.proving.finding import Finding, failures, named, ok, warn
from dslm.records import Case
from dslm.settings.policy import (
    Bound,
    GatePolicy,
    NonInferior,
    load_policy,
)
from dslm.settings.waivers import load_waivers, refuse_idle_waivers
from dslm.settings.workspace import Workspace


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
    yield from _waivers(ws, policy)
    if contract:
        yield from _promised(ws, policy, contract)
    if contract and gold:
        yield from _attainable(ws, policy, contract, gold)


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
                f"{check.id} fails above {check.at_most:g}, but decision.max_selective_risk has "
                f"the threshold chosen for {allowed:g}: a model that keeps the contract may fail",
                where=f"{ws.policy}: checks.{check.id}",
                fix=f"raise its at_most above {allowed:g}, with room for a small gold set, or "
                "lower decision.max_selective_risk",
            )  # fmt: skip


def _attainable(
    ws: Workspace, policy: GatePolicy, contract: Contract, gold: Sequence[Case]
) -> Iterator[Finding]:
    reach = {one.id: one for one in gold_reach(contract, gold, policy).checks}
    found: list[tuple[str, str, str, str]] = []
    for check in policy.checks:
        can = reach[check.id]
        if can.enough is not False:
            continue
        if isinstance(check, NonInferior):
            needs = f"a margin of {check.margin:g} needs {_many(can)}"
            found.append((check.id, f"{needs} if models differ on {DISCORDANCE:.0%}", check.to,
                          "raise its margin"))  # fmt: skip
        if isinstance(check, Bound):
            side = "at_most" if check.at_least is None else "at_least"
            found.append((check.id, "not even a perfect score would clear the bound", "",
                          f"another {side}"))  # fmt: skip
    groups = len(group_sizes(contract, gold))
    here = f"{len(gold)}" if groups == len(gold) else f"{len(gold)} in {groups} groups"
    for name, message, to, knob in found:
        when = " once a champion serves" if to in ("champion", "anchor") else ""
        yield warn(
            "margins", f"{name}: {message}; gold has {here}: it will be INCONCLUSIVE{when}",
            where=f"{ws.policy}: checks.{name}", fix=f"label more gold, or {knob}",
        )  # fmt: skip
    if not found:
        yield ok("margins", f"{len(gold)} gold cases can decide every check")


def _many(reach: CheckReach) -> str:
    if reach.needed is None:
        return "more cases than can be told"
    grouped = reach.needed_groups not in (None, reach.needed)
    return f"about {reach.needed} cases" + (f" in {reach.needed_groups} groups" if grouped else "")
