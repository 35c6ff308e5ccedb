"""What is at stake in an answer: when it may proceed, what outcomes cost, how long it may take.

Parts of the contract, read with it.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from dslm.contract.model.closed_settings import Settings

Hold = Literal["abstain", "escalate"]
MOST_MONEY = 1e9  # a case: summed in millionths, as whole numbers
Money = Annotated[float, Field(ge=0, le=MOST_MONEY, allow_inf_nan=False)]
LEAST_RISK = 1e-4  # to be shown with 0.9 it takes 23,025 right answers and no wrong one
LEAST_ERROR = 1e-9  # of one calibration
LONGEST_MS = 1e9


class DecisionPolicy(Settings):
    """When an answer may proceed without a person."""

    max_selective_risk: float = Field(
        ge=LEAST_RISK, le=0.5, description="share of wrong among proceeded"
    )
    confidence: float = Field(gt=0.5, lt=1, description="with which the risk bound must hold")
    calibrations: int | None = Field(
        None, ge=1, le=1000, description="on the same cases over which together confidence holds; "
        "a later one certifies nothing. Not named: it holds for each of any number",
    )  # fmt: skip
    low_confidence: Hold = "abstain"
    ungrounded: Hold = "abstain"
    invalid: Hold = "escalate"

    @model_validator(mode="after")
    def _leaves_each_an_error(self) -> Self:
        if 1 - self.confidence_of_each < LEAST_ERROR:
            of = f"calibrations: each of {self.calibrations}" if self.calibrations else "confidence"
            raise ValueError(
                f"{of} would have an error of less than {LEAST_ERROR:g}, which no number of "
                "answers shows: lower it" + (", or `confidence`" if self.calibrations else "")
            )
        return self

    @property
    def confidence_of_each(self) -> float:
        """With which the bound must hold of one calibration (Bonferroni's equal parts)."""
        return 1 - (1 - self.confidence) / (self.calibrations or 1)


class Costs(Settings):
    """What each outcome costs per case, in one currency."""

    currency: str = Field(pattern=r"^[A-Z]{3}$")
    wrong_proceed: Money
    by_field: dict[str, Money] = Field(
        default_factory=dict, description="of a wrong field, instead of wrong_proceed; the dearest "
        "wrong field of a case counts",
    )  # fmt: skip
    review: Money
    escalation: Money
    hardware_hour: Money = 0.0


class ServiceLevel(Settings):
    """How long a caller may wait for one answer."""

    p95_ms: float = Field(gt=0, le=LONGEST_MS)
    p99_ms: float = Field(gt=0, le=LONGEST_MS)
