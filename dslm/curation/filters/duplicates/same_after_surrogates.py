"""Drops cases whose input is another's, or gold's, once personal data is replaced.

"Regards, Ann" and "Regards, Bob" are two texts, and one where both are "[name]", or where both
names get one surrogate. What is trained and calibrated on is what is written: such a case would be
seen twice there, or learnt from and asked. Their answers may differ, which nobody could tell from
the text; the first stays. Runs after `exact_duplicates`, on cases that held personal data.
"""

from __future__ import annotations

from collections.abc import Sequence

from dslm.contract.cases.case_groups import folded, folded_text
from dslm.curation.case_table import CaseTable, number_of
from dslm.curation.ledger import Drop
from dslm.records import Case


def alike_when_written(cases: CaseTable, gold: Sequence[Case]) -> dict[int, Drop]:
    """The later cases of each written input, and those of gold; each with what it is like."""
    held = cases.replaced()
    if not len(held):
        return {}
    numbers = cases.numbers("text_number").tolist()
    for place, (text, _) in zip(held.tolist(), cases.only(held).written(), strict=True):
        numbers[place] = number_of(folded_text(text))
    held_out = {number_of(folded(case)): case.id for case in reversed(gold)}
    first: dict[int, int] = {}
    drops: dict[int, Drop] = {}
    for place, number in enumerate(numbers):
        if of := held_out.get(number):
            drops[place] = Drop(id=cases.id(place), reason="leak_exact", of=of)
        elif (kept := first.setdefault(number, place)) != place:
            drops[place] = Drop(id=cases.id(place), reason="exact_duplicate", of=cases.id(kept))
    return drops
