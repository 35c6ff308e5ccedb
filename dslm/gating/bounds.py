"""Evaluators of checks on the candidate alone: zero tolerance, and bounds.

A bound on the interval has three answers: all of it clears the bound (PASS), all of it misses
(FAIL), or the bound lies inside (INCONCLUSIVE, with the cases that would decide).
"""

from __future__ import annotations

import math

from dslm.gating.finding import Found, amount, unit_of, unmeasured, worded
from dslm.gating.statistics import normal_quantile
from dslm.gating.submission import Submission
from dslm.records import Metric
from dslm.scoring.intervals import TAIL
from dslm.scoring.metrics import METRICS, measured
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
    if check.on == "value":
        clears = room >= 0
        why = "the value clears it" if clears else "the value misses it"
        return Found("PASS" if clears else "FAIL", asked, seen, why)
    tails = [min(TAIL, level(alpha)) for level in (submission.level, submission.next_level)]
    wide = metric if tails[0] == TAIL else measured(
        check.metric, submission.rows["candidate"], dearest(submission.contract), tails[0]
    )  # fmt: skip
    near, far = (wide.low, metric.high) if least else (wide.high, metric.low)
    if near is None or far is None or not math.isfinite(near + far):
        return unmeasured(asked)
    ends = room, sign * (near - limit), sign * (far - limit)
    return _by_interval(asked, seen, metric.n, ends, (tails[0], tails[1]))


def _by_interval(
    asked: str, seen: str, n: int, ends: tuple[float, float, float], tails: tuple[float, float]
) -> Found:
    """Judge by how far value, near end and far end of the interval lie on the right side.

    Args:
        asked: By the check.
        seen: On gold.
        n: Cases.
        ends: The three.
        tails: What the near end leaves out, at this look and at the next, of a larger gold set.
    """
    room, near, far = ends
    interval = f"{100 * (1 - 2 * tails[0]):.4g} % interval"
    if near >= 0:
        return Found("PASS", asked, seen, f"all of the {interval} clears it")
    if far < 0:
        return Found("FAIL", asked, seen, "all of the 95 % interval misses it")
    if room <= 0:
        why = f"the value misses it, the {interval} reaches across: better answers are needed"
        return Found("INCONCLUSIVE", asked, seen, why)
    wider = (normal_quantile(1 - tails[1]) / normal_quantile(1 - tails[0])) ** 2
    needed = math.ceil(wider * n * ((room - near) / room) ** 2)
    why = f"the value clears it, the {interval} reaches across"
    return Found("INCONCLUSIVE", asked, seen, why, max(needed, n + 1))
