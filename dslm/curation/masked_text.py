"""A text without the identifiers that its own answer takes from it.

"Invoice 17 is late" with the number 17 and "Invoice 18 is late" with the number 18 are one bare
text: what differs is said by the answers, and nothing else of the answers may differ. Takes a case,
gives the bare text and the fields that were taken out. Called by `case_table`; read by the block
`contradictions`.

Only text with a digit in it counts, and no amount, date or one of a few named values: those, like a
name, may be what decides another field.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from dslm.contract.cases.case_groups import folded
from dslm.contract.model.contract_model import Contract
from dslm.contract.text.folding import fold
from dslm.curation.answer_fields import is_free
from dslm.records import Case

DECIDING = ("decimal", "date")  # comparators of values that other fields may follow from


@dataclass(frozen=True)
class MaskedText:
    """The words that are left, and the fields whose values were taken out, in schema order."""

    text: str
    fields: tuple[str, ...] = ()


_folded_word = lru_cache(maxsize=1 << 15)(fold)  # the same words stand in many texts


def _words(text: str) -> list[str]:
    return [word for word in map(_folded_word, text.split()) if word]


def identifiers(contract: Contract, case: Case) -> Iterator[tuple[str, str]]:
    """Field and value of each identifier in a case's answer that its text holds."""
    for field, value in (case.target or {}).items():
        if not isinstance(value, str) or not any(map(str.isdigit, value)):
            continue
        compare = contract.compare.get(field)
        if (compare is None or compare.how not in DECIDING) and is_free(contract, field):
            key = fold(value)
            if key and key in folded(case):
                yield field, value


def masked_text(contract: Contract, case: Case) -> MaskedText:
    """The text less its identifiers; the folded text where there is none."""
    found = {field: _words(value) for field, value in identifiers(contract, case)}
    if not found:
        return MaskedText(folded(case))
    words = _words(case.input)
    fields = []
    for field in sorted(found, key=lambda name: (-len(found[name]), name)):
        left = _without(words, found[field], f"<{field}>")
        if left != words:
            words = left
            fields.append(field)
    return (
        MaskedText(" ".join(words), tuple(sorted(fields))) if fields else MaskedText(folded(case))
    )


def _without(words: list[str], value: list[str], mark: str) -> list[str]:
    """Words with every run that spells a value replaced by a mark, which no word can be."""
    left: list[str] = []
    place = 0
    while place < len(words):
        if words[place : place + len(value)] == value:
            left.append(mark)
            place += len(value)
        else:
            left.append(words[place])
            place += 1
    return left
