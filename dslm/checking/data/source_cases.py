"""What is kept in mind of the sources' cases while each is read once, so that proofs can ask it.

Filled by `dslm.checking.data.source_files`, a case at a time and as curation would have it, the
verdicts of the review file put in; asked by the proofs of breaches, leaks, review file and lengths.
Keeps places and the longest cases, never all of them.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from dslm.contract.cases.case_groups import folded, group_of
from dslm.contract.model.contract_model import Contract
from dslm.curation.filters import rule_fault
from dslm.curation.labels import ReviewDecisions
from dslm.curation.personal import Replacer, texts_at
from dslm.curation.splits import split_of
from dslm.errors import InputError
from dslm.records import Case

MOST_MEASURED = 20_000  # of inputs and of answers each; the longest by characters
Sized = tuple[int, int, str, str, dict[str, Any]]  # size, number, place, input, target


@dataclass(frozen=True)
class Undeclared:
    """A case whose target and `meta.breaks` disagree: where it is, and on which rule."""

    place: str
    id: str
    fault: str


@dataclass
class SourceCases:
    """The sources' cases as far as proofs need them.

    Attributes:
        contract: The workflow's contract.
        verdicts: Of the review file; none where it cannot be read.
        named: Ids that the review file names.
        replacer: Names cases without an id of their own as curation does; None where it
            looks for no personal data, or cannot.
        count: How many cases there were.
        undeclared: Those whose breaches are not as they say, the first of them.
        undeclared_count: How many there are.
        reviewed: Those that the review file names, as they came.
        gold_inputs: Gold's inputs, folded; set before the sources are read.
        gold_groups: Gold's groups, where the contract has groups.
        leaked: Place and id of the first case whose input or group is in gold.
        leaked_count: How many there are.
        meta_keys: Every key of meta that a case has.
        empty_places: The personal fields of the contract that no case has anything in.
        calibration: Group → cases that fall into the calibration split, those of gold left out;
            without groups one a text, since curation drops the others.
    """

    contract: Contract
    verdicts: ReviewDecisions = field(default_factory=ReviewDecisions)
    named: frozenset[str] = frozenset()
    replacer: Replacer | None = None
    count: int = 0
    undeclared: list[Undeclared] = field(default_factory=list)
    undeclared_count: int = 0
    reviewed: dict[str, Case] = field(default_factory=dict)
    gold_inputs: frozenset[str] = frozenset()
    gold_groups: frozenset[str] = frozenset()
    leaked: tuple[str, str] | None = None
    leaked_count: int = 0
    calibration: Counter[str] = field(default_factory=Counter)
    meta_keys: set[str] = field(default_factory=set)
    empty_places: set[str] = field(default_factory=set)
    _rows: list[Sized] = field(default_factory=list)
    _answers: list[Sized] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Nothing was seen yet."""
        self.empty_places = set(self.contract.data.personal.places)

    def add(self, case: Case, place: str) -> None:
        """One case as it came, and where it stands."""
        self.meta_keys.update(case.meta)
        self.empty_places -= {one for one in self.empty_places if any(texts_at(case, one))}
        if case.id in self.named:
            self.reviewed[case.id] = case
        if case.id in self.verdicts.drops:
            return
        case = self.verdicts.applied(self.contract, case)
        self.count += 1
        if self._in_gold(case):
            self.leaked_count += 1
            self.leaked = self.leaked or (place, case.id)
        else:
            self._part(case)
        fault = rule_fault(self.contract, case)
        if fault:
            self.undeclared_count += 1
            if len(self.undeclared) < MOST_MEASURED:
                self.undeclared.append(Undeclared(place, case.id, fault))
        target = case.target or {}
        answer = len(str(target))
        for heap, size in ((self._rows, len(case.input) + answer), (self._answers, answer)):
            one = (size, -self.count, place, case.input, target)
            if len(heap) < MOST_MEASURED:
                heapq.heappush(heap, one)
            elif one > heap[0]:
                heapq.heapreplace(heap, one)

    def keep_apart(self, gold: Sequence[Case]) -> None:
        """Which cases gold holds; to be told before the sources are read."""
        groups = {key for case in gold if (key := self._group(case))}
        self.gold_inputs = frozenset(folded(case) for case in gold)
        self.gold_groups = frozenset(groups)

    def _in_gold(self, case: Case) -> bool:
        return folded(case) in self.gold_inputs or self._group(case) in self.gold_groups

    def _part(self, case: Case) -> None:
        """Count what falls into the calibration split, as curation parts the cases."""
        grouped = self.contract.data.group_by
        try:
            if split_of(self.contract, case) == "calibration":
                group = group_of(case, grouped)
                self.calibration[group] = self.calibration[group] + 1 if grouped else 1
        except InputError:
            return  # curation drops it, with the reason

    def _group(self, case: Case) -> str:
        """A case's group; none without `group_by`, or where it has no name that curation takes."""
        name = self.contract.data.group_by
        try:
            return group_of(case, name) if name else ""
        except InputError:
            return ""  # curation drops it, or refuses gold, with the reason

    def longest_rows(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Place, input and target of the longest cases."""
        return ((place, text, target) for _, _, place, text, target in sorted(self._rows)[::-1])

    def longest_answers(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Place and target of those with the longest answers."""
        return ((place, target) for _, _, place, _, target in sorted(self._answers)[::-1])
