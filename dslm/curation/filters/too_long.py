"""Drops cases whose row for training would have more tokens than the recipe allows.

Training refuses such rows and cuts none. What counts is the case as it is written, personal data
replaced, rendered as training renders it; so it is measured here and not where a case is read, many
at once, by a measure that the stage hands in: curation knows no tokenizer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np

from dslm.curation.case_table import CaseTable
from dslm.curation.ledger import Drop
from dslm.errors import InputError

TRAINED_ON = ("train", "validation")  # calibration keeps the traffic's mix, long inputs too
AT_ONCE = 1_000  # cases measured together

Measure = Callable[[Sequence[tuple[str, Mapping[str, Any]]]], Sequence[int]]


@dataclass(frozen=True)
class Limit:
    """How long a row may be.

    Attributes:
        tokens: The recipe's `training.max_tokens`.
        measure: Inputs with their targets → tokens of each one's row.
        inputs: Digests of what the measure depends on, for the output's manifest.
    """

    tokens: int
    measure: Measure
    inputs: Mapping[str, str]


def too_long(cases: CaseTable, limit: Limit | None) -> dict[int, Drop]:
    """The cases of training and validation over the limit; none where there is no limit.

    Raises:
        InputError: All of them are.
    """
    if limit is None:
        return {}
    trained = np.flatnonzero(cases.among("split", TRAINED_ON) >= 0)
    rows = iter(cases.only(trained).written())
    drops: dict[int, Drop] = {}
    shortest: int | None = None
    places = iter(trained.tolist())
    while batch := list(islice(rows, AT_ONCE)):
        for place, length in zip(islice(places, len(batch)), limit.measure(batch), strict=True):
            shortest = length if shortest is None else min(shortest, length)
            if length > limit.tokens:
                drops[place] = Drop(id=cases.id(place), reason="too_long")
    if drops and len(drops) == len(trained):
        raise InputError(
            f"every row exceeds {limit.tokens} tokens (shortest {shortest})",
            fix="raise training.max_tokens in the recipe",
        )
    return drops
