"""Doubts about values that no schema lists: free text, numbers, items of lists, parts of objects.

Two searches. A field whose values nearly always stand in their input, though the contract does not
call it `grounded`, has a few that do not. And a field of identifiers, whose values nearly all have
one of a few shapes (`AB-99999`), has a few of a shape of their own: a digit lost, a blank put in.
Called by `suspect_ranking`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from dslm.contract.answers.grounding import how_of, occurs
from dslm.contract.model.contract_model import Contract
from dslm.curation.answer_fields import CardField, card_fields
from dslm.curation.labels.label_as_text import label_text
from dslm.curation.labels.suspects.suspect import Kind, Suspect
from dslm.records import Case

FEWEST = 50  # values from which it can be said what is usual
USUAL = 0.95  # share of the values that are as usual
COMMON = 0.05  # share from which a shape is a usual one
RARE = 0.01  # share up to which it is a rare one
_LETTER, _DIGIT = re.compile(r"[^\W\d_]"), re.compile(r"\d")

Valued = list[tuple[Case, Any]]


def _values(field: CardField, cases: Sequence[Case]) -> Valued:
    """Every value of a field with its case; of a list every item."""
    found: Valued = []
    for case in cases:
        value = field.read(case.target or {})
        items = value if isinstance(value, list) else [value]
        found += [(case, item) for item in items if item is not None]
    return found


def _free(contract: Contract) -> list[CardField]:
    """The parts of answers that are told by themselves and whose values are not listed."""
    fields = card_fields(contract)
    inner = {field.path[: field.path.index("[]")] for field in fields if "[]" in field.path}
    return [f for f in fields if f.named is None and f.kind != "label" and f.path not in inner]


def not_in_input_as_usual(contract: Contract, cases: Sequence[Case]) -> Iterator[Suspect]:
    """The values of fields that are not `grounded` and yet nearly always stand in the input."""
    for field in _free(contract):
        top = field.path[0]
        if top in contract.grounded:
            continue
        how, values = how_of(contract, top), _values(field, cases)
        away = [(case, value) for case, value in values
                if not occurs(how, value, case.input, contract.locale)]  # fmt: skip
        if len(values) < FEWEST or len(away) > (1 - USUAL) * len(values):
            continue
        share = 1 - len(away) / len(values)
        for case, value in away:
            why = f"{share:.1%} of {field.name} occur in their input, {value!r} does not"
            yield _suspect(contract, field, case, "not_in_input", round(share, 6), why)


def shape(value: str, *, exact: bool) -> str:
    """A text with each letter as `a` and each digit as `9`; runs as one unless exact."""
    drawn = _DIGIT.sub("9", _LETTER.sub("a", value))
    return drawn if exact else re.sub(r"a+", "a", re.sub(r"9+", "9", drawn))


def of_rare_shape(contract: Contract, cases: Sequence[Case]) -> Iterator[Suspect]:
    """The values of fields of identifiers whose shape is nearly no other value's."""
    for field in _free(contract):
        if how_of(contract, field.path[0]) in ("decimal", "date"):
            continue  # numbers are of any length, dates of many forms
        texts = [(c, v) for c, v in _values(field, cases) if isinstance(v, str)]
        for exact in (True, False):
            counts = Counter(shape(value, exact=exact) for _, value in texts)
            usual = [s for s, n in counts.items() if n >= COMMON * len(texts)]
            told = sum(counts[one] for one in usual)
            if len(texts) < FEWEST or told < USUAL * len(texts):
                continue
            if not all("9" in one for one in usual):
                break  # names and words have no shape
            for case, value in texts:
                if counts[drawn := shape(value, exact=exact)] <= RARE * len(texts):
                    why = (f"{value!r} of {field.name} has the shape {drawn!r}, as {counts[drawn]} "
                           f"of {len(texts)} do; usual is {usual[0]!r}")  # fmt: skip
                    score = round(1 - counts[drawn] / len(texts), 6)
                    yield _suspect(contract, field, case, "rare_shape", score, why)
            break


def _suspect(
    contract: Contract, field: CardField, case: Case, kind: Kind, score: float, why: str
) -> Suspect:
    top = field.path[0]
    label = label_text(contract, top, (case.target or {})[top])
    return Suspect(id=case.id, field=top, label=label, suggested=None, score=score, kind=kind,
                   why=why)  # fmt: skip
