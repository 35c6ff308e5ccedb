"""What is submitted to the gate, and the reasons to refuse to judge it at all.

Takes contract, gold, scorecard, rows and baseline as they were read; gives one reason for each
thing that is missing, not finite, of other cases, or not what the rows say. Called by `gate`
before any check of the policy: one reason is enough for a FAIL.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from dslm.contract import Contract
from dslm.errors import DslmError
from dslm.looks.alpha_spending import next_share
from dslm.records import Baseline, Case, Changes, Look, Row, Scorecard
from dslm.scoring import make_scorecard
from dslm.scoring.all_to_a_person import PERSON, person_rows
from dslm.scoring.rows.scored_rows import same_cases

REQUIRED = ("candidate", "base")


@dataclass(frozen=True)
class GateInput:
    """All that a verdict rests on.

    `evidence` names it by digests; `threshold` is what the calibration certified, in words; `look`
    which look at gold this is: without one nothing was seen before.
    """

    contract: Contract
    gold: Sequence[Case]
    scorecard: Scorecard
    rows: Mapping[str, Sequence[Row]]
    baseline: Baseline
    evidence: Mapping[str, str] = field(default_factory=dict)
    threshold: str | None = None
    changes: Changes = field(default_factory=Changes)
    look: Look | None = None

    def level(self, alpha: float) -> float:
        """The error with which this look may show something, of the policy's alpha."""
        return alpha if self.look is None else alpha * self.look.share

    def next_level(self, alpha: float) -> float:
        """The same of the look after this one, as at a gold set that has grown."""
        return alpha if self.look is None else alpha * next_share(1.0 - self.look.left)

    @property
    def incomparable(self) -> str | None:
        """Why there is no champion to compare with; None where there is one."""
        if self.baseline.version == 0:
            return "first release: nothing to compare with"
        if self.baseline.answers_older_contract(self.contract.version):
            return (
                f"version {self.baseline.version} answers contract version "
                f"{self.baseline.contract_version}, this is {self.contract.version}: "
                "nothing to compare with"
            )
        return None

    def no_reference(self, model: str) -> str | None:
        """Why there is nothing of a model to compare with; None where there is, or has to be."""
        if model == "champion":
            return self.incomparable
        if model != "anchor":
            return None
        anchor = self.baseline.anchor_release
        if self.incomparable or anchor is None:
            unnamed = "no anchor release is named: promote the champion again, which names it"
            return self.incomparable or unnamed
        if anchor.answers_older_contract(self.contract.version):
            return f"the anchor release answers contract version {anchor.contract_version}"
        return None

    def reference(self, model: str) -> Sequence[Row] | None:
        """A model's rows, to compare with; the anchor release's are the champion's where it is.

        A person's follow from contract and gold: nobody hands them in.
        """
        if model == PERSON:
            return person_rows(self.contract, self.gold)
        if model == "anchor" and self.baseline.other_anchor is None:
            model = "champion"
        return self.rows.get(model)


def _finite(row: Row) -> bool:
    answer = row.prediction
    numbers = (answer.confidence, answer.latency_ms, row.outcome.cost)
    return all(map(math.isfinite, (*numbers, *answer.field_confidence.values())))


def _of_rows(submission: GateInput) -> Iterator[str]:
    for model in REQUIRED:
        if not submission.rows.get(model):
            yield f"no rows of the {model}"
    for model, rows in sorted(submission.rows.items()):
        if model not in (*REQUIRED, "champion", "anchor"):
            yield f"rows of an unknown model {model!r}"
        try:
            same_cases(submission.gold, rows)
        except DslmError as error:
            yield f"{model}: {error.what}"
        if any(set(row.slices) != set(submission.contract.slices) for row in rows):
            yield f"{model}: rows with other slices than the contract's"
        bad = [row.id for row in rows if not _finite(row)]
        if bad:
            yield f"{model}: not a finite number in the row of case {bad[0]}"


def _of_baseline(submission: GateInput) -> Iterator[str]:
    version, rows = submission.baseline.version, submission.rows.get("champion")
    older = submission.baseline.answers_older_contract(submission.contract.version)
    if version and not rows and not older:
        yield f"version {version} serves, and there are no rows of it on this gold set"
    if submission.incomparable and rows is not None:
        yield "there are rows of a champion, and the baseline says that there is none to compare"
    anchor, of_anchor = submission.baseline.other_anchor, submission.rows.get("anchor")
    asked = anchor is not None and submission.no_reference("anchor") is None
    if asked and not of_anchor:
        yield "there is an anchor release, and there are no rows of it on this gold set"
    if not asked and of_anchor is not None:
        yield "there are rows of an anchor release that the baseline does not name"
    if version and submission.baseline.digest is None:
        yield f"the baseline does not say what version {version} is"


def _of_scorecard(submission: GateInput) -> Iterator[str]:
    card = submission.scorecard
    if card.workflow != submission.contract.name:
        yield f"the scorecard is of workflow {card.workflow!r}"
    derived = make_scorecard(
        submission.contract,
        submission.gold,
        threshold=card.threshold,
        rows_by_model=submission.rows,
        evidence=card.evidence,
    )
    if derived.model_dump(mode="json") != card.model_dump(mode="json"):
        yield "the scorecard does not follow from its rows (`dslm verify` shows where)"


def reasons_to_refuse(submission: GateInput) -> list[str]:
    """Why this can not be judged; empty where it can."""
    if not submission.gold:
        return ["the gold set is empty"]
    found = [*_of_rows(submission), *_of_baseline(submission)]
    return found or list(_of_scorecard(submission))
