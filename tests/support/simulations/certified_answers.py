"""The certificate without its records, for simulations of thousands of draws; and the one before.

Used by tests of `dslm.scoring.calibration` and by `tests/bench/grouped_gate.py`.
"""

from __future__ import annotations

from collections.abc import Sequence

from dslm.scoring.calibration import Answers, certified_rungs, p_value, tested_rungs
from dslm.statistics.certificate_ladder import binomial_tail
from dslm.statistics.power_and_sample_size import needed_right


def certified(answers: Answers, risk: float, confidence: float) -> int:
    """How many of the most confident answers may proceed; 0 where none may."""
    rungs = tested_rungs(answers, risk, confidence)
    p_values = [_p(answers, rung, risk) for rung in rungs]
    count, _ = certified_rungs(rungs, p_values, risk, confidence)
    return rungs[count - 1] if count else 0


def _p(answers: Answers, rung: int, risk: float) -> float:
    """The p-value; 1 where the share of wrong answers is not even below the bound."""
    sums = answers.by_group(rung)
    return 1.0 if sums[:, 0].sum() >= risk * rung else p_value(sums, risk)


def certified_before(wrong: Sequence[bool], risk: float, confidence: float) -> int:
    """The same by the ladder of before: exact binomial, from half of them on, to the first miss.

    Its rungs are the fewest answers that pass the whole level with 0, 1, 2, … wrong.
    """
    rungs, misses, taken = [], 0, needed_right(risk, confidence)
    while taken < len(wrong):
        rungs.append(taken)
        misses += 1
        while binomial_tail(misses, taken, risk) > 1 - confidence:
            taken += 1
    if len(wrong) >= needed_right(risk, confidence):
        rungs.append(len(wrong))
    start = max((i for i, rung in enumerate(rungs) if rung <= len(wrong) / 2), default=0)
    best = 0
    for rung in rungs[start:]:
        if binomial_tail(sum(wrong[:rung]), rung, risk) > 1 - confidence:
            break
        best = rung
    return best
