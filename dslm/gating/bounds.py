"""Evaluators of checks on the candidate alone: zero tolerance, and bounds.

A bound on the interval has three answers: it is cleared with confidence 1 - alpha (PASS), missed
with it (FAIL), or neither (INCONCLUSIVE, with the cases that would decide). alpha is the policy's,
one-sided, as in checks against another model.
"""

from __future__ import annotations

import math

from dslm.gating.finding import Found, amount, unit_of, unmeasured, worded
from dslm.gating.statistics import normal_quantile
from dslm.gating.submission import Submission
from dslm.records import Metric
from dslm.scoring.metrics import METRICS, bounded
from dslm.scoring.outcome import dearest
from dslm.settings.policy import Bound, ZeroTolerance


def _metric(name: str, submission: Submission) -> Metric | None:
    """The candidate's metric, None where its value is no number."""
    score = submission.scorecard.models.get("candidate")
    metric = None if score is None else score.metrics.get(name)
    if metric is None or metric.value is None or metric.n <= 0:
        return None
    return metric if math.isfinite(metric.value) else None


def zero_tolerance(check: ZeroTolerance, submission: Submission, _: float) -> Found:
    """Not one case may miss."""
    goal = 1.0 if METRICS[check.metric].better == "higher" else 0.0
    asked = "every case" if goal else "no case"
    metric = _metric(check.metric, submission)
    if metric is None or metric.value is None:
        return unmeasured(asked)
    if metric.value != goal:
        misses = round(abs(metric.value - goal) * metric.n)
        seen = f"{misses} of {metric.n} cases miss it"
        return Found("FAIL", asked, seen, "one miss is one too many")
    hidden = min(1.0, 3 / metric.n)
    why = f"{hidden:.1%} could still be hidden from so many cases (rule of three)"
    return Found("PASS", asked, f"{metric.n} of {metric.n} cases keep it", why)


def bound(check: Bound, submission: Submission, alpha: float) -> Found:
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
        why = f"{metric.n} cases proceeded, {check.fewest} are the fewest that are judged"
        return Found("INCONCLUSIVE", asked, seen, why)
    if check.on == "value":
        clears = room >= 0
        why = "the value clears it" if clears else "the value misses it"
        why += f"; not proved: {check.unproved}" if check.unproved else ""
        return Found("PASS" if clears else "FAIL", asked, seen, why)
    rows = submission.rows.get("candidate", ())
    level, most = submission.level(alpha), dearest(submission.contract)
    passing, failing = (bounded(check.metric, rows, most, tail) for tail in (level, alpha))
    if passing is None or failing is None or not all(map(math.isfinite, (*passing, *failing))):
        return unmeasured(asked)
    near, far = (passing[0], failing[1]) if least else (passing[1], failing[0])
    told = f"{'at least' if least else 'at most'} {amount(near, unit)} "
    told += f"with confidence {1 - level:.3g}"
    ends = room, sign * (near - limit), sign * (far - limit)
    wider = normal_quantile(1 - submission.next_level(alpha)) / normal_quantile(1 - level)
    return _by_interval(asked, seen, metric.n, ends, told, wider**2)


def _by_interval(
    asked: str, seen: str, n: int, ends: tuple[float, float, float], told: str, wider: float
) -> Found:
    """Judge by how far value, near end and far end of the interval lie on the right side.

    Args:
        asked: By the check.
        seen: On gold.
        n: Cases.
        ends: The three: the near one at what this look may spend, the far one at all of alpha.
        told: The near end in words.
        wider: How many times the cases a next look, at a larger gold set, needs for the same.
    """
    room, near, far = ends
    if near >= 0:
        return Found("PASS", asked, seen, f"it is {told}")
    if far < 0:
        return Found("FAIL", asked, seen, "missed with the same confidence as is asked to clear it")
    if room <= 0:
        why = f"the value misses it, by chance perhaps: {told}; better answers are needed"
        return Found("INCONCLUSIVE", asked, seen, why)
    needed = math.ceil(wider * n * ((room - near) / room) ** 2)
    why = f"the value clears it, but it is {told} only"
    return Found("INCONCLUSIVE", asked, seen, why, max(needed, n + 1))
