"""The confidence from which an answer may proceed, certified on the calibration split.

Takes scored calibration rows; gives a `Calibration`. Called by the calibrate stage, and again by
`dslm verify`. Learn-then-test (Angelopoulos et al. 2021, arXiv:2110.01052) with exact binomial
tails and fixed-sequence testing:

- A *rung* is a number of answers to accept: the fewest that certify the bound with 0, 1, 2, …
  wrong ones among them (45, 77, 105, 132, … for 5 % risk at 90 %), and at last all of them.
  Rungs depend on the bound alone, so they are fixed before any answer is looked at.
- Going down from high confidence, the rung that takes m answers is tested on these m: given the
  confidence that follows next, they are independent draws of the answers above it, so the number
  of wrong ones is binomial with that threshold's selective risk. The rung holds if
  P(Binomial(m, bound) ≤ wrong) ≤ 1 - confidence.
- The sequence starts at the highest rung that takes at most half of the answers, and stops at the
  first that fails. Starting at the first rung, one wrong answer of high confidence would end
  everything; starting later asks for much of a weak model. Which start a run has depends only on
  how many answers could proceed.

Then the chance that a threshold is given out whose true selective risk exceeds the bound is at
most 1 - confidence, for cases like the calibration split's, over all of them and not per slice.
`tests/unit/scoring/test_calibration.py` simulates it. Wrong answers that cluster by group weaken
this; `design_effect` says how much they do here.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from dslm.cases import read_record
from dslm.contract import Contract
from dslm.contract.deciding import NEVER
from dslm.contract.ranking import ranked, would_be_wrong
from dslm.errors import InputError
from dslm.records import Record, Row
from dslm.scoring.intervals import DECIMALS, effective_cases, ints
from dslm.settings.workspace import stage_command


class Calibration(Record):
    """A threshold and how it was found, or why there is none."""

    threshold: float | None
    certified: bool
    max_selective_risk: float
    confidence: float
    cases: int
    could_proceed: int
    accepted: int
    wrong: int
    coverage: float
    upper_bound: float | None
    design_effect: float
    needed_right: int
    why: str
    evidence: dict[str, str]

    @property
    def cutoff(self) -> float:
        """What `decide` compares confidence with."""
        return NEVER if self.threshold is None else self.threshold


def binomial_tail(wrong: int, accepted: int, risk: float) -> float:
    """P(Binomial(accepted, risk) ≤ wrong)."""
    from scipy.special import betainc

    return 1.0 if wrong >= accepted else float(betainc(accepted - wrong, wrong + 1, 1 - risk))


def needed_right(risk: float, confidence: float) -> int:
    """Right answers, and no wrong one, that certify a bound."""
    return math.ceil(math.log(1 - confidence) / math.log(1 - risk))


def rungs(answers: int, risk: float, confidence: float) -> Iterator[int]:
    """How many answers each step accepts: the fewest that certify with 0, 1, 2, … wrong; all."""
    wrong, taken = 0, needed_right(risk, confidence)
    while taken < answers:
        yield taken
        wrong += 1
        while binomial_tail(wrong, taken, risk) > 1 - confidence:
            taken += 1
    if answers >= needed_right(risk, confidence):
        yield answers


@lru_cache(maxsize=64)
def sequence(answers: int, risk: float, confidence: float) -> tuple[int, ...]:
    """The rungs in the order they are tested, from the starting one on."""
    steps = tuple(rungs(answers, risk, confidence))
    start = max((i for i, taken in enumerate(steps) if taken <= answers / 2), default=0)
    return steps[start:]


def accepted_answers(
    confidences: Sequence[float], wrong: Sequence[bool], risk: float, confidence: float
) -> int:
    """How many answers, from the most confident one on, may proceed; 0 where none may.

    Args:
        confidences: Of the answers that could proceed, falling.
        wrong: Whether each is wrong.
        risk: Largest share of wrong answers among those that proceed.
        confidence: With which the bound must hold.
    """
    best = 0
    for step in sequence(len(confidences), risk, confidence):
        taken = step
        while taken < len(confidences) and confidences[taken] == confidences[step - 1]:
            taken += 1  # a threshold takes equal confidences together
        if binomial_tail(sum(wrong[:taken]), taken, risk) > 1 - confidence:
            break
        best = taken
    return best


def upper_bound(wrong: int, accepted: int, confidence: float) -> float:
    """The largest selective risk that the counts leave possible (Clopper–Pearson, one-sided)."""
    from scipy.special import betaincinv

    if wrong >= accepted:
        return 1.0
    return round(float(betaincinv(wrong + 1, accepted - wrong, confidence)), DECIMALS)


def calibrate(contract: Contract, rows: Sequence[Row], evidence: Mapping[str, str]) -> Calibration:
    """The lowest threshold that the calibration rows certify.

    Args:
        contract: Bound and confidence.
        rows: Scored rows of the calibration split, decided with any threshold.
        evidence: Digests of what the rows were made from.

    Raises:
        InputError: No rows.
    """
    if not rows:
        raise InputError("no calibration rows", fix="raise data.split.calibration")
    policy, order = contract.decision, ranked(rows)
    wrong = [would_be_wrong(row) for row in order]
    taken = accepted_answers(
        [row.prediction.confidence for row in order],
        wrong, policy.max_selective_risk, policy.confidence,
    )  # fmt: skip
    found = sum(wrong[:taken])
    return Calibration(
        threshold=order[taken - 1].prediction.confidence if taken else None,
        certified=taken > 0,
        max_selective_risk=policy.max_selective_risk,
        confidence=policy.confidence,
        cases=len(rows),
        could_proceed=len(order),
        accepted=taken,
        wrong=found,
        coverage=round(taken / len(rows), DECIMALS),
        upper_bound=upper_bound(found, taken, policy.confidence) if taken else None,
        design_effect=_design_effect(order, wrong),
        needed_right=needed_right(policy.max_selective_risk, policy.confidence),
        why=_why(contract, wrong, taken),
        evidence=dict(sorted(evidence.items())),
    )


def _design_effect(order: Sequence[Row], wrong: Sequence[bool]) -> float:
    """By how much grouping inflates the variance of the error rate; 1 = answers are independent."""
    if not order:
        return 1.0
    flags = ints([int(w) for w in wrong])
    cases = effective_cases(flags, ints([1] * len(flags)), [row.group for row in order])
    return round(len(flags) / cases, 4)


def _why(contract: Contract, wrong: Sequence[bool], taken: int) -> str:
    policy = contract.decision
    risk, sure = f"{policy.max_selective_risk:.3g}", f"{policy.confidence:.3g}"
    if taken:
        return (
            f"{sum(wrong[:taken])} wrong among the {taken} most confident answers: "
            f"selective risk is at most {risk} with confidence {sure}"
        )
    steps = sequence(len(wrong), policy.max_selective_risk, policy.confidence)
    needed = needed_right(policy.max_selective_risk, policy.confidence)
    if not steps:
        return (
            f"no threshold can be certified: risk {risk} at confidence {sure} needs {needed} right "
            f"answers and no wrong one, only {len(wrong)} answers could proceed; nothing proceeds"
        )
    return (
        f"no threshold can be certified: {sum(wrong[: steps[0]])} wrong among the {steps[0]} most "
        f"confident answers, too many for risk {risk} at confidence {sure} "
        f"({needed} right answers and no wrong one are the least); nothing proceeds"
    )


def load_calibration(path: Path) -> Calibration:
    """The calibration that a stage wrote.

    Raises:
        InputError: It is missing, cut, or not one.
    """
    fix = f"run {stage_command('calibrate', path)}"
    return read_record(path, Calibration, missing="not calibrated yet", fix=fix)
