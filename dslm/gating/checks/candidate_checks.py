"""Evaluators of checks on the candidate alone: zero tolerance, and bounds.

A bound on the interval has three answers: it is cleared with confidence 1 - alpha (PASS), missed
with it (FAIL), or neither (INCONCLUSIVE, with the cases that would decide). alpha is the policy's,
one-sided, as in checks against another model.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace

from dslm.gating.checks.check_result import (
    CheckResult,
    amount,
    at_least_one_more,
    more_groups,
    unit_of,
    unmeasured,
    worded,
)
from dslm.gating.evidence.gate_input import GateInput
from dslm.records import Metric
from dslm.scoring.intervals import MICRO, by_group
from dslm.scoring.metrics import METRICS, bounded, counts
from dslm.scoring.outcome import dearest
from dslm.settings.gate_policy import Bound, ZeroTolerance
from dslm.statistics.power_and_sample_size import hidden_share, needed_to_show


def _metric(name: str, submission: GateInput) -> Metric | None:
    """The candidate's metric, None where its value is no number."""
    score = submission.scorecard.models.get("candidate")
    metric = None if score is None else score.metrics.get(name)
    if metric is None or metric.value is None or metric.n <= 0:
        return None
    return metric if math.isfinite(metric.value) else None


def zero_tolerance(check: ZeroTolerance, submission: GateInput, _: float) -> CheckResult:
    """Not one case may miss."""
    goal = 1.0 if METRICS[check.metric].better == "higher" else 0.0
    asked = "every case" if goal else "no case"
    metric = _metric(check.metric, submission)
    if metric is None or metric.value is None:
        return unmeasured(asked)
    if metric.value != goal:
        misses = round(abs(metric.value - goal) * metric.n)
        seen = f"{misses} of {metric.n} cases fail"
        return CheckResult("FAIL", asked, seen, "no failing case is allowed")
    rows = submission.rows.get("candidate", ())
    sizes = list(Counter(row.group for row in rows).values()) or [1] * metric.n
    of = "cases" if max(sizes) == 1 else f"cases in {len(sizes)} groups"
    why = f"{hidden_share(sizes):.1%} could still be hidden from so many {of} (rule of three)"
    return CheckResult("PASS", asked, f"{metric.n} of {metric.n} cases pass", why)


def bound(check: Bound, submission: GateInput, alpha: float) -> CheckResult:
    """One side of a number; on the interval it passes by what this look at gold may spend."""
    unit = unit_of(check.metric, submission)
    least = check.at_least is not None
    limit = check.at_least if check.at_least is not None else check.at_most
    if limit is None:
        raise ValueError("a bound without a number")  # the policy's model refuses it
    asked = f"{'at least' if least else 'at most'} {amount(limit, unit)}, on the {check.on}"
    metric = _metric(check.metric, submission)
    if metric is None or metric.value is None:
        return unmeasured(asked)
    seen, sign = worded(metric, unit), 1.0 if least else -1.0
    room = sign * (metric.value - limit)
    if metric.n < check.fewest and room >= 0:
        why = f"only {metric.n} cases proceeded, at least {check.fewest} are needed to judge"
        return CheckResult("INCONCLUSIVE", asked, seen, why)
    if check.on == "value":
        clears = room >= 0
        why = f"the measured value {'meets' if clears else 'does not meet'} the bound"
        why += f"; not shown with confidence: {check.unproved}" if check.unproved else ""
        return CheckResult("PASS" if clears else "FAIL", asked, seen, why)
    rows = submission.rows.get("candidate", ())
    level, most = submission.level(alpha), dearest(submission.contract)
    passing, failing = (bounded(check.metric, rows, most, tail) for tail in (level, alpha))
    if passing is None or failing is None or not all(map(math.isfinite, (*passing, *failing))):
        return unmeasured(asked)
    near, far = (passing[0], failing[1]) if least else (passing[1], failing[0])
    sure = f"with confidence {1 - level:.3g}"
    told = f"{'at least' if least else 'at most'} {amount(near, unit)} {sure}"
    if sign * (near - limit) >= 0:
        return CheckResult("PASS", asked, seen, f"it is {told}")
    if sign * (far - limit) < 0:
        return CheckResult(
            "FAIL", asked, seen, f"the bound is not met, with confidence {1 - alpha:.3g}"
        )
    if room <= 0:
        near_it = "equals the bound" if room == 0 else "does not meet the bound, perhaps by chance"
        why = f"the measured value {near_it}: it is {told}; better answers are needed"
        return CheckResult("INCONCLUSIVE", asked, seen, why)
    why = f"the measured value meets the bound, but it is only {told}"
    open_ = CheckResult("INCONCLUSIVE", asked, seen, why)
    return _with_needed(open_, submission, check.metric, -sign * limit,
                        submission.next_level(alpha))  # fmt: skip


def _with_needed(
    found: CheckResult, submission: GateInput, name: str, line: float, level: float
) -> CheckResult:
    """What is open, with the groups and cases that would decide; `line` below 0 is a least.

    A gold set of so many is looked at anew: `level` is what that look may spend.
    """
    rows, measure = submission.rows.get("candidate", ()), METRICS[name]
    above, below = counts(measure, rows)
    sums = by_group([row.group for row in rows], above, below)
    sums = sums[sums[:, 1] > 0]
    dear, scale = (dearest(submission.contract), MICRO) if measure.unit == "money" else (1.0, 1)
    sign, most = (-1, 0.0) if line < 0 else (1, max(dear * scale, float(above.max(initial=0))))
    needed = needed_to_show(sign * sums[:, 0], sums[:, 1], line * scale, most, level)
    if needed is None:
        return replace(
            found, why=f"{found.why}; the number of cases that would decide cannot be estimated"
        )
    needed = at_least_one_more(needed, len(sums))
    why = found.why + more_groups(needed, len(sums), int(sums[:, 1].sum()))
    return replace(found, why=why, needed=needed.cases, needed_groups=needed.groups)
