"""Where answers are wrong: how often each field is, and in which way, and each label of few values.

Takes scorecard, rows and gold; gives counts for the report and for `dslm show run`, which tell one
and the same number of a field. `wrong_in` and F1 are the scorecard's; ways and labels are counted
over the candidate's rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dslm.contract.model.contract_model import Contract
from dslm.curation.answer_fields import ABSENT, Part, finite_parts
from dslm.records import Case, FieldScore, Metric, Row, Scorecard

MOST_LABELS = 10
MOST_INSTEAD = 3
EMPTY: tuple[Any, ...] = (None, "", [], {})


@dataclass(frozen=True)
class FieldStanding:
    """How one field of the candidate's answers fares: wrong in so many cases, and its F1."""

    field: str
    wrong_in: int
    cases: int
    f1: Metric


@dataclass
class Ways:
    """In how many cases a field is wrong in which way.

    `alone`: no other field of the case is wrong, so that the case would be right with it.
    """

    left_empty: int = 0
    made_up: int = 0
    another: int = 0
    no_answer: int = 0
    alone: int = 0


@dataclass
class LabelErrors:
    """One named value of a field, or one item of its list: how often gold has it, and misses.

    `instead`: what was answered in its place. `wrongly`: answered where gold has it not.
    """

    place: str
    label: Any
    in_gold: int = 0
    missed: int = 0
    wrongly: int = 0
    instead: Counter[str] = field(default_factory=Counter)


def standing(scorecard: Scorecard, model: str = "candidate") -> list[FieldStanding]:
    """All fields of a model, those first that are wrong in most cases."""
    scores: Mapping[str, FieldScore] = scorecard.models[model].fields
    found = [
        FieldStanding(name, round((1 - score.accuracy.value) * score.accuracy.n),
                      score.accuracy.n, score.f1)
        for name, score in scores.items() if score.accuracy.value is not None
    ]  # fmt: skip
    return sorted(found, key=lambda one: (-one.wrong_in, one.field))


def ways_wrong(rows: Sequence[Row], gold: Mapping[str, Case]) -> dict[str, Ways]:
    """In which ways each field is wrong; fields that never are, are left out."""
    found: dict[str, Ways] = {}
    for row in rows:
        target, answer = gold[row.id].target or {}, row.prediction.object
        for name in row.outcome.wrong_fields:
            ways = found.setdefault(name, Ways())
            ways.alone += len(row.outcome.wrong_fields) == 1
            if answer is None:
                ways.no_answer += 1
            elif answer.get(name) in EMPTY:
                ways.left_empty += 1
            elif target.get(name) in EMPTY:
                ways.made_up += 1
            else:
                ways.another += 1
    return found


def labels_wrong(
    contract: Contract, rows: Sequence[Row], gold: Mapping[str, Case]
) -> list[LabelErrors]:
    """The labels that are wrong most often, at most `MOST_LABELS`."""
    found = [one for part in finite_parts(contract) for one in _of_part(part, rows, gold)]
    wrong = [one for one in found if one.missed or one.wrongly]
    wrong.sort(key=lambda one: (-one.missed, -one.wrongly, one.place, str(one.label)))
    return wrong[:MOST_LABELS]


def _of_part(part: Part, rows: Sequence[Row], gold: Mapping[str, Case]) -> Iterator[LabelErrors]:
    """The errors of one part, label by label; of a list's item they are of that item."""
    place = ".".join(part.path)
    labels: dict[str, LabelErrors] = {}

    def of(label: Any) -> LabelErrors:
        return labels.setdefault(repr(label), LabelErrors(place, label))

    for row in rows:
        right = part.read(gold[row.id].target or {})
        answer = row.prediction.object
        said = ABSENT if answer is None else part.read(answer)
        if part.item:
            _count_item(of(part.item[0]), right, said, answered=answer is not None)
            continue
        if right is not ABSENT:
            of(right).in_gold += 1
        if right == said or (answer is None and right is ABSENT):
            continue
        if right is not ABSENT:
            of(right).missed += 1
            of(right).instead[_told(said, answered=answer is not None)] += 1
        if said is not ABSENT:
            of(said).wrongly += 1
    yield from labels.values()


def _count_item(item: LabelErrors, right: Any, said: Any, *, answered: bool) -> None:
    """Count an item of a list, which is in it or not."""
    item.in_gold += right is True
    if right is True and said is not True:
        item.missed += 1
        item.instead["left out" if answered else _told(said, answered=False)] += 1
    item.wrongly += said is True and right is not True


def _told(said: Any, *, answered: bool) -> str:
    if not answered:
        return "no valid answer"
    return "nothing" if said is ABSENT or said is None else str(said)
