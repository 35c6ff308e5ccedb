"""Finds inputs that were given several right answers, and drops what cannot be trusted of them.

What happens is the contract's `data.contradictions`: `drop` all of them, since which is right
cannot be told from here; keep the `majority` where more than half agree; or `stop` until a person
has looked. Either way each is listed, field by field.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from dslm.contract.comparing import wrong_fields
from dslm.contract.model import Contract
from dslm.curation.case_table import CaseTable
from dslm.curation.ledger import Drop
from dslm.errors import InputError, Problems
from dslm.provenance import canonical_json
from dslm.records import Record

MOST_REPORTED = 20


class Contradiction(Record):
    """One input with several answers.

    Attributes:
        ids: Its cases.
        fields: Field → value as JSON → ids of the cases that say so; only fields that differ.
        majority: Ids of the answer that more than half of the cases give; none where there is none.
    """

    ids: tuple[str, ...]
    fields: dict[str, dict[str, tuple[str, ...]]]
    majority: tuple[str, ...]


def same_target(contract: Contract, one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two targets are equal under the contract's comparators."""
    return not wrong_fields(contract, one, other)


class _Answers:
    """The distinct targets of one input, and how they stand to one another."""

    def __init__(self, cases: CaseTable, places: list[int], contract: Contract):
        self.places = places
        self.spelled = {place: cases.text("target", place) for place in places}
        first: dict[str, int] = {}
        for place, text in self.spelled.items():
            first.setdefault(text, place)
        self.targets = {text: cases.target(place) for text, place in first.items()}
        counts = Counter(self.spelled.values())
        agreeing = {
            text: [t for t in first if same_target(contract, target, self.targets[t])]
            for text, target in self.targets.items()
        }
        self.against = {
            text: next((place for t, place in first.items() if t not in same), None)
            for text, same in agreeing.items()
        }
        weight = {text: sum(counts[t] for t in same) for text, same in agreeing.items()}
        best = max(weight, key=lambda text: weight[text])
        more_than_half = 2 * weight[best] > len(places)
        self.majority = set(agreeing[best]) if more_than_half else set()

    @property
    def contradict(self) -> bool:
        """Whether any two of them do."""
        return any(other is not None for other in self.against.values())


def _found(cases: CaseTable, contract: Contract) -> Iterator[_Answers]:
    for same in cases.same_inputs():
        answers = _Answers(cases, same, contract)
        if answers.contradict:
            yield answers


def contradictions(cases: CaseTable, contract: Contract) -> dict[int, Drop]:
    """The cases of inputs whose targets disagree that go, each with one that it disagrees with.

    A comparator with a tolerance is not transitive, so every pair of targets is compared.

    Raises:
        Problems: The contract says `stop`, and there are some.
    """
    drops: dict[int, Drop] = {}
    keeps_majority = contract.data.contradictions == "majority"
    for answers in _found(cases, contract):
        for place in answers.places:
            text = answers.spelled[place]
            if keeps_majority and text in answers.majority:
                continue
            other = answers.against[text]
            of = None if other is None else cases.id(other)
            drops[place] = Drop(id=cases.id(place), reason="contradictory_label", of=of)
    if drops and contract.data.contradictions == "stop":
        raise Problems([
            InputError(f"another answer than {drop.of}", where=f"case {drop.id}",
                       fix="mend the labels, or set data.contradictions to drop or majority")
            for drop in list(drops.values())[:MOST_REPORTED]
        ])  # fmt: skip
    return drops


def listed(
    cases: CaseTable, contract: Contract, shown: Callable[[int], Mapping[str, Any]]
) -> list[Contradiction]:
    """Every input with several answers, field by field.

    Args:
        cases: All that were read.
        contract: Their contract.
        shown: The target of the case at a place as it may be written: personal data replaced.
    """
    return [_described(cases, contract, answers, shown) for answers in _found(cases, contract)]


def _described(
    cases: CaseTable, contract: Contract, answers: _Answers,
    shown: Callable[[int], Mapping[str, Any]],
) -> Contradiction:  # fmt: skip
    targets = {place: shown(place) for place in answers.places}
    fields: dict[str, dict[str, tuple[str, ...]]] = {}
    for field in contract.fields:
        said: dict[str, list[str]] = {}
        for place in answers.places:
            value = canonical_json(targets[place][field]).decode()
            said.setdefault(value, []).append(cases.id(place))
        if len(said) > 1:
            fields[field] = {value: tuple(ids) for value, ids in said.items()}
    return Contradiction(
        ids=tuple(cases.id(place) for place in answers.places),
        fields=fields,
        majority=tuple(
            cases.id(p) for p in answers.places if answers.spelled[p] in answers.majority
        ),
    )
