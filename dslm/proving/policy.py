"""Proofs on the gate policy: it loads, its waivers apply, and this gold set can decide its checks.

Called by `dslm.proving.proof`. A margin needs (z_alpha + z_power)² · d / margin² paired cases,
where d is the share of cases on which two models differ (sample size of a paired non-inferiority
test; 2 points at d = 5 % need 773).
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator
from statistics import NormalDist

from dslm.errors import DslmError
from dslm.provenance import digest_file
from dslm.proving.finding import Finding, failures, named, ok, warn
from dslm.settings.policy import (
    Bound,
    GatePolicy,
    NonInferior,
    load_policy,
    load_waivers,
    refuse_idle_waivers,
)
from dslm.settings.workspace import Workspace

POWER = 0.8
USUAL_DISCORDANCE = 0.05  # two good models of one workflow differ on about every twentieth case
TAIL = 0.025  # of a 95 % interval, on one side


def prove_policy(ws: Workspace, gold_cases: int | None) -> Iterator[Finding]:
    """All proofs on policy and waivers; margins only where the gold set could be read."""
    try:
        policy = load_policy(ws.policy)
    except DslmError as error:
        yield from failures("policy", error)
        return
    yield ok("policy", f"{len(policy.checks)} checks")
    yield from _waivers(ws, policy)
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


def cases_needed(margin: float, alpha: float, discordance: float = USUAL_DISCORDANCE) -> int:
    """Gold cases with which an equal model passes a margin four times in five."""
    normal = NormalDist()
    z = normal.inv_cdf(1 - alpha) + normal.inv_cdf(POWER)
    return math.ceil(z * z * discordance / margin**2)


def _attainable(ws: Workspace, policy: GatePolicy, gold: int) -> Iterator[Finding]:
    found: list[tuple[str, str, str]] = []
    for check in policy.checks:
        if isinstance(check, NonInferior) and check.metric != "cost_per_case":
            needed = cases_needed(check.margin, policy.alpha)
            if needed > gold:
                found.append((check.id, f"a margin of {check.margin:g} needs about {needed} cases "
                              f"if models differ on {USUAL_DISCORDANCE:.0%}",
                              "raise its margin"))  # fmt: skip
        if isinstance(check, Bound) and not _clearable(check, gold):
            side = "at_most" if check.at_least is None else "at_least"
            found.append((check.id, "not even a perfect score would clear the bound",
                          f"loosen its {side} or set `on: value`"))  # fmt: skip
    for name, message, knob in found:
        yield warn(
            "margins", f"{name}: {message}; gold has {gold}: it will be INCONCLUSIVE",
            where=f"{ws.policy}: checks.{name}", fix=f"label more gold, or {knob}",
        )  # fmt: skip
    if not found:
        yield ok("margins", f"{gold} gold cases can decide every check")


def _clearable(check: Bound, gold: int) -> bool:
    """Whether the interval of a perfect score lies beyond the bound (Clopper–Pearson)."""
    if check.on != "interval" or check.metric == "cost_per_case":
        return True
    best = float(TAIL ** (1 / gold))
    if check.at_least is not None:
        return best > check.at_least
    return check.at_most is None or 1 - best < check.at_most
