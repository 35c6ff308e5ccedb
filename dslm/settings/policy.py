"""The gate policy, `eval/<workflow>/gate.yaml`, and its waivers, closed and typed.

What a candidate must show before it may be released, and what was signed off in spite of it.
Loaded by the gate and by `dslm check`; judged by `dslm.gating`.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from dslm.errors import DslmError, InputError, Problems
from dslm.provenance import digest_json
from dslm.settings.loading import load_document, nearest
from dslm.settings.regular_files import is_there

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
OWN_CHECKS = ("evidence", "first_release")  # of the gate itself: nobody asks or waives them


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
    at_least: float | None = Field(None, allow_inf_nan=False)
    at_most: float | None = Field(None, allow_inf_nan=False)
    on: Literal["value", "interval"] = Field(
        description="value: the measured value decides. interval: all of the 95 % interval has to "
        "clear the bound; INCONCLUSIVE where the bound lies inside it"
    )

    @model_validator(mode="after")
    def _one_side(self) -> Self:
        if (self.at_least is None) == (self.at_most is None):
            raise ValueError("name exactly one of at_least, at_most")
        return self


class Gain(Asked):
    """The candidate is better than a reference by at least so much, on the same cases."""

    kind: Literal["gain"]
    metric: PairedMetric
    over: Reference
    at_least: float = Field(ge=0, allow_inf_nan=False, description="in the metric's unit")


class NonInferior(Asked):
    """The candidate is worse than a reference by less than the margin, on the same cases.

    `anchor`: the first champion of the contract's version. Losses that each champion's margin lets
    through add up from it; a wider margin of its own bounds their sum.
    """

    kind: Literal["non_inferior"]
    metric: PairedMetric
    to: Reference | Literal["anchor"]
    margin: float = Field(gt=0, allow_inf_nan=False, description="in the metric's unit")


class SliceAlarm(Asked):
    """No slice got clearly worse than the reference's.

    An alarm, not a proof: slices are too small to prove that nothing was lost. It goes off where
    a slice dropped by at least `worse_by` and the drop is significant with Holm's correction over
    all slices (so equal models set off any of them in at most `alpha` of all runs).
    """

    kind: Literal["slice_alarm"]
    metric: ShareMetric
    against: Reference
    worse_by: float = Field(gt=0, allow_inf_nan=False, description="smallest drop that counts")
    min_cases: int = Field(ge=2, description="smaller slices are named, not judged")


AnyCheck = Annotated[
    ZeroTolerance | Bound | Gain | NonInferior | SliceAlarm, Field(discriminator="kind")
]


class GatePolicy(Settings):
    """All that a candidate has to show."""

    alpha: float = Field(
        0.05, gt=0, le=0.1, description="chance of passing a candidate that is worse by the margin"
    )
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


class Waiver(Settings):
    """One check that may fail, until a day, by somebody's signature."""

    check: str
    reason: str = Field(min_length=10)
    signed_off_by: str = Field(min_length=2)
    until: dt.date
    gold: str | None = Field(
        None, pattern=r"^sha256:[0-9a-f]{64}$", description="holds only for this gold set"
    )


class Waivers(Settings):
    """The document `eval/<workflow>/waivers.yaml`."""

    waivers: list[Waiver]


def load_policy(path: Path) -> GatePolicy:
    """The gate policy at `path`.

    Raises:
        Problems: Every mistake in it, with file, line and key.
    """
    return load_document(path, GatePolicy, fix="`dslm init` writes one to start from")


def load_waivers(path: Path) -> tuple[Waiver, ...]:
    """The waivers at `path`; no file, no waiver.

    Raises:
        Problems: Every mistake in it, with file, line and key.
    """
    return tuple(load_document(path, Waivers).waivers) if is_there(path) else ()


def refuse_idle_waivers(
    policy: GatePolicy, waivers: tuple[Waiver, ...], *, today: dt.date, gold: str
) -> None:
    """A waiver that does not apply is a mistake somebody relies on, not a thing to pass over.

    Args:
        policy: Whose checks are waived.
        waivers: As loaded.
        today: The day of the verdict.
        gold: Digest of the gold set's file.

    Raises:
        Problems: Waivers of unknown checks, expired ones, doubled ones, ones for another gold set.
    """
    ids = [check.id for check in policy.checks]
    faults: list[DslmError] = []
    for number, waiver in enumerate(waivers, start=1):
        where = f"waiver {number} ({waiver.check})"
        if waiver.check not in ids:
            near = nearest(waiver.check, ids)
            fix = f"did you mean {near!r}?" if near else f"checks: {', '.join(ids)}"
            faults.append(InputError("waives no check of the policy", where=where, fix=fix))
        if waiver.until < today:
            what = f"expired on {waiver.until}"
            faults.append(InputError(what, where=where, fix="remove it, or have it signed anew"))
        if waiver.gold is not None and waiver.gold != gold:
            faults.append(InputError("is for another gold set", where=where, fix="remove it"))
        if waiver.check in [w.check for w in waivers[: number - 1]]:
            faults.append(InputError("waives a check twice", where=where, fix="keep one"))
    if faults:
        raise Problems(faults)
