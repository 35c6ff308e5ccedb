"""Finds inputs that were given several right answers, and drops what cannot be trusted of them.

One input is the same text, or the same but for the identifiers that the answers themselves take
from it (`masked_text`). What happens is the contract's `data.contradictions`: `drop` all of them,
since which is right cannot be told from here; keep the `majority` where more than half agree; or
`stop` until a person has looked. Either way each is listed, field by field.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from dslm.contract.answers.field_equality import wrong_fields
from dslm.contract.model.contract_model import Contract
from dslm.curation.case_table import CaseTable, shared
from dslm.curation.ledger import Drop
from dslm.errors import InputError, Problems
from dslm.provenance import canonical_json
from dslm.records import Record

MOST_REPORTED = 20

Kind = Literal["same", "but_for_identifiers", "nearly"]
REASONS: dict[Kind, str] = {
    "same": "contradictory_label",
    "but_for_identifiers": "contradictory_near",
}


class Contradiction(Record):
    """One input with several answers.

    Attributes:
        kind: In what sense it is one; `nearly` is listed for a person and drops nothing.
        ids: Its cases.
        fields: Field → value as JSON → ids of the cases that say so; only fields that contradict.
        majority: Ids of the answer that more than half of the cases give; none where there is none.
    """

    kind: Kind = "same"
    ids: tuple[str, ...]
    fields: dict[str, dict[str, tuple[str, ...]]]
    majority: tuple[str, ...]


def same_target(contract: Contract, one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two targets are equal under the contract's comparators."""
    return not wrong_fields(contract, one, other)


class Answers:
    """The distinct answers to one input, and how they stand to one another.

    A comparator with a tolerance is not transitive, so every pair of targets is compared.

    Args:
        contract: Whose comparators decide.
        targets: The target at each place.
        kind: What makes the places one input.
        fields: The fields that count.
    """

    def __init__(
        self, contract: Contract, targets: Mapping[int, Mapping[str, Any]], kind: Kind,
        fields: Sequence[str],
    ):  # fmt: skip
        self.places, self.kind, self.fields = list(targets), kind, tuple(fields)
        blank = dict.fromkeys(contract.fields)
        counted = {p: blank | {f: t[f] for f in fields} for p, t in targets.items()}
        self.spelled = {p: canonical_json(target).decode() for p, target in counted.items()}
        first: dict[str, int] = {}
        for place, text in self.spelled.items():
            first.setdefault(text, place)
        counts = Counter(self.spelled.values())
        agreeing = {
            text: [t for t, p in first.items() if same_target(contract, counted[at], counted[p])]
            for text, at in first.items()
        }
        self.against = {
            text: next((place for t, place in first.items() if t not in same), None)
            for text, same in agreeing.items()
        }
        weight = {text: sum(counts[t] for t in same) for text, same in agreeing.items()}
        best = max(weight, key=lambda text: weight[text])
        more_than_half = 2 * weight[best] > len(self.places)
        self.majority = set(agreeing[best]) if more_than_half else set()

    @property
    def contradict(self) -> bool:
        """Whether any two of them do."""
        return any(other is not None for other in self.against.values())


@dataclass(frozen=True)
class Contradicted:
    """What contradicts what: certain cases, and those that a person may want to look at."""

    certain: list[Answers]
    likely: list[Answers]


def contradicted(cases: CaseTable, contract: Contract) -> Contradicted:
    """All inputs with several answers."""
    certain: list[Answers] = []
    likely: list[Answers] = []
    for places in cases.same_inputs():
        targets = {place: cases.target(place) for place in places}
        answers = Answers(contract, targets, "same", contract.fields)
        if answers.contradict:
            certain.append(answers)
    told = {place for answers in certain for place in answers.places}
    groups = [
        answers for answers in _of_bare_texts(cases, contract) if not told & {*answers.places}
    ]
    alone = _said_once(cases, contract, groups)
    for answers in groups:
        fits = all(alone[place] for place in answers.places)
        (certain if fits else likely).append(answers)
    return Contradicted(certain, likely)


def _of_bare_texts(cases: CaseTable, contract: Contract) -> Iterator[Answers]:
    """Texts that are the same but for identifiers, whose answers differ in anything else."""
    for places in shared(cases.numbers("bare_number")):
        taken = set(cases.text("bare_fields", places[0]).splitlines())
        if taken:
            left = [field for field in contract.fields if field not in taken]
            targets = {place: cases.target(place) for place in places}
            answers = Answers(contract, targets, "but_for_identifiers", left)
            if answers.contradict:
                yield answers


def _said_once(cases: CaseTable, contract: Contract, groups: Sequence[Answers]) -> dict[int, bool]:
    """Whether the identifiers of each place are no other case's.

    A code that comes again and again may well decide another field ("screw M4": its price), a
    number that is given once cannot.
    """
    if not groups:
        return {}
    counts = {field: Counter[str]() for field in contract.fields}
    for place in range(len(cases)):
        for field, value in cases.target(place).items():
            counts[field][str(value)] += 1
    found = {}
    for answers in groups:
        taken = [field for field in contract.fields if field not in answers.fields]
        for place in answers.places:
            target = cases.target(place)
            found[place] = all(counts[field][str(target[field])] == 1 for field in taken)
    return found


def refused(cases: CaseTable, contract: Contract, certain: Iterable[Answers]) -> dict[int, Drop]:
    """The cases that go, each with one that it disagrees with.

    Raises:
        Problems: The contract says `stop`, and there are some.
    """
    drops: dict[int, Drop] = {}
    keeps_majority = contract.data.contradictions == "majority"
    for answers in certain:
        for place in answers.places:
            text = answers.spelled[place]
            if keeps_majority and text in answers.majority:
                continue
            other = answers.against[text]
            of = None if other is None else cases.id(other)
            drops[place] = Drop(id=cases.id(place), reason=REASONS[answers.kind], of=of)
    if drops and contract.data.contradictions == "stop":
        raise Problems([
            InputError(f"another answer than {drop.of}", where=f"case {drop.id}",
                       fix="correct the labels, or set data.contradictions to drop or majority")
            for drop in list(drops.values())[:MOST_REPORTED]
        ])  # fmt: skip
    return drops


def contradictions(cases: CaseTable, contract: Contract) -> dict[int, Drop]:
    """The cases of contradictory inputs that go: `refused` of what `contradicted` finds."""
    return refused(cases, contract, contradicted(cases, contract).certain)


def described(
    cases: CaseTable, answers: Answers, shown: Callable[[int], Mapping[str, Any]]
) -> Contradiction:
    """One input with several answers, field by field.

    Args:
        cases: Those that the answers' places count in.
        answers: What is told.
        shown: The target of the case at a place as it may be written: personal data replaced.
    """
    targets = {place: shown(place) for place in answers.places}
    fields: dict[str, dict[str, tuple[str, ...]]] = {}
    for field in answers.fields:
        said: dict[str, list[str]] = {}
        for place in answers.places:
            value = canonical_json(targets[place][field]).decode()
            said.setdefault(value, []).append(cases.id(place))
        if len(said) > 1:
            fields[field] = {value: tuple(ids) for value, ids in said.items()}
    return Contradiction(
        kind=answers.kind,
        ids=tuple(cases.id(place) for place in answers.places),
        fields=fields,
        majority=tuple(
            cases.id(p) for p in answers.places if answers.spelled[p] in answers.majority
        ),
    )
