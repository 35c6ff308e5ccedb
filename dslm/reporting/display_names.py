"""What the names in the records are called in front of people.

Takes metric keys, outcome kinds, reasons of decisions and of drops; gives words. Called by the
pages and the terminal. A name that is not listed here is shown too, as it is.
"""

from __future__ import annotations

from dataclasses import dataclass

from dslm.contract.model.contract_model import Contract
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
        "Straight-through rate",
        "rate",
        "share of all cases that proceed without a person and are right",
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
        "Answers cut by length", "rate", "share of answers cut at the token limit"
    ),
    "held_back_rate": MetricName(
        "Held back", "rate", "share of cases that could have proceeded but went to a person"
    ),
}

MODELS: dict[str, str] = {
    "candidate": "Candidate",
    "base": "Base model",
    "champion": "Champion",
    "anchor": "Anchor release",
    "person": "A person, every case",
}

PARTS: dict[str, str] = {
    "train": "Training",
    "validation": "Validation",
    "calibration": "Calibration",
    "gold": "Gold",
    "dropped": "Dropped",
    "rejected": "Rejected",
}

OUTCOMES: dict[OutcomeKind, tuple[str, str]] = {
    "straight_through": ("Straight through", "proceeded and was right"),
    "rightly_held": ("Rightly held", "must not proceed, and did not"),
    "held_back": ("Held back", "could have proceeded, went to a person"),
    "wrong_proceed": ("Wrong proceed", "proceeded and was wrong"),
}

_REASONS = {
    "low_confidence": "confidence below the threshold",
    "out_of_scope": "the answer says it is out of scope",
    "invalid": "no valid answer",
    "length": "the answer was cut at the token limit",
    "stop": "the answer ended without a valid object",
}

_DROPS = {
    "leak_exact": "is a gold case",
    "leak_near": "is nearly a gold case",
    "leak_quoted": "quotes a gold case",
    "leak_group": "its group is in gold",
    "contradictory_label": "same input, another answer",
    "contradictory_near": "same input but for its identifiers, another answer",
    "too_long": "is longer than the recipe trains on",
    "exact_duplicate": "same input and answer as another case",
    "near_duplicate": "nearly the same input as another case",
    "group_in_earlier_split": "its group was in an earlier split",
    "no_group": "has no group",
    "thin_text": "the input has almost no text",
    "no_arrival_time": "has no readable date of arrival",
    "outside_window": "arrived outside the contract's window",
    "label_ran_out": "its label was no longer valid",
    "language": "is in a language that is not served",
    "over_cap": "its value has enough cases already",
    "breaks": "the right answer breaks a rule",
    "breaks_not": "meta.breaks names a rule that it keeps",
    "breaks_is_no_list": "meta.breaks is no list of rules",
    "hidden_text": "the input holds text that nobody sees",
    "instructed_target": "the right answer holds an instruction to a model",
    "over_source_cap": "its source has enough cases already",
    "reviewed": "a reviewer removed it",
    "valid_until_is_no_date": "its label's last day is no date",
    "near_validation": "nearly the same input as a validation case",
    "near_calibration": "nearly the same input as a calibration case",
    "personal": "holds personal data that may not be kept",
}


def metric_name(key: str) -> MetricName:
    """A metric in words; its own name where it has none here."""
    return METRICS.get(key) or MetricName(key.replace("_", " ").capitalize(), "number", key)


def model_name(key: str) -> str:
    """A model's role in words."""
    return MODELS.get(key, key)


def part_name(key: str) -> str:
    """A part of the data in words."""
    return PARTS.get(key, key)


def reason_text(contract: Contract, reason: str) -> str:
    """A decision's reason in the words of the contract's owner."""
    kind, _, name = reason.partition(":")
    if kind == "rule":
        means = next((rule.means for rule in contract.rules if rule.id == name), "")
        return f"breaks rule {name}: {means}" if means else f"breaks rule {name}"
    if kind == "ungrounded":
        return f"{name} does not occur in the input"
    return _REASONS.get(reason, reason.replace("_", " "))


def drop_text(reason: str) -> str:
    """Why a case was dropped, in words; an unknown reason as it is."""
    kind, _, name = reason.partition(":")
    words = _DROPS.get(kind, kind.replace("_", " "))
    return f"{words}: {name}" if name else words
