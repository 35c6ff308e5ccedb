"""Rows for people outside: what each answer was worth, without what was asked and answered.

Takes a release's rows and, where it is at hand, the gold set; gives `ScoredCase`s. Scorecard and
certified threshold follow from them as from the rows themselves, to the last digit: made by
`collected_files`, computed with again by `recomputed_numbers`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic import Field

from dslm.prediction import FinishReason
from dslm.records import Case, Decision, Outcome, Prediction, Record, Row


class ScoredCase(Record):
    """One row without text.

    Attributes:
        case: Its place in the set, from 1: its id may tell of somebody.
        group: The place of its group among all of the set, by name.
        slices: As the scorecard names them.
        given: Fields that the answer has a value in; None where no answer was valid.
        wanted: Fields that gold has a value in; None where gold is not at hand.
        decision: What became of it, and why.
        outcome: What that was worth.
        confidence: Of the answer, where a threshold is found by it; None elsewhere.
        finish_reason: How the answer ended.
        latency_ms: What the caller waited.
    """

    case: int = Field(ge=1)
    group: int = Field(ge=1)
    slices: dict[str, str]
    given: tuple[str, ...] | None
    wanted: tuple[str, ...] | None
    decision: Decision
    outcome: Outcome
    confidence: float | None
    finish_reason: FinishReason
    latency_ms: float = Field(ge=0, allow_inf_nan=False)


def scored_cases(
    rows: Sequence[Row],
    gold: Mapping[str, Case],
    shown: Callable[[str], str],
    *,
    confidence: bool = False,
) -> list[ScoredCase]:
    """Rows without text.

    Args:
        rows: Of one model, in the order of their set.
        gold: The cases by id; empty where they are not at hand.
        shown: Hides personal values in a name.
        confidence: Whether how sure each answer was is told.
    """
    places = {name: place for place, name in enumerate(sorted({r.group for r in rows}), start=1)}
    return [
        ScoredCase(
            case=number,
            group=places[row.group],
            slices={name: shown(value) for name, value in row.slices.items()},
            given=None if row.prediction.object is None else _filled(row.prediction.object),
            wanted=_filled(gold[row.id].target or {}) if row.id in gold else None,
            decision=row.decision,
            outcome=row.outcome,
            confidence=row.prediction.confidence if confidence else None,
            finish_reason=row.prediction.finish_reason,
            latency_ms=row.prediction.latency_ms,
        )
        for number, row in enumerate(rows, start=1)
    ]


def as_rows(cases: Sequence[ScoredCase]) -> tuple[list[Row], list[Case] | None]:
    """Rows that count as those they were made of, and the cases they are of.

    A value stands for each value that was there. The cases are None where gold was not at hand.
    """
    rows = [
        Row(
            id=_name(case.case),
            group=_name(case.group),
            slices=case.slices,
            prediction=Prediction(
                object=None if case.given is None else dict.fromkeys(case.given, True),
                text="",
                confidence=case.confidence or 0.0,
                finish_reason=case.finish_reason,
                prompt_tokens=0,
                answer_tokens=0,
                latency_ms=case.latency_ms,
            ),
            decision=case.decision,
            outcome=case.outcome,
        )
        for case in cases
    ]
    gold = [
        Case(id=_name(case.case), input="", target=dict.fromkeys(case.wanted, True))
        for case in cases
        if case.wanted is not None
    ]
    return rows, gold if len(gold) == len(rows) else None


def _filled(answer: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(field for field, value in answer.items() if value is not None)


def _name(number: int) -> str:
    """Sorts as the number does."""
    return f"{number:09d}"
