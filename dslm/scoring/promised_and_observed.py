"""What a model promised on gold beside what it did on other labelled cases.

Takes a file of answers, a file of labels and the promised scorecard; gives, metric by metric, both
with their 95 % intervals and the interval of the difference. Two sets of cases are independent
samples, so the difference has Newcombe's interval from the two (1998, Statistics in Medicine
17:873, method 10; MOVER for any pair of intervals). Called by `dslm compare`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from dslm.cases import MOST_REPORTED, numbered_records, read_labelled
from dslm.contract import Contract
from dslm.contract.answers.canonical_answer import schema_errors
from dslm.errors import DslmError, InputError, Problems
from dslm.records import Answer, Case, Decision, Metric, Prediction, Record, Row, Scorecard
from dslm.scoring.metrics import measured
from dslm.scoring.rows.scored_rows import make_row

COMPARED = ("case_exact_match", "straight_through_rate", "selective_risk")
Kept = Literal["as promised", "better", "worse", "not measured", "nothing promised"]
LOWER_IS_BETTER = ("selective_risk",)


class Promise(Record):
    """One metric, as it was promised and as it was found.

    `low` and `high` bound found minus promised; None where either was not measured.
    """

    metric: str
    found: Metric
    promised: Metric | None
    low: float | None
    high: float | None
    kept: Kept


class Compared(Record):
    """Answers beside labels.

    Attributes:
        cases: How many have both.
        unlabelled: Answers without a label.
        unanswered: Labelled cases without an answer.
        promises: Metric by metric.
        threshold_risk: The contract's bound on the selective risk.
    """

    cases: int
    unlabelled: int
    unanswered: int
    promises: tuple[Promise, ...]
    threshold_risk: float


def read_answers(path: Path, contract: Contract) -> dict[str, Answer]:
    """The answers of a file that `dslm predict` wrote, by the id of their case.

    Raises:
        InputError: There is none.
        Problems: Lines that are no answers, repeat an id, or hold an object that the contract's
            schema does not allow.
    """
    found: dict[str, Answer] = {}
    faults: list[DslmError] = []
    for line, answer in numbered_records(path, Answer):
        where = f"{path}:{line}"
        if answer.id in found:
            faults.append(InputError(f"a second answer to case {answer.id!r}", where=where,
                                     fix="keep one of them"))  # fmt: skip
        if answer.object is not None and (errors := schema_errors(contract, answer.object)):
            fix = "compare with the contract that it was made for"
            faults.append(InputError(f"object.{errors[0]}", where=where, fix=fix))
        found.setdefault(answer.id, answer)
    if faults:
        raise Problems(faults[:MOST_REPORTED])
    if not found:
        raise InputError("no answers in this file", where=path, fix="run `dslm predict` first")
    return found


def rows_of(contract: Contract, answers: Mapping[str, Answer], labels: Iterable[Case]) -> list[Row]:
    """A scored row of each labelled case that has an answer; the answer's own action counts."""
    return [_row(contract, case, answers[case.id]) for case in labels if case.id in answers]


def _row(contract: Contract, case: Case, answer: Answer) -> Row:
    prediction = Prediction(
        object=answer.object, text="", confidence=answer.confidence,
        field_confidence=answer.field_confidence, finish_reason=answer.finish_reason,
        prompt_tokens=0, answer_tokens=0, latency_ms=0.0,
    )  # fmt: skip
    decision = Decision(action=answer.action, reasons=answer.reasons)
    return make_row(contract, case, prediction, decision)


def compare_answers(
    contract: Contract,
    out: Path,
    labels: Path,
    promised: Scorecard | None,
    shaped: Callable[[dict[str, Any]], dict[str, Any]] = dict,
) -> tuple[Compared, Sequence[Case]]:
    """Answers beside labels, and the labelled cases.

    Args:
        contract: What the answers were made for.
        out: What `dslm predict` wrote.
        labels: Cases with their right answers, of the same ids.
        promised: Of the model that answered; None where none is known.
        shaped: Gives a label the contract's fields, where it may come in another shape.

    Raises:
        InputError: A file is empty, or no case has both.
        Problems: Lines of either that are wrong.
    """
    answers = read_answers(out, contract)
    cases = read_labelled(labels, contract, shaped)
    rows = rows_of(contract, answers, cases)
    if not rows:
        raise InputError(f"none of its {len(cases)} cases has an answer in {out}", where=labels,
                         fix="the ids must be those of the file that was answered")  # fmt: skip
    model = promised.models.get("candidate") if promised else None
    promises = model.metrics if model else {}
    return Compared(
        cases=len(rows),
        unlabelled=len(answers) - len(rows),
        unanswered=len(cases) - len(rows),
        promises=tuple(
            promise(name, measured(name, rows), promises.get(name)) for name in COMPARED
        ),
        threshold_risk=contract.decision.max_selective_risk,
    ), cases


def promise(name: str, found: Metric, promised: Metric | None) -> Promise:
    """One metric found beside the promised one."""
    bounds = None if promised is None else _difference(found, promised)
    kept: Kept
    if promised is None:
        kept = "nothing promised"
    elif bounds is None:
        kept = "not measured"
    elif bounds[0] <= 0 <= bounds[1]:
        kept = "as promised"
    else:
        kept = "better" if (bounds[0] > 0) != (name in LOWER_IS_BETTER) else "worse"
    low, high = bounds or (None, None)
    return Promise(metric=name, found=found, promised=promised, low=low, high=high, kept=kept)


def _difference(found: Metric, promised: Metric) -> tuple[float, float] | None:
    values = (found.value, found.low, found.high, promised.value, promised.low, promised.high)
    if any(value is None or not math.isfinite(value) for value in values):
        return None
    f, fl, fh, p, pl, ph = (float(value or 0.0) for value in values)
    low = f - p - math.hypot(f - fl, ph - p)
    return round(low, 10), round(f - p + math.hypot(fh - f, p - pl), 10)
