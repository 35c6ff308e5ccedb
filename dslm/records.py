"""The nouns that cross every boundary, all frozen.

Made and read by every package; written as JSON. No bare dict leaves the module that parsed it.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal

from pydantic import Field

from dslm.journal_entry import Bridged as Bridged
from dslm.journal_entry import JournalEntry as JournalEntry
from dslm.looks.look import Look as Look
from dslm.prediction import FinishReason as FinishReason
from dslm.prediction import LogProbs as LogProbs
from dslm.prediction import Prediction as Prediction
from dslm.record import Record as Record


class Case(Record):
    """One messy input, and for labelled data the one right object."""

    id: str
    input: str
    target: dict[str, Any] | None = None
    meta: dict[str, Any] = Field(default_factory=dict)


Action = Literal["proceed", "abstain", "escalate"]


class Decision(Record):
    """What happens next, with every reason that spoke against proceeding."""

    action: Action
    reasons: tuple[str, ...] = ()


class Ground(Record):
    """How a grounded value occurs in the input; `readings` where its form there is ambiguous."""

    how: str
    readings: tuple[str, ...] | None = None


class Answer(Record):
    """One line of what `dslm predict` writes: an answer, and what is to happen to its case.

    `object` is null where the model wrote none that the schema allows; `reasons` say what spoke
    against proceeding.
    """

    id: str = Field(description="of the case that was asked")
    object: dict[str, Any] | None = Field(description="by the contract's output schema, or null")
    action: Action = Field(description="proceed: use it; abstain: to a person; escalate: to a "
                           "stronger tier")  # fmt: skip
    reasons: tuple[str, ...] = Field((), description="what spoke against proceeding")
    confidence: float = Field(0.0, ge=0, allow_inf_nan=False, description="of the whole answer; "
                              "compared with the certified threshold")  # fmt: skip
    field_confidence: dict[str, float] = Field(default_factory=dict, description="of each field")
    finish_reason: FinishReason = Field(
        "stop", description="length: cut at inference.max_answer_tokens"
    )
    not_narrowed: dict[str, str] = Field(
        default_factory=dict,
        description="grounded fields that were not held to the input, with the reason",
    )
    grounding: dict[str, Ground] = Field(
        default_factory=dict, description="how each grounded value occurs in the input"
    )
    made_from: str = Field(
        "", description="digest of the input and of all that answered it: model, contract, …"
    )


OutcomeKind = Literal["straight_through", "wrong_proceed", "held_back", "rightly_held"]


class Outcome(Record):
    """What one decision was worth against gold, in the contract's currency.

    `straight_through`: proceeded and was right. `wrong_proceed`: proceeded and was wrong.
    `held_back`: a person or a stronger tier got a case that could have proceeded with the right
    answer. `rightly_held`: one that must not proceed at all.
    """

    kind: OutcomeKind
    exact: bool
    wrong_fields: tuple[str, ...] = ()
    cost: float


class Row(Record):
    """One scored case: everything that aggregates are recomputed from."""

    id: str
    group: str
    slices: dict[str, str] = Field(default_factory=dict)
    prediction: Prediction
    decision: Decision
    outcome: Outcome


class Metric(Record):
    """A measured value with its 95 % interval; `value` is None where nothing could be measured."""

    value: float | None
    low: float | None
    high: float | None
    n: int


class FieldScore(Record):
    """How one output field fares over gold: precision, recall and F1 of non-null values."""

    precision: Metric
    recall: Metric
    f1: Metric
    accuracy: Metric


class ModelScore(Record):
    """All aggregates of one model over gold; `traffic`: some, weighed by the contract's traffic."""

    metrics: dict[str, Metric]
    fields: dict[str, FieldScore]
    slices: dict[str, dict[str, dict[str, Metric]]]
    latency_ms: dict[str, float]
    outcomes: dict[OutcomeKind, int]
    traffic: dict[str, Metric] = Field(default_factory=dict)


class Scorecard(Record):
    """Candidate, prompt-only base and, once there is one, champion, over the same gold."""

    workflow: str
    gold_cases: int
    currency: str
    threshold: float | None
    models: dict[str, ModelScore]
    evidence: dict[str, str]


