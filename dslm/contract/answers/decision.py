"""The deterministic decision after an answer: proceed, abstain or escalate.

Total: every answer gets exactly one action. Used by serving, calibration, scoring and the proof of
the contract, so what is gated is what is served.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dslm.contract.answers.field_equality import EXACT, equal
from dslm.contract.answers.grounding import ungrounded
from dslm.contract.model.contract_model import Contract
from dslm.contract.rules.cel_rules import breaches
from dslm.contract.schemas.canonical_values import canonical_value
from dslm.records import Action, Decision, Prediction

NEVER = 2.0  # a threshold no confidence reaches: no answer proceeds


def is_out_of_scope(contract: Contract, answer: Mapping[str, Any]) -> bool:
    """Whether an answer says that the input is not for this workflow: equal, as it is compared."""
    return any(
        equal(
            contract.compare.get(field, EXACT), answer[field], canonical_value(value),
            contract.locale,
        )
        for field, values in contract.out_of_scope.items()
        for value in values
    )  # fmt: skip


def _held(contract: Contract, text: str, answer: Mapping[str, Any]) -> list[tuple[Action, str]]:
    """What speaks against an answer whatever its confidence: the action and its reason."""
    held: list[tuple[Action, str]] = []
    for rule in breaches(contract, text, answer):
        held.append((rule.breach, f"rule:{rule.id}"))
    for field in ungrounded(contract, text, answer):
        held.append((contract.decision.ungrounded, f"ungrounded:{field}"))
    if is_out_of_scope(contract, answer):
        held.append(("abstain", "out_of_scope"))
    return held


def _strongest(held: list[tuple[Action, str]]) -> Decision:
    """Escalate outranks abstain, abstain outranks proceed; every reason is kept."""
    actions = {action for action, _ in held}
    action: Action = next((a for a in ("escalate", "abstain") if a in actions), "proceed")
    return Decision(action=action, reasons=tuple(reason for _, reason in held))


def decide(contract: Contract, text: str, prediction: Prediction, threshold: float) -> Decision:
    """The decision on a prediction.

    Args:
        contract: The workflow's contract.
        text: The input that was answered.
        prediction: The answer.
        threshold: Confidence from which an answer may proceed, in [0, 1]; `NEVER` for none. One
            that is no number lets nothing proceed.
    """
    if prediction.object is None:
        return Decision(action=contract.decision.invalid, reasons=(prediction.finish_reason,))
    held = _held(contract, text, prediction.object)
    if not reaches(prediction, threshold):
        held.append((contract.decision.low_confidence, "low_confidence"))
    return _strongest(held)


def reaches(prediction: Prediction, threshold: float) -> bool:
    """Whether an answer is sure enough.

    Only a probability can be: what is not finite, of the answer or of any field, is no confidence.
    """
    return threshold <= prediction.confidence <= 1.0 and has_confidence(prediction)


def has_confidence(prediction: Prediction) -> bool:
    """Whether an answer and each field of it have a probability at all."""
    numbers = (prediction.confidence, *prediction.field_confidence.values())
    return all(0.0 <= number <= 1.0 for number in numbers)


def ideal(contract: Contract, text: str, target: Mapping[str, Any]) -> Decision:
    """What should happen to a case: the decision on its own right answer."""
    return _strongest(_held(contract, text, target))
