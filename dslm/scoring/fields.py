"""How each output field fares: precision, recall, F1 and accuracy.

Takes rows and the gold they are of; gives one `FieldScore` a field. A value is right under the
contract's comparator. Precision: of the values that were given (non-null), the share that is
right. Recall: of the values gold has, the share that was found. F1 is their harmonic mean, as the
ratio 2 × right / (given + wanted). Accuracy counts a rightly absent value too.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dslm.contract import Contract
from dslm.records import Case, FieldScore, Row
from dslm.scoring.intervals import ints, share_metric


def field_score(field: str, gold: Sequence[Case], rows: Sequence[Row]) -> FieldScore:
    """The scores of one field, with intervals between groups."""
    groups = [row.group for row in rows]
    right = ints([int(field not in row.outcome.wrong_fields) for row in rows])
    given = ints([int((row.prediction.object or {}).get(field) is not None) for row in rows])
    wanted = ints([int((case.target or {}).get(field) is not None) for case in gold])
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
    """The scores of all fields, in the contract's order."""
    return {field: field_score(field, gold, rows) for field in contract.fields}
