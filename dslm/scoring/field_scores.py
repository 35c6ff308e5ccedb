"""How each output field fares: precision, recall, F1 and accuracy.

Takes answers beside gold; gives one `FieldScore` a field. A value is right under the contract's
comparator. Precision: of the values that were given (non-null), the share that is right. Recall:
of the values gold has, the share that was found. F1 is their harmonic mean, as the ratio
2 × right / (given + wanted). Accuracy counts a rightly absent value too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from dslm.contract import Contract
from dslm.records import Case, FieldScore, Row
from dslm.scoring.intervals import Ints, ints, numbered, share_metric


class Answered(NamedTuple):
    """One answer beside its gold; `wrong` names the fields that are not right."""

    answer: Mapping[str, Any] | None
    target: Mapping[str, Any]
    wrong: tuple[str, ...]
    group: str


def field_score(field: str, answers: Sequence[Answered], groups: Ints) -> FieldScore:
    """The scores of one field, with intervals between groups (numbers of `numbered`)."""
    right = ints([int(field not in a.wrong) for a in answers])
    given = ints([int((a.answer or {}).get(field) is not None) for a in answers])
    wanted = ints([int(a.target.get(field) is not None) for a in answers])
    hits = right * given
    return FieldScore(
        precision=share_metric(hits, given, groups),
        recall=share_metric(hits, wanted, groups),
        f1=share_metric(2 * hits, given + wanted, groups),
        accuracy=share_metric(right, np.ones_like(right), groups),
    )


def field_scores(
    contract: Contract, gold: Sequence[Case], rows: Sequence[Row]
) -> dict[str, FieldScore]:
    """The scores of all fields over rows and the gold cases they are of, in the same order."""
    answers = [
        Answered(row.prediction.object, case.target or {}, row.outcome.wrong_fields, row.group)
        for case, row in zip(gold, rows, strict=True)
    ]
    groups = numbered([answered.group for answered in answers])
    return {field: field_score(field, answers, groups) for field in contract.fields}
