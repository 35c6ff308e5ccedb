"""Proofs on the gold set: every row valid, every rule breach foreseen, every slice big enough.

Called by `dslm.checking.check_workflow` with a contract whose grammar and rules are sound.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterator

from dslm.cases import read_labelled
from dslm.checking.contract.personal_declarations import without_values
from dslm.checking.finding import Finding, fail, failures, named, ok, warn
from dslm.contract.answers.decision import ideal
from dslm.contract.cases.slices import slices_of
from dslm.contract.model.contract_model import Contract
from dslm.contract.narrowing import uncopied
from dslm.contract.rules.cel_rules import breaches
from dslm.errors import DslmError
from dslm.gating.evidence.repeated_gold import refuse_repeated_gold
from dslm.records import Case, Decision
from dslm.settings.workspace import Workspace

SMALLEST_SLICE = 15
MOST_UNCOPIED = 0.02  # of the cases; copying gains more than that on the example


def prove_gold(ws: Workspace, contract: Contract) -> Generator[Finding, None, list[Case]]:
    """All proofs on the gold set; gives its cases to whom has to know how many there are."""
    try:
        gold = read_labelled(ws.gold, contract)
    except DslmError as error:
        yield from failures("gold", error)
        return []
    yield ok("gold", f"{len(gold)} cases, ids unique, all valid under output")
    yield from _repeats(ws, contract, gold)
    yield from _breaks(ws, contract, gold)
    decisions = {case.id: ideal(contract, case.input, case.target or {}) for case in gold}
    yield from _grounding(ws, contract, gold, decisions)
    copied = [case for case in gold if not _stuck(decisions[case.id])]
    yield from without_values(contract, gold, _copying(ws, contract, copied))
    yield from _decisions(ws, decisions)
    yield from _slices(ws, contract, gold)
    yield from _traffic(ws, contract, gold)
    return gold


def _repeats(ws: Workspace, contract: Contract, gold: list[Case]) -> Iterator[Finding]:
    """One case under several ids and groups would count as several."""
    try:
        refuse_repeated_gold(contract, gold, ws.gold)
    except DslmError as error:
        yield from failures("gold.repeats", error)
        return
    yield ok("gold.repeats", "no case repeats one of another group")


def _breaks(ws: Workspace, contract: Contract, gold: list[Case]) -> Iterator[Finding]:
    """A rule that a right answer breaks is a wrong rule, unless the case says it is meant."""
    surprises = 0
    meant = 0
    for case in gold:
        found = {rule.id for rule in breaches(contract, case.input, case.target or {})}
        said = set(_said_breaks(case))
        meant += bool(found & said)
        if found != said:
            surprises += 1
            yield fail(
                "gold.breaks",
                f"breaks {named(sorted(found)) or 'no rule'}, "
                f"meta.breaks says {named(sorted(said)) or 'none'}",
                where=f"{ws.gold}: case {case.id}",
                fix="correct the rule or the target; where the right answer does break it, "
                f"`dslm breaks {ws.workflow}` proposes meta.breaks and `--write` writes it",
            )  # fmt: skip
    if contract.rules and not surprises:
        yield ok("gold.breaks", f"{meant} cases break rules, each as its meta.breaks says")


def _said_breaks(case: Case) -> list[str]:
    said = case.meta.get("breaks", [])
    return [str(rule) for rule in said] if isinstance(said, list) else [str(said)]


def _grounding(
    ws: Workspace, contract: Contract, gold: list[Case], decisions: dict[str, Decision]
) -> Iterator[Finding]:
    """A right answer with a value that is not in the input can never proceed."""
    if not contract.grounded:
        return
    stuck = [case.id for case in gold if _stuck(decisions[case.id])]
    if stuck:
        yield warn(
            "gold.grounded",
            f"{len(stuck)} of {len(gold)} cases hold a value that is not in their input and can "
            f"never proceed: {named(stuck)}",
            where=ws.gold, fix="correct the labels, or take the field out of `grounded`",
        )  # fmt: skip
    else:
        yield ok("gold.grounded", f"{named(contract.grounded)} occur in the input where they must")


def _stuck(decision: Decision) -> bool:
    """Whether nothing but a value that is not in the input keeps a right answer from proceeding."""
    reasons = decision.reasons
    return bool(reasons) and all(reason.startswith("ungrounded:") for reason in reasons)


def _copying(ws: Workspace, contract: Contract, gold: list[Case]) -> Iterator[Finding]:
    """A right answer that copying could not write: not there, or not in a form that it takes."""
    if not contract.grounded:
        return
    found = {case.id: uncopied(contract, case.input, case.target or {}) for case in gold}
    stuck = [
        f"{case} ({'; '.join(f'{field} {why}' for field, why in sorted(reasons.items()))})"
        for case, reasons in found.items()
        if reasons
    ]
    if len(stuck) > MOST_UNCOPIED * len(gold):
        yield warn(
            "gold.copied",
            f"{len(stuck)} of {len(gold)} cases hold a grounded value that cannot be copied from "
            f"their input: {named(stuck)}",
            where=ws.gold, fix="correct the labels, or set inference.copy_grounded to false",
        )  # fmt: skip
    else:
        but = f", but for those of {named(stuck)}" if stuck else ""
        yield ok("gold.copied", f"the grounded values can be copied from the input{but}")


def _decisions(ws: Workspace, decisions: dict[str, Decision]) -> Iterator[Finding]:
    """Every case has exactly one ideal action; some must be able to proceed."""
    counts = Counter(decision.action for decision in decisions.values())
    line = ", ".join(f"{action} {counts[action]}" for action in ("proceed", "abstain", "escalate"))
    if counts["proceed"]:
        yield ok("decision", f"ideal action of the gold cases: {line}")
    else:
        yield fail("decision", f"no gold case may proceed ({line})", where=ws.gold,
                   fix="look at rules, grounded and out_of_scope")  # fmt: skip


def _slices(ws: Workspace, contract: Contract, gold: list[Case]) -> Iterator[Finding]:
    for key in contract.slices:
        lacking = [case.id for case in gold if key not in case.meta]
        if lacking:
            yield fail("slices", f"{len(lacking)} cases lack meta.{key}: {named(lacking)}",
                       where=ws.gold, fix=f"add it, or take {key!r} out of `slices`")  # fmt: skip
            continue
        counts = Counter(str(case.meta[key]) for case in gold)
        small = [f"{value} ({n})" for value, n in sorted(counts.items()) if n < SMALLEST_SLICE]
        if small:
            yield warn(
                "slices", f"{key} has values with fewer than {SMALLEST_SLICE} cases: "
                f"{named(small)}", where=ws.gold, fix="label more gold of that kind",
            )  # fmt: skip
        else:
            yield ok("slices", f"{key}: " + named(f"{v} {n}" for v, n in sorted(counts.items())))


def _traffic(ws: Workspace, contract: Contract, gold: list[Case]) -> Iterator[Finding]:
    """Each value that traffic has a share of has gold cases to be weighed."""
    for key, shares in contract.traffic.items():
        counts = Counter(slices_of(contract, case)[key] for case in gold)
        if lacking := sorted(shares.keys() - counts.keys()):
            yield fail(
                "traffic", f"no gold case has {key} {named(lacking)}, so the cost under real "
                "traffic cannot be estimated",
                where=f"{ws.contract}: traffic.{key}",
                fix="label gold cases of it; or, where the name is misspelt or nothing of it comes "
                f"in, correct the shares: gold has {named(sorted(counts))}",
            )  # fmt: skip
            continue
        if outside := sorted(counts.keys() - shares.keys()):
            yield warn(
                "traffic", f"{named(f'{v} ({counts[v]} gold cases)' for v in outside)} of {key} "
                "has no share: it does not count when weighted by traffic",
                where=f"{ws.contract}: traffic.{key}", fix="give it its share, if it comes in",
            )  # fmt: skip
        yield ok("traffic", f"{key}: " + named(
            f"{value} {share:.4g} of traffic, {counts[value] / len(gold):.2g} of gold"
            for value, share in sorted(shares.items())
        ))  # fmt: skip
