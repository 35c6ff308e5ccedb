"""Scored rows: made from predictions, and made again from their own raw text.

Called by the calibrate and score stages (`make_rows`), and by `dslm verify` and the gate
(`recompute`), which trust nothing in a row but what the model wrote and how probable each of its
tokens was. Whether a model wrote that at all, `dslm.scoring.rows.answers_given_again` asks it.
"""

from __future__ import annotations

from collections.abc import Sequence

from dslm.contract import Contract
from dslm.contract.answers.answer_confidence import read_answer
from dslm.contract.answers.decision import decide
from dslm.contract.cases.case_groups import chance_unit
from dslm.contract.cases.slices import slices_of
from dslm.errors import InputError
from dslm.records import Case, Decision, Prediction, Row
from dslm.scoring.outcome import outcome


def make_row(contract: Contract, case: Case, prediction: Prediction, decision: Decision) -> Row:
    """One scored case."""
    return Row(
        id=case.id,
        group=chance_unit(contract.data.group_by, case),
        slices=slices_of(contract, case),
        prediction=prediction,
        decision=decision,
        outcome=outcome(contract, case, prediction, decision),
    )


def make_rows(
    contract: Contract, cases: Sequence[Case], predictions: Sequence[Prediction], threshold: float
) -> list[Row]:
    """Rows of a whole set, in its order.

    Args:
        contract: The workflow's contract.
        cases: Labelled cases.
        predictions: One answer a case, in the same order.
        threshold: Confidence from which an answer may proceed. Candidate, champion and base have
            their certified one; `NEVER` where none could be certified, and while one is looked for.

    Raises:
        InputError: Not one prediction a case.
    """
    if len(cases) != len(predictions):
        raise InputError(f"{len(predictions)} predictions for {len(cases)} cases")
    return [
        make_row(contract, case, answer, decide(contract, case.input, answer, threshold))
        for case, answer in zip(cases, predictions, strict=True)
    ]


def same_cases(cases: Sequence[Case], rows: Sequence[Row]) -> None:
    """Rows must be of exactly these cases, in this order.

    Raises:
        InputError: They are not; names the first that differs.
    """
    if len(rows) != len(cases):
        raise InputError(f"{len(rows)} rows for {len(cases)} cases", fix="score again")
    for number, (case, row) in enumerate(zip(cases, rows, strict=True), start=1):
        if case.id != row.id:
            what = f"row {number} is of case {row.id!r}, the set has {case.id!r} there"
            raise InputError(what, fix="score again")


def recompute(
    contract: Contract, cases: Sequence[Case], rows: Sequence[Row], threshold: float
) -> list[Row]:
    """Rows derived anew from what the model wrote, and what it thought of each token.

    Object, confidence, decision, outcome, group and slices come from these, contract, case and
    threshold; nothing else of the old row is used.
    """
    same_cases(cases, rows)
    answers = [read_again(contract, row.prediction) for row in rows]
    return make_rows(contract, cases, answers, threshold)


def read_again(contract: Contract, written: Prediction) -> Prediction:
    """A prediction with all that follows from its text and log-probabilities made anew."""
    read = read_answer(contract, written.text, written.finish_reason, written.log_probs)
    return written.model_copy(
        update={
            "object": read.object,
            "finish_reason": read.finish_reason,
            "confidence": read.confidence,
            "field_confidence": read.field_confidence,
        }
    )