Status = Literal["PASS", "FAIL", "INCONCLUSIVE"]
NOT_APPLICABLE: Literal["NOT APPLICABLE"] = "NOT APPLICABLE"
WAIVED = "WAIVED"  # begins what such a check says
CheckStatus = Status | Literal["NOT APPLICABLE"]


class Check(Record):
    """One line of the gate: what was asked, what was seen, and what follows.

    NOT APPLICABLE: there was nothing to compare with. That is no verdict, and nothing that passed.
    About `needed_cases` in `needed_groups` would decide what is INCONCLUSIVE.
    """

    id: str
    metric: str
    status: CheckStatus
    asked: str
    seen: str
    why: str
    needed_cases: int | None = None
    needed_groups: int | None = None

    @property
    def waived(self) -> bool:
        """Whether it passes by a waiver alone."""
        return self.status == "PASS" and self.why.startswith(WAIVED)


class Baseline(Record):
    """The release that a candidate is compared with; version 0 = there is none yet.

    `terms`: digest of what it was held to. `look`: of the one that let it in. `anchor_release`:
    from which loss adds up. All None of releases from before there were such.
    """

    version: int = Field(0, ge=0)
    digest: str | None = None
    contract_version: int | None = None
    terms: str | None = None
    look: str | None = None
    anchor_release: Baseline | None = None

    def written(self) -> dict[str, Any]:
        """As files and tags have it: what came later, where it is known, as older releases did."""
        always = dict.fromkeys(("version", "digest", "contract_version"))
        return always | self.model_dump(exclude_none=True)

    @property
    def other_anchor(self) -> Baseline | None:
        """The anchor release, where it is another than this one."""
        one = self.anchor_release
        return one if one and one.digest != self.digest else None

    def answers_older_contract(self, version: int) -> bool:
        """Whether it was made for an older contract version, so that gold does not fit it."""
        return self.contract_version is not None and self.contract_version < version


class Change(Record):
    """One thing that is not as it was when the champion was judged; `ids` of cases.

    `favours`: why it helps the candidate though it loosens nothing.
    """

    part: Literal["gold", "calibration", "policy", "contract", "made from"]
    key: str
    was: str
    now: str
    loosens: bool
    ids: tuple[str, ...] = ()
    favours: str = ""


class Changes(Record):
    """All that changed since the champion; `unknown` says why that cannot be told."""

    since: int = 0
    unknown: str = ""
    found: tuple[Change, ...] = ()

    @property
    def loosening(self) -> tuple[Change, ...]:
        """Those by which less is asked than was of the champion, or may be."""
        return tuple(change for change in self.found if change.loosens)


class Verdict(Record):
    """The gate's answer, bound by digests to exactly what it looked at.

    `first_release`: nothing was compared with a champion, since none serves or it cannot be asked.
    `threshold`: what the calibration certified, and what it almost certified.
    `judged_on`: the day, where something depends on it: waivers do.
    `look`: which look at gold it is, fixed; None where nothing was judged, or none counted.
    `traffic`: what production would see, where the contract has its shares; decides nothing.
    """

    workflow: str
    status: Status
    checks: tuple[Check, ...]
    baseline: Baseline
    first_release: bool = False
    threshold: str | None = None
    changes: Changes = Changes()
    judged_on: dt.date | None = None
    look: Look | None = None
    traffic: tuple[str, ...] = ()
    evidence: dict[str, str]


class Release(Record):
    """One registered version."""

    workflow: str
    version: int
    digest: str
    aliases: tuple[str, ...] = ()
    status: str
    contract_version: int
    created: str
    evidence: dict[str, str] = Field(default_factory=dict)
    run_id: str | None = None
    look: str | None = None


class Champion(Baseline):
    """What `champion.json` has: the release that serves, and the journal's newest entry."""

    journal: JournalEntry | None = None
    journal_head: str | None = None

    def release(self) -> Baseline:
        """The release alone, as verdicts name it."""
        return Baseline.model_validate(self.model_dump(exclude={"journal", "journal_head"}))
