"""Proofs on the gate policy: it loads, its waivers apply, and this gold set can decide its checks.

Called by `dslm.proving.proof`. How many gold cases a margin needs is told by the gate's own test
(`dslm.gating.reach`), as the data card tells it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from dslm.contract.model import Contract
from dslm.errors import DslmError
from dslm.gating.reach import DISCORDANCE, cases_for
from dslm.provenance import digest_file
from dslm.proving.finding import Finding, failures, named, ok, warn
from dslm.settings.policy import (
    Bound,
    GatePolicy,
    NonInferior,
    load_policy,
)
from dslm.settings.waivers import load_waivers, refuse_idle_waivers
from dslm.settings.workspace import Workspace


def prove_policy(
    ws: Workspace, contract: Contract | None, *, gold_cases: int | None
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
    if gold_cases:
        yield from _attainable(ws, policy, gold_cases)


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


def _attainable(ws: Workspace, policy: GatePolicy, gold: int) -> Iterator[Finding]:
    found: list[tuple[str, str, str, str]] = []
    for check in policy.checks:
        if isinstance(check, NonInferior) and check.metric != "cost_per_case":
            needed = cases_for(check.margin, policy.alpha)
            if needed is None or needed > gold:
                many = "more cases than can be told" if needed is None else f"about {needed} cases"
                found.append((check.id, f"a margin of {check.margin:g} needs {many} if models "
                              f"differ on {DISCORDANCE:.0%}", check.to,
                              "raise its margin"))  # fmt: skip
        if isinstance(check, Bound) and not _clearable(check, gold, policy.alpha):
            side = "at_most" if check.at_least is None else "at_least"
            found.append((check.id, "not even a perfect score would clear the bound", "",
                          f"another {side}"))  # fmt: skip
    for name, message, to, knob in found:
        when = " once a champion serves" if to in ("champion", "anchor") else ""
        yield warn(
            "margins", f"{name}: {message}; gold has {gold}: it will be INCONCLUSIVE{when}",
            where=f"{ws.policy}: checks.{name}", fix=f"label more gold, or {knob}",
        )  # fmt: skip
    if not found:
        yield ok("margins", f"{gold} gold cases can decide every check")


def _clearable(check: Bound, gold: int, alpha: float) -> bool:
    """Whether a perfect score would clear the bound (Clopper–Pearson, one-sided)."""
    if check.on != "interval" or check.metric == "cost_per_case":
        return True
    best = float(alpha ** (1 / gold))
    if check.at_least is not None:
        return best > check.at_least
    return check.at_most is None or 1 - best < check.at_most
