"""Evaluator of the slice alarm: no slice got clearly worse than the reference's.

Every slice value of the contract with enough cases is compared case by case; Holm's correction
over all of them keeps the chance of any false alarm at the policy's alpha. That nothing was lost
in a slice is not claimed: slices are too small for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dslm.gating.checks.check_result import CheckResult, nothing_to_compare, unmeasured
from dslm.gating.checks.paired_difference import Comparison, compare
from dslm.gating.evidence.gate_input import GateInput
from dslm.records import Row
from dslm.scoring.outcome import dearest
from dslm.settings.gate_policy import SliceAlarm
from dslm.statistics.holm import holm

MOST_NAMED = 3


def _parts(submission: GateInput, rows: Sequence[Row]) -> Iterator[tuple[str, list[int]]]:
    """Each slice value with the places of its rows."""
    for name in submission.contract.slices:
        for value in sorted({row.slices[name] for row in rows}):
            yield f"{name}={value}", [i for i, r in enumerate(rows) if r.slices[name] == value]


def slice_alarm(check: SliceAlarm, submission: GateInput, alpha: float) -> CheckResult:
    """Alarm on any slice with a significant drop of at least `worse_by`."""
    asked = f"no slice worse than with the {check.against} by {check.worse_by:.3f} or more"
    if check.against == "champion" and submission.incomparable:
        return nothing_to_compare(asked, submission.incomparable)
    mine, theirs = submission.rows.get("candidate"), submission.rows.get(check.against)
    if not mine or not theirs or len(mine) != len(theirs):
        return unmeasured(asked)
    found: dict[str, Comparison] = {}
    small = []
    for name, places in _parts(submission, mine):
        if len(places) < check.min_cases:
            small.append(name)
            continue
        pair = ([mine[i] for i in places], [theirs[i] for i in places])
        found[name] = compare(check.metric, *pair, alpha, dearest(submission.contract))
    if not found:
        return unmeasured(asked)
    return _ring(check, asked, found, small, alpha)


def _ring(
    check: SliceAlarm, asked: str, found: dict[str, Comparison], small: list[str], alpha: float
) -> CheckResult:
    adjusted = holm([1.0 if c.p_worse is None else c.p_worse for c in found.values()])
    alarms = [
        f"{name} {c.difference:+.3f} (p = {p:.2g})"
        for (name, c), p in zip(found.items(), adjusted, strict=True)
        if p <= alpha and c.difference <= -check.worse_by
    ]
    worst = sorted(found.items(), key=lambda item: (item[1].difference, item[0]))[:MOST_NAMED]
    seen = f"{len(found)} slices, worst: " + ", ".join(
        f"{name} {c.difference:+.3f} ({c.gained} better, {c.lost} worse of {c.cases})"
        for name, c in worst
    )
    if alarms:
        why = "significantly worse: " + ", ".join(alarms)
        return CheckResult("FAIL", asked, seen, why)
    why = "no drop is that large and significant (Holm correction over all slices)"
    if small:
        why += f"; too small to judge: {', '.join(small)}"
    return CheckResult("PASS", asked, seen, why)
