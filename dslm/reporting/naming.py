"""What the names in the records are called in front of people.

Takes metric keys, outcome kinds and decision reasons; gives words. Called by the page and the
terminal. A metric that is not listed here is shown too, under its own name.
"""

from __future__ import annotations

from dataclasses import dataclass

from dslm.contract.model import Contract
from dslm.records import OutcomeKind
from dslm.reporting.formatting import Unit


@dataclass(frozen=True)
class MetricName:
    """A metric in words: what it is called, how it is written, what it means."""

    label: str
    unit: Unit
    means: str


STRAIGHT_THROUGH = "straight_through_rate"
SELECTIVE_RISK = "selective_risk"
EXACT = "case_exact_match"
COST = "cost_per_case"

METRICS: dict[str, MetricName] = {
    STRAIGHT_THROUGH: MetricName(
        "Straight-through rate", "rate", "share of all cases that proceed without a person, rightly"
    ),
    "coverage": MetricName("Coverage", "rate", "share of all cases that proceed"),
    SELECTIVE_RISK: MetricName(
        "Selective risk", "rate", "share of wrong answers among those that proceed"
    ),
    EXACT: MetricName("Case exact match", "rate", "share of cases with every field right"),
    COST: MetricName("Cost per case", "money", "what the outcomes cost, on average"),
    "schema_valid_rate": MetricName(
        "Schema-valid answers", "rate", "share of answers that are valid under the output schema"
    ),
    "truncation_rate": MetricName(
        "Answers cut by length", "rate", "share of answers that met the token limit"
    ),
    "held_back_rate": MetricName(
        "Held back", "rate", "share of cases that could have proceeded, but a person got them"
    ),
}

MODELS: dict[str, str] = {
    "candidate": "Candidate",
    "base": "Base model",
    "champion": "Champion",
}

OUTCOMES: dict[OutcomeKind, tuple[str, str]] = {
    "straight_through": ("Straight through", "proceeded, and rightly"),
    "rightly_held": ("Rightly held", "must not proceed, and did not"),
    "held_back": ("Held back", "could have proceeded, a person got it"),
    "wrong_proceed": ("Wrong proceed", "proceeded, and wrongly"),
}

_REASONS = {
    "low_confidence": "confidence below the threshold",
    "out_of_scope": "the answer says it is out of scope",
    "invalid": "no valid answer",
    "length": "the answer met the token limit",
    "stop": "the answer ended without a valid object",
}


def metric_name(key: str) -> MetricName:
    """A metric in words; its own name where it has none here."""
    return METRICS.get(key) or MetricName(key.replace("_", " ").capitalize(), "number", key)


def model_name(key: str) -> str:
    """A model's role in words."""
    return MODELS.get(key, key)


def reason_text(contract: Contract, reason: str) -> str:
    """A decision's reason in the words of the contract's owner."""
    kind, _, name = reason.partition(":")
    if kind == "rule":
        means = next((rule.means for rule in contract.rules if rule.id == name), "")
        return f"breaks rule {name}: {means}" if means else f"breaks rule {name}"
    if kind == "ungrounded":
        return f"{name} does not occur in the input"
    return _REASONS.get(reason, reason.replace("_", " "))
