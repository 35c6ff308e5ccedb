"""What people have said of suspect labels, ready to be obeyed.

Takes `review.csv`; gives which cases to drop and which values to replace. `keep` says that a label
is right, and only silences it in the next review. Called by `pipeline`, before a source is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from dslm.contract.answers.canonical_answer import schema_errors
from dslm.contract.model.contract_model import Contract
from dslm.contract.rules.cel_rules import breaches
from dslm.curation.labels.label_as_text import read_label
from dslm.curation.labels.review_csv import ReviewRow, read_review
from dslm.errors import DslmError, InputError, Problems
from dslm.provenance import digest_json
from dslm.records import Case
from dslm.settings.did_you_mean import nearest

Action = Literal["keep", "fix", "drop"]
MOST_REPORTED = 20


@dataclass(frozen=True)
class ReviewDecisions:
    """What to do with which cases.

    Attributes:
        drops: Ids of cases that are not trained on.
        fixes: Id → field → the right value.
        places: Id → file and line of its verdict, for messages.
    """

    drops: frozenset[str] = frozenset()
    fixes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    places: Mapping[str, str] = field(default_factory=dict)

    def fixed(self, case: Case) -> Case:
        """The case with the values that were said to be right."""
        if case.id not in self.fixes:
            return case
        return case.model_copy(update={"target": (case.target or {}) | dict(self.fixes[case.id])})

    def applied(self, contract: Contract, case: Case) -> Case:
        """The fixed case, its `meta.breaks` in step: no fix throws a case away for its rules."""
        fixed = self.fixed(case)
        return case if fixed is case else with_breaks_in_step(contract, case, fixed)

    def refuse_misfits(self, contract: Contract, fixed: Iterable[Case]) -> None:
        """Stop where a fixed target is invalid as a whole, though each value by itself is not.

        Raises:
            Problems: Every such verdict, with its line.
        """
        faults = [
            InputError(f"with this fix the target is invalid: {errors[0]}",
                       where=self.places[case.id], fix="fix the other field too, or drop the case")
            for case in fixed
            if (errors := schema_errors(contract, case.target))
        ]  # fmt: skip
        if faults:
            raise Problems(faults[:MOST_REPORTED])

    def digest(self) -> str:
        """What the verdicts mean; order, scores and those that only keep do not count."""
        return digest_json({"drop": sorted(self.drops), "fix": self.fixes})


def with_breaks_in_step(contract: Contract, before: Case, after: Case) -> Case:
    """A fixed case that declares the rules which its new target breaks because of the fix.

    A declared breach that the fix corrects is declared no longer; one that it makes is declared,
    since a person said that this value is right. What was broken before and not declared stays
    so: the fix says nothing of it.
    """
    declared = before.meta.get("breaks", [])
    if not isinstance(declared, list):
        return after
    was, now = (
        [rule.id for rule in breaches(contract, case.input, case.target or {})]
        for case in (before, after)
    )
    kept = [rule for rule in declared if rule in now or rule not in was]
    made = [rule for rule in now if rule not in was and rule not in declared]
    if (said := [*kept, *made]) == declared:
        return after
    meta = {key: value for key, value in after.meta.items() if key != "breaks"}
    return after.model_copy(update={"meta": meta | ({"breaks": said} if said else {})})


def parsed(contract: Contract, row: ReviewRow) -> tuple[Action, Any]:
    """A row's verdict and, for a fix, the value.

    Raises:
        InputError: It is none of `keep`, `fix:<value>` and `drop`, or the value does not fit.
    """
    said = row.verdict.strip()
    word, colon, value = said.partition(":")
    word = word.strip().casefold()
    if word in ("keep", "drop") and not colon:
        return word, None  # type: ignore[return-value]
    if word == "fix" and colon:
        if row.field not in contract.fields:
            near = nearest(row.field, list(contract.fields))
            hint = f"did you mean {near!r}?" if near else None
            raise InputError(f"{row.field!r} is no output field", fix=hint)
        return "fix", read_label(contract, row.field, value.strip())
    raise InputError(f"{said!r} is no verdict", fix="write keep, fix:<value> or drop")


def read_decisions(path: Path, contract: Contract) -> ReviewDecisions:
    """The verdicts of a review file; none where there is no file.

    Raises:
        InputError: The file is no review file.
        Problems: Every wrong verdict, with its line.
    """
    drops: set[str] = set()
    fixes: dict[str, dict[str, Any]] = {}
    places: dict[str, str] = {}
    faults: list[DslmError] = []
    for row in read_review(path):
        if not row.decided:
            continue
        where = f"{path}:{row.line}"
        try:
            action, value = parsed(contract, row)
        except InputError as error:
            faults.append(InputError(error.what, where=where, fix=error.fix))
            continue
        if action == "drop":
            drops.add(row.id)
        elif action == "fix":
            fixes.setdefault(row.id, {})[row.field] = value
            places[row.id] = where
    if faults:
        raise Problems(faults[:MOST_REPORTED])
    return ReviewDecisions(frozenset(drops), fixes, places)
