"""The gate policy, `eval/<workflow>/gate.yaml`, closed and typed.

What a candidate must show before it may be released. Loaded by the gate and by `dslm check`; judged
by `dslm.gating`. What is signed off in spite of it is in `waivers`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, model_validator

from dslm.provenance import digest_json
from dslm.settings.files.document_loading import load_document

# Metrics with one value per case, so that two models can be compared case by case.
ShareMetric = Literal[
    "schema_valid_rate",
    "case_exact_match",
    "straight_through_rate",
    "coverage",
    "held_back_rate",
    "truncation_rate",
]
PairedMetric = ShareMetric | Literal["cost_per_case"]
MetricName = PairedMetric | Literal["selective_risk"]
Reference = Literal["base", "champion"]
# Every case to a person: its rows follow from contract and gold, and all it has is a cost.
Trivial = Literal["person"]
SAFETY = ("selective_risk", "straight_through_rate", "cost_per_case")
FEWEST = 20  # that proceeded: none wrong of so many still hides a risk of 14 % (rule of three)
# Validity, evidence, and what a text makes the model do: where a policy names nothing else
PROTECTED = ("schema_valid_rate", "evidence", "first_release", "injected_instructions")
SHORTEST = 10  # characters of a reason
MOST_CASES = 10**9  # that a check may ask for
MOST_MONEY = 1e9  # that a check on cost may name
FINEST = 1e-4  # of a share's margin: no gold set shows less than a hundredth of a point
LEAST_ALPHA = 1e-6
SHARE = "the metric is a share, between 0 and 1, and a check that nothing can miss asks nothing"
# Of the gate in a pull request, in its order (`dslm.pull_request`).
PULL_REQUEST_CHECKS = (
    "same_judge", "same_champion", "evidence_belongs", "recorded_verdict", "answered_again",
)  # fmt: skip
# Of the gate itself: nobody asks or waives them.
OWN_CHECKS = ("evidence", "first_release", *PULL_REQUEST_CHECKS)


def letters(text: str) -> int:
    """How many letters and digits a text has: blanks, and what nobody sees, say nothing."""
    return sum(char.isalnum() for char in text)


class Settings(BaseModel):
    """A frozen part of a policy, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Asked(Settings):
    """What every check has."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$", description="names the check in verdict, waiver")
    means: str = Field("", description="why it is asked, in the workflow owner's words")

    @model_validator(mode="after")
    def _not_reserved(self) -> Self:
        if self.id in OWN_CHECKS:
            raise ValueError(f"the id {self.id!r} is the gate's own")
        return self


class ZeroTolerance(Asked):
    """Not one case may fail; the share that may still be hidden (about 3/n) is reported."""

    kind: Literal["zero_tolerance"]
    metric: Literal["schema_valid_rate", "truncation_rate"]


class Bound(Asked):
    """A metric of the candidate has to stay on one side of a number."""

    kind: Literal["bound"]
    metric: MetricName
    at_least: FiniteFloat | None = Field(None, ge=-MOST_MONEY, le=MOST_MONEY)
    at_most: FiniteFloat | None = Field(None, ge=-MOST_MONEY, le=MOST_MONEY)
    on: Literal["value", "interval"] = Field(
        "interval",
        description="interval: the bound has to be cleared with the policy's confidence, 1 - alpha;"
        " INCONCLUSIVE where the gold set cannot tell. value: the measured value decides",
    )
    unproved: str = Field(
        "", description="why the measured value may decide on risk, cost or straight-through rate; "
        "stands in every verdict",
    )  # fmt: skip
    least_cases: int | None = Field(
        None, ge=2, le=MOST_CASES, description="of selective_risk: cases that have to proceed, "
        "20 where not named; with fewer it is INCONCLUSIVE",
    )  # fmt: skip

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        if (self.at_least is None) == (self.at_most is None):
            raise ValueError("name exactly one of at_least, at_most")
        if self.on == "value" and self.metric in SAFETY and letters(self.unproved) < SHORTEST:
            raise ValueError(
                f"{self.metric} is judged on the interval: a measured value alone shows nothing. "
                "Where this gold set cannot show it, say why in `unproved`; it stands in the "
                "verdict"
            )
        if self.on == "interval" and self.unproved:
            raise ValueError("`unproved` belongs to `on: value`")
        if self.least_cases is not None and self.metric != "selective_risk":
            raise ValueError("least_cases is of selective_risk alone")
        return self

    @model_validator(mode="after")
    def _can_be_missed_and_met(self) -> Self:
        if self.metric == "cost_per_case":
            return self
        if self.at_least is not None and not 0 < self.at_least <= 1:
            raise ValueError(f"at_least is above 0 and at most 1: {SHARE}")
        if self.at_most is not None and not 0 <= self.at_most < 1:
            raise ValueError(f"at_most is at least 0 and below 1: {SHARE}")
        return self

    @property
    def fewest(self) -> int:
        """Cases that the metric has to be measured on."""
        return (self.least_cases or FEWEST) if self.metric == "selective_risk" else 1


def _refuse_more_than_cost(metric: str, model: str, key: str) -> None:
    """Of people nothing is known but what they cost."""
    if model == "person" and metric != "cost_per_case":
        raise ValueError(f"{key}: person has a cost and nothing else: compare cost_per_case")


class Gain(Asked):
    """The candidate is better than a reference by at least so much, on the same cases."""

    kind: Literal["gain"]
    metric: PairedMetric
    over: Reference | Trivial = Field(description="person: every case to a person, cost only")
    at_least: float = Field(ge=0, le=MOST_MONEY, description="in the metric's unit")

    @model_validator(mode="after")
    def _has_the_metric(self) -> Self:
        _refuse_more_than_cost(self.metric, self.over, "over")
        if self.metric != "cost_per_case" and self.at_least > 1:
            raise ValueError(f"at_least is at most 1: {SHARE}")
        return self


class NonInferior(Asked):
    """The candidate is worse than a reference by less than the margin, on the same cases.

    `anchor`: the first champion of the contract's version. Losses that each champion's margin lets
    through add up from it; a wider margin of its own bounds their sum.
    """

    kind: Literal["non_inferior"]
    metric: PairedMetric
    to: Reference | Literal["anchor"] | Trivial = Field(
        description="person: every case to a person, cost only"
    )
    margin: float = Field(ge=1e-6, le=MOST_MONEY, description="in the metric's unit")

    @model_validator(mode="after")
    def _can_be_missed(self) -> Self:
        _refuse_more_than_cost(self.metric, self.to, "to")
        if self.metric != "cost_per_case" and not FINEST <= self.margin < 1:
            raise ValueError(f"margin is at least {FINEST:g} and below 1: {SHARE}")
        return self


class SliceAlarm(Asked):
    """No slice got clearly worse than the reference's.

    An alarm, not a proof: slices are too small to prove that nothing was lost. It goes off where
    a slice dropped by at least `worse_by` and the drop is significant with Holm's correction over
    all slices (so equal models set off any of them in at most `alpha` of all runs).
    """

    kind: Literal["slice_alarm"]
    metric: ShareMetric
    against: Reference
    worse_by: float = Field(ge=FINEST, allow_inf_nan=False, description="smallest drop that counts")
    min_cases: int = Field(ge=2, le=MOST_CASES, description="smaller slices are named, not judged")

    @model_validator(mode="after")
    def _can_ring(self) -> Self:
        if self.worse_by > 1:
            raise ValueError(f"worse_by is at most 1: {SHARE}")
        return self


AnyCheck = Annotated[
    ZeroTolerance | Bound | Gain | NonInferior | SliceAlarm, Field(discriminator="kind")
]


class WaiverRules(Settings):
    """What may be waived, and for how long."""

    most_days: int = Field(90, ge=1, le=366, description="from the day of a verdict to `until`")
    never: list[str] = Field(
        list(PROTECTED), description="metrics and ids of checks that nobody can waive"
    )


class GatePolicy(Settings):
    """All that a candidate has to show."""

    alpha: float = Field(
        0.05, ge=LEAST_ALPHA, le=0.1, description="chance, for each check on an interval or "
        "against another model, of passing a candidate that truly misses it",
    )  # fmt: skip
    waivers: WaiverRules = WaiverRules()
    first_release: Literal["allow", "until_one_serves", "refuse"] = Field(
        "until_one_serves",
        description="whether a candidate may pass that no champion could be compared with. "
        "until_one_serves: only while none serves. allow: also where the contract's version was "
        "raised, so that the champion cannot be asked. refuse: never",
    )
    checks: list[AnyCheck] = Field(min_length=1)

    @model_validator(mode="after")
    def _ids_are_unique(self) -> Self:
        ids = [check.id for check in self.checks]
        twice = sorted({i for i in ids if ids.count(i) > 1})
        if twice:
            raise ValueError(f"check id {twice[0]!r} is used twice")
        return self

    def digest(self) -> str:
        """What the policy asks; comments and layout do not count."""
        return digest_json(self.model_dump(mode="json"))

    def numbers(self) -> dict[str, dict[str, float]]:
        """What each check asks in numbers, by its id."""
        asked = {check.id: check.model_dump(exclude_none=True) for check in self.checks}
        return {
            name: numbers for name, knobs in asked.items()
            if (numbers := {k: n for k, n in knobs.items() if isinstance(n, int | float)})
        }  # fmt: skip

    def protects(self, check: AnyCheck) -> bool:
        """Whether nobody can waive a check."""
        return bool({check.id, check.metric} & {*self.waivers.never, *OWN_CHECKS})


def load_policy(path: Path) -> GatePolicy:
    """The gate policy at `path`.

    Raises:
        Problems: Every mistake in it, with file, line and key.
    """
    return load_document(path, GatePolicy, fix="`dslm init` writes one to start from")
