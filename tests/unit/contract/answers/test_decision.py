from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dslm.contract import Contract
from dslm.contract.answers.decision import NEVER, decide, ideal, is_out_of_scope
from dslm.contract.model.contract_model import Compare, Rule
from dslm.contract.rules.cel_rules import compile_rule, holds
from dslm.errors import InputError
from dslm.records import FinishReason, Prediction

ORDER = {"kind": "order", "number": "A-1"}
TEXT = "Please send A-1"


def prediction(
    answer: dict[str, Any] | None, confidence: float = 0.9, finish: FinishReason = "stop"
) -> Prediction:
    return Prediction(
        object=answer, text="", confidence=confidence, finish_reason=finish, prompt_tokens=1,
        answer_tokens=1, latency_ms=1,
    )  # fmt: skip


def test_a_sound_confident_answer_proceeds(mini: Contract) -> None:
    decision = decide(mini, TEXT, prediction(ORDER), 0.9)
    assert (decision.action, decision.reasons) == ("proceed", ())


@pytest.mark.parametrize(
    ("answer", "confidence", "action", "reasons"),
    [
        (ORDER, 0.89, "abstain", ("low_confidence",)),
        ({"kind": "order", "number": "B-2"}, 1.0, "abstain", ("ungrounded:number",)),
        ({"kind": "order", "number": None}, 1.0, "abstain", ("rule:numbered",)),
        ({"kind": "other", "number": None}, 1.0, "abstain", ("out_of_scope",)),
        ({"kind": "other", "number": "B"}, 0.1, "abstain",
         ("ungrounded:number", "out_of_scope", "low_confidence")),
        (None, 1.0, "escalate", ("stop",)),
    ],
)  # fmt: skip
def test_what_speaks_against_an_answer_is_named(
    mini: Contract, answer: Any, confidence: float, action: str, reasons: tuple[str, ...]
) -> None:
    decision = decide(mini, TEXT, prediction(answer, confidence), 0.9)
    assert (decision.action, decision.reasons) == (action, reasons)


@pytest.mark.parametrize(
    ("how", "value", "answer", "out"),
    [
        ("text", "N/A", "n/a", True),
        ("exact", "N/A", "n/a", False),
        ("decimal", "0.00", "0", True),
        ("set", ["spam", "old"], ["Old", "spam"], True),
        ("exact", True, 1, False),
        ("exact", 0, False, False),
        ("exact", 3.0, 3, True),
        ("exact", None, None, True),
        ("exact", [1], [True], False),
    ],
)
def test_an_answer_is_out_of_scope_if_it_equals_a_value_as_its_field_is_compared(
    mini: Contract, how: str, value: Any, answer: Any, out: bool
) -> None:
    compare = {"number": Compare.model_validate({"as": how})}
    made = mini.model_copy(update={"compare": compare, "out_of_scope": {"number": [value]}})
    assert is_out_of_scope(made, {"kind": "order", "number": answer}) is out


NO_PROBABILITY = [float("nan"), float("inf"), -float("inf"), 1.5, -0.1]


@pytest.mark.parametrize("number", NO_PROBABILITY)
@pytest.mark.parametrize("threshold", [0.0, 0.9, NEVER])
def test_what_is_no_probability_holds_the_case_back(
    mini: Contract, number: float, threshold: float
) -> None:
    held = decide(mini, TEXT, prediction(ORDER, number), threshold)
    assert (held.action, held.reasons) == ("abstain", ("low_confidence",))
    field = prediction(ORDER, 1.0).model_copy(update={"field_confidence": {"number": number}})
    assert decide(mini, TEXT, field, threshold).action == "abstain"


@pytest.mark.parametrize("threshold", [float("nan"), float("inf")])
def test_a_threshold_that_is_no_number_lets_nothing_proceed(
    mini: Contract, threshold: float
) -> None:
    assert decide(mini, TEXT, prediction(ORDER, 1.0), threshold).action == "abstain"
    assert decide(mini, TEXT, prediction(ORDER, 0.0), 0.0).action == "proceed"


def test_escalation_outranks_abstention(mini: Contract) -> None:
    policy = mini.decision.model_copy(update={"ungrounded": "escalate"})
    strict = mini.model_copy(update={"decision": policy})
    decision = decide(strict, TEXT, prediction({"kind": "order", "number": "B"}, 0.0), 0.9)
    assert decision.action == "escalate"
    assert decision.reasons == ("ungrounded:number", "low_confidence")


@given(
    answer=st.none()
    | st.fixed_dictionaries(
        {"kind": st.sampled_from(["order", "other"]), "number": st.none() | st.text(max_size=5)}
    ),
    confidence=st.floats(0, 1),
)
def test_with_no_threshold_nothing_proceeds(
    mini: Contract, answer: dict[str, Any] | None, confidence: float
) -> None:
    assert decide(mini, TEXT, prediction(answer, confidence), NEVER).action != "proceed"


def test_the_ideal_ignores_confidence(mini: Contract) -> None:
    assert ideal(mini, TEXT, ORDER).action == "proceed"
    assert ideal(mini, TEXT, {"kind": "other", "number": None}).action == "abstain"


def rule(expr: str) -> Rule:
    return Rule.model_validate(
        {"id": "r", "expr": expr, "breach": "abstain", "means": "m",
         "examples": {"pass": {"output": {}}, "fail": {"output": {}}}}
    )  # fmt: skip


def test_a_rule_that_cannot_be_evaluated_counts_as_breached() -> None:
    assert not holds(rule("double(output.x) > 0.0"), "", {"x": "ten"})
    assert not holds(rule("output.missing == 1"), "", {})
    assert not holds(rule("output.x"), "", {"x": "true"})
    assert holds(rule("input.contains('a') && output.x == 1"), "ba", {"x": 1})


def test_a_rule_that_is_no_cel_is_an_input_error() -> None:
    with pytest.raises(InputError, match="rule r"):
        compile_rule(rule("output.x =="))
