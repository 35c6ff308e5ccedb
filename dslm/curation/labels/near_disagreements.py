"""Finds nearly equal inputs with another label: a mistake, or the word that makes the difference.

Nothing is dropped: "cancel it" and "do not cancel it" are nearly the same text too, and the most
telling cases there are. They are listed for a person. Only fields with a few named values count, as
others mostly differ because the texts do, and only where the labels are not what the texts
differ by. Called by `filter_order`.
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from dslm.contract.model.contract_model import Contract
from dslm.contract.text.folding import fold
from dslm.curation.answer_fields import finite_labels
from dslm.curation.case_table import CaseTable
from dslm.curation.labels.contradictions import Answers
from dslm.curation.near_duplicate_search import repeats


def near_disagreements(cases: CaseTable, contract: Contract) -> list[Answers]:
    """Cases around one that they are all near to, some with another label.

    Each text is compared with those that stand for others only, so that a template that occurs ten
    thousand times costs ten thousand comparisons.
    """
    fields = list(finite_labels(contract))
    if not fields or not len(cases):
        return []
    alone = np.zeros(len(cases), dtype=np.int64)
    threshold = contract.data.near_duplicate
    around: defaultdict[int, list[int]] = defaultdict(list)
    for place, first in repeats(cases.texts(), alone, threshold, lambda *_: True).items():
        around[first].append(place)
    found = []
    for first, others in sorted(around.items()):
        places = [first, *sorted(others)]
        targets = {place: cases.target(place) for place in places}
        unsaid = [
            field for field in fields
            if any(_unsaid(cases, field, targets, first, place) for place in others)
        ]  # fmt: skip
        if unsaid:
            found.append(Answers(contract, targets, "nearly", unsaid))
    return [answers for answers in found if answers.contradict]


def _unsaid(
    cases: CaseTable, field: str, targets: dict[int, dict[str, object]], one: int, other: int
) -> bool:
    """Whether two labels differ, and neither stands in its own text alone."""
    first, second = targets[one][field], targets[other][field]
    if first == second:
        return False
    texts = cases.text("folded", one), cases.text("folded", other)
    said = fold(str(first)), fold(str(second))
    return not any(
        said[n] and said[n] in texts[n] and said[n] not in texts[1 - n] for n in range(2)
    )
