from __future__ import annotations

from typing import Any

import pytest

from dslm.contract.answers.risk_coverage import could_proceed, ranked, would_be_wrong
from dslm.records import Decision, Outcome, Prediction, Row


def row(
    name: str = "a", *, confidence: float = 0.9, answer: Any = "given",
    reasons: tuple[str, ...] = (), kind: str = "straight_through", exact: bool = True,
) -> Row:  # fmt: skip
    return Row(
        id=name,
        group="g",
        prediction=Prediction(
            object={"a": answer} if answer else None, text="", confidence=confidence,
            finish_reason="stop", prompt_tokens=1, answer_tokens=1, latency_ms=1.0,
        ),
        decision=Decision(action="abstain" if reasons else "proceed", reasons=reasons),
        outcome=Outcome.model_validate({"kind": kind, "exact": exact, "cost": 0.0}),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("reasons", "may"),
    [((), True), (("low_confidence",), True), (("rule:adds_up",), False),
     (("low_confidence", "ungrounded:total"), False)],
)  # fmt: skip
def test_only_low_confidence_can_be_lifted_by_a_threshold(
    reasons: tuple[str, ...], may: bool
) -> None:
    assert could_proceed(row(reasons=reasons)) is may


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf"), 1.5])
def test_an_answer_without_a_probability_is_in_no_order(number: float) -> None:
    rows = [row("a", confidence=0.2), row("b", confidence=number), row("c", confidence=0.8)]
    assert [one.id for one in ranked(rows)] == ["c", "a"]


def test_no_object_never_proceeds() -> None:
    assert not could_proceed(row(answer=None))


@pytest.mark.parametrize(
    ("kind", "exact", "wrong"),
    [("straight_through", True, False), ("wrong_proceed", False, True),
     ("held_back", True, False), ("held_back", False, True),
     ("wrong_proceed", True, True), ("rightly_held", True, True)],
)  # fmt: skip
def test_an_answer_is_wrong_to_proceed_unless_it_is_exact_and_its_case_may(
    kind: str, exact: bool, wrong: bool
) -> None:
    assert would_be_wrong(row(kind=kind, exact=exact)) is wrong


def test_the_most_confident_comes_first_and_equals_by_id() -> None:
    rows = [row("c", confidence=0.5), row("b"), row("x", reasons=("rule:r",)), row("a")]
    assert [r.id for r in ranked(rows)] == ["a", "b", "c"]
