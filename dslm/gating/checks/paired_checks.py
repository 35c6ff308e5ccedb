"""Evaluators of checks against another model on the same cases: gain and non-inferiority.

Both ask whether the paired difference is above a number (the wanted gain, or minus the margin) at
the part of the policy's one-sided error that this look at gold may spend. FAIL is kept for what is
shown at all of it; what could still be chance is INCONCLUSIVE, with the cases that would decide.
Neither passes.
"""

from __future__ import annotations

from dslm.gating.checks.check_result import (
    CheckResult,
    amount,
    at_least_one_more,
    compared,
    more_groups,
    named,
    nothing_to_compare,
    signed,
    unit_of,
    unmeasured,
)  # fmt: skip
from dslm.gating.checks.paired_difference import Comparison, compare
from dslm.gating.evidence.gate_input import GateInput
from dslm.gating.power.paired_test_power import cases_to_show
from dslm.records import Status
from dslm.scoring.all_to_a_person import PERSON
from dslm.scoring.intervals import MICRO
from dslm.scoring.outcome import dearest
from dslm.settings.gate_policy import Gain, NonInferior
from dslm.statistics.power_and_sample_size import Needed, needed_to_show


def gain(check: Gain, submission: GateInput, alpha: float) -> CheckResult:
    """Better than the reference by at least so much."""
    unit = unit_of(check.metric, submission)
    asked = f"better than {named(check.over)} by at least {amount(check.at_least, unit)}"
    return _judge(asked, check.metric, check.over, -check.at_least, submission, alpha)


def non_inferior(check: NonInferior, submission: GateInput, alpha: float) -> CheckResult:
    """Worse than the reference by less than the margin."""
    unit = unit_of(check.metric, submission)
    asked = f"worse than {named(check.to)} by less than {amount(check.margin, unit)}"
    return _judge(asked, check.metric, check.to, check.margin, submission, alpha)


def _judge(
    asked: str, metric: str, model: str, margin: float, submission: GateInput, alpha: float
) -> CheckResult:
    if nothing := submission.no_reference(model):
        return nothing_to_compare(asked, nothing, model)
    mine, theirs = submission.rows.get("candidate"), submission.reference(model)
    if not mine or not theirs or len(mine) != len(theirs):
        return unmeasured(asked)
    unit = unit_of(metric, submission)
    level = submission.level(alpha)
    fixed = submission.contract.costs.review if model == PERSON else None
    found = compare(metric, mine, theirs, alpha, dearest(submission.contract), level, fixed)
    status, why = _above(found.difference, found.low, found.high, margin)
    seen, line = compared(found, unit), signed(-margin, unit)
    if status != "INCONCLUSIVE":
        sure = 1 - (level if status == "PASS" else alpha)
        return CheckResult(status, asked, seen, why.format(line=line, sure=f"{sure:.3g}"))
    needed = _needed(found, margin, submission.next_level(alpha), unit)
    if needed is None:
        why += "; at the measured difference no number of cases would pass"
        return CheckResult(status, asked, seen, why.format(line=line))
    why += more_groups(needed, found.groups, found.cases)
    return CheckResult(status, asked, seen, why.format(line=line), needed.cases, needed.groups)


def _above(difference: float, low: float, high: float, margin: float) -> tuple[Status, str]:
    """Whether the difference is shown to be above -margin, shown to be below, or neither."""
    if low >= -margin:
        return "PASS", "above {line} with confidence {sure}"
    if high < -margin:
        return "FAIL", "below {line} with confidence {sure}"
    if margin > 0 and high < 0 and difference <= -margin:
        return "FAIL", "a loss with confidence {sure}, and measured beyond {line}"
    return "INCONCLUSIVE", "may be above or below {line}"


def _needed(found: Comparison, margin: float, level: float, unit: str | None) -> Needed | None:
    """Groups and cases that would decide four times in five, if the models differ as measured.

    A gold set of so many is looked at anew: `level` is what that look may spend.
    """
    if unit is None and not found.grouped:
        cases = cases_to_show(
            found.gained / found.cases, found.lost / found.cases, -margin, level
        )  # fmt: skip
        return None if cases is None else at_least_one_more(Needed(cases, cases), found.cases)
    scale = 1 if unit is None else MICRO
    needed = needed_to_show(
        -found.sums[:, 0], found.sums[:, 1], margin * scale, found.most * scale, level
    )
    return None if needed is None else at_least_one_more(needed, found.groups)
