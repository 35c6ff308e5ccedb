"""The confidence from which an answer may proceed, certified on the calibration split.

Takes scored calibration rows; gives a `Calibration`. Called by the calibrate stage, and again by
`dslm verify` and the gate. Learn-then-test (Angelopoulos et al. 2021, arXiv:2110.01052): numbers of
most confident answers, fixed before any answer is looked at (`dslm.statistics.ladder`), are tested
against "its selective risk is above the bound", and the largest that passes gives the threshold.

The unit of chance is the group, where the contract names one: the p-value is Gaffke's over groups
(`dslm.statistics.group_bounds`), each with its wrong answers among those that the threshold lets
through. Nothing is assumed about what the answers of a group share. Where each of them has a group
of its own that is the exact binomial tail.

Then the chance that a threshold is given out whose true selective risk exceeds the bound is at
most 1 - confidence, for cases like the calibration split's, over all of them and not per slice.
`tests/bench/grouped_certificate.py` simulates it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dslm.contract import Contract
from dslm.contract.ranking import ranked, would_be_wrong
from dslm.errors import InputError
from dslm.evidence import Calibration, Step, nearest
from dslm.looks.calibrating import told
from dslm.records import Row
from dslm.scoring.intervals import DECIMALS, SOUGHT, Ints, by_group, effective_cases, ints
from dslm.statistics.group_bounds import mean_bounds, p_below
from dslm.statistics.ladder import binomial_tail, level_of, rungs_of
from dslm.statistics.zero_failures import needed_right, p_without_failure

_ROUNDING = 1 + 1e-9
_SMALL, _PLACES_OF_SMALL = 1e-6, 12  # as exact as a level may be small; noise is 1e-16
NO_MORE = "no threshold can be certified on these calibration cases any more; nothing proceeds"


@dataclass(frozen=True)
class Answers:
    """What is known of the answers that could proceed, the most confident first.

    Attributes:
        confidences: Falling.
        wrong: Whether each would be wrong.
        groups: Of each.
    """

    confidences: Sequence[float]
    wrong: Sequence[bool]
    groups: Sequence[str]

    def by_group(self, taken: int) -> Ints:
        """Wrong answers, and answers, of each group among so many most confident; (groups, 2)."""
        wrong = ints([int(one) for one in self.wrong[:taken]])
        return by_group(self.groups[:taken], wrong, np.ones_like(wrong))

    def with_equals(self, taken: int) -> int:
        """So many answers and all that are as confident: a threshold takes them together."""
        last = self.confidences[taken - 1]
        while taken < len(self.confidences) and self.confidences[taken] == last:
            taken += 1
        return taken


def p_value(sums: Ints, risk: float) -> float:
    """Against "at least this share is wrong", of wrong answers and answers by group.

    That of groups is rounded, as far digits are of the machine, and never told too small: a level
    may be smaller than what is rounded away.
    """
    if int(sums[:, 1].max()) == 1:
        return binomial_tail(int(sums[:, 0].sum()), len(sums), risk)
    found = max(0.0, p_below(sums[:, 0], sums[:, 1], risk, 1.0))
    places = SOUGHT if found > _SMALL else _PLACES_OF_SMALL
    return min(1.0, round(found, places) + 0.5 * 10.0**-places)


def upper_bound(sums: Ints, tail: float) -> float:
    """The largest risk that wrong answers and answers by group leave possible, but for the tail."""
    from scipy.special import betaincinv

    wrong, answers = (int(one) for one in sums.sum(axis=0))
    if wrong >= answers:
        return 1.0
    if int(sums[:, 1].max()) == 1:
        return round(float(betaincinv(wrong + 1, answers - wrong, 1 - tail)), DECIMALS)
    bounds = mean_bounds(sums[:, 0], sums[:, 1], 0.0, 1.0, tail)
    return 1.0 if bounds is None else round(bounds[1], SOUGHT)


def tested_rungs(answers: Answers, risk: float, confidence: float) -> tuple[int, ...]:
    """The rungs that are tested: those that would pass if no answer were wrong."""
    rungs = rungs_of(len(answers.confidences), risk, confidence)
    found = dict.fromkeys(answers.with_equals(rung) for rung in rungs)
    most = (1 - confidence) * _ROUNDING
    return tuple(
        taken for taken in found
        if p_without_failure(answers.by_group(taken)[:, 1].tolist(), risk) <= most
    )  # fmt: skip


def certified_rungs(
    rungs: tuple[int, ...], p_values: Sequence[float], risk: float, confidence: float
) -> tuple[int, list[float]]:
    """How many of the rungs are certified, and the level that each had to keep.

    Args:
        rungs: Numbers of answers, rising.
        p_values: Of each.
        risk: Largest share of wrong answers among those that proceed.
        confidence: With which the bound must hold.
    """
    levels, first = [0.0] * len(rungs), 0
    while first < len(rungs):
        level = level_of(rungs[first:], risk, confidence)
        levels[first:] = [level] * (len(rungs) - first)
        passed = [place for place in range(first, len(rungs)) if p_values[place] <= level]
        if not passed:
            break
        first = passed[-1] + 1
    return first, levels


def certify(answers: Answers, risk: float, confidence: float) -> tuple[Step, ...]:
    """Every rung that was tested; the last certified one gives the threshold.

    Args:
        answers: That could proceed.
        risk: Largest share of wrong answers among those that proceed.
        confidence: With which the bound must hold.
    """
    rungs = tested_rungs(answers, risk, confidence)
    sums = [answers.by_group(rung) for rung in rungs]
    p_values = [p_value(one, risk) for one in sums]
    first, levels = certified_rungs(rungs, p_values, risk, confidence)
    return tuple(
        Step(
            answers=rung, groups=len(of), wrong=int(of[:, 0].sum()), p=round(p, DECIMALS),
            level=round(level, DECIMALS), certified=place < first, risk=upper_bound(of, level),
        )
        for place, (rung, of, p, level) in enumerate(
            zip(rungs, sums, p_values, levels, strict=True)
        )
    )  # fmt: skip


def calibrate(
    contract: Contract, rows: Sequence[Row], evidence: Mapping[str, str], number: int = 1
) -> Calibration:
    """The lowest threshold that the calibration rows certify.

    Args:
        contract: Bound and confidence.
        rows: Scored rows of the calibration split, decided with any threshold.
        evidence: Digests of what the rows were made from.
        number: Which calibration on these cases it is.

    Raises:
        InputError: No rows.
    """
    if not rows:
        raise InputError("no calibration rows", fix="raise data.split.calibration")
    policy, order = contract.decision, ranked(rows)
    sure, most = policy.confidence_of_each, policy.calibrations
    answers = Answers(
        [row.prediction.confidence for row in order],
        [would_be_wrong(row) for row in order],
        [row.group for row in order],
    )
    allowed = most is None or number <= most
    steps = certify(answers, policy.max_selective_risk, sure) if allowed else ()
    best = next((step for step in reversed(steps) if step.certified), None)
    taken = best.answers if best else 0
    return Calibration(
        threshold=answers.confidences[taken - 1] if best else None,
        certified=best is not None,
        max_selective_risk=policy.max_selective_risk,
        confidence=policy.confidence,
        cases=len(rows),
        could_proceed=len(order),
        accepted=taken,
        wrong=best.wrong if best else 0,
        coverage=round(taken / len(rows), DECIMALS),
        upper_bound=best.risk if best else None,
        design_effect=_design_effect(answers),
        needed_right=needed_right(policy.max_selective_risk, sure),
        why="; ".join(
            filter(
                None,
                (
                    _why(contract, answers, steps) if allowed else NO_MORE,
                    told(number, policy.confidence, most),
                ),
            )
        ),
        number=number,
        groups=best.groups if best else 0,
        steps=steps,
        evidence=dict(sorted(evidence.items())),
    )


def _design_effect(answers: Answers) -> float:
    """By how much grouping inflates the variance of the error rate; 1 = answers are independent."""
    if not answers.wrong:
        return 1.0
    flags = ints([int(one) for one in answers.wrong])
    cases = effective_cases(flags, ints([1] * len(flags)), answers.groups)
    return round(len(flags) / cases, 4)


def _counted(step: Step) -> str:
    grouped = f" in {step.groups} groups" if step.groups < step.answers else ""
    return f"{step.wrong} wrong among the {step.answers} most confident answers{grouped}"


def _almost(step: Step) -> str:
    return f"{_counted(step)} leave a risk of {step.risk:.3g} possible (p = {step.p:.2g}, " + (
        f"at most {step.level:.2g} passes)"
    )


def _why(contract: Contract, answers: Answers, steps: Sequence[Step]) -> str:
    policy, near = contract.decision, nearest(steps)
    risk, sure = f"{policy.max_selective_risk:.3g}", f"{policy.confidence:.3g}"
    best = next((step for step in reversed(steps) if step.certified), None)
    if best:
        why = f"{_counted(best)}: selective risk is at most {risk} with confidence {sure}"
        return why if near is None else f"{why}; almost certified: {_almost(near)}"
    needed = needed_right(policy.max_selective_risk, policy.confidence_of_each)
    if near:
        return (
            f"no threshold can be certified for risk {risk} at confidence {sure}; nearest: "
            f"{_almost(near)}; nothing proceeds"
        )
    able = f"only {len(answers.wrong)} answers could proceed"
    if len(answers.wrong) >= needed:
        sums = answers.by_group(len(answers.wrong))
        able = (
            f"the {len(answers.wrong)} answers that could proceed are of {len(sums)} groups of up "
            f"to {int(sums[:, 1].max())}, too few even if none of them were wrong"
        )
    return (
        f"no threshold can be certified: risk {risk} at confidence {sure} needs {needed} right "
        f"answers of as many groups and no wrong one, {able}; nothing proceeds"
    )
