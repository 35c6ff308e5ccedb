"""Which grounded values of a right answer a narrowed grammar would not let a model write, and why.

Takes a contract, an input and its right answer. Called by `dslm check` for every row of gold: such
a row is measured wrong however good the model is.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from dslm.contract.answers.canonical_answer import canonical_answer
from dslm.contract.answers.field_equality import EXACT, equal
from dslm.contract.answers.grounding import ungrounded
from dslm.contract.model.contract_model import Compare, Contract
from dslm.contract.model.locales import Locale
from dslm.contract.narrowing.copy_grammar import cased
from dslm.contract.narrowing.copy_positions import standing
from dslm.contract.narrowing.grammar_probe import accepts
from dslm.contract.narrowing.narrowed_grammar import narrowed
from dslm.contract.narrowing.narrowed_parts import Either, Listed, Part, Row
from dslm.contract.schemas.canonical_values import written
from dslm.contract.text.folding import compatible

ITEM = Compare.model_validate({"as": "text"})  # items of lists and sets are folded as text


def uncopied(contract: Contract, text: str, answer: Mapping[str, Any]) -> dict[str, str]:
    """The grounded fields that could not be written for this input, each with the reason.

    A field is fine where a value that equals the answer's, under its comparator, can be written.
    """
    parts, missing = narrowed(contract, text).parts, ungrounded(contract, text, answer)
    right, found = canonical_answer(contract, answer), dict[str, str]()
    for field in contract.grounded:
        value, compare = right[field], contract.compare.get(field, EXACT)
        if not _writable(parts[field], compare, value, text, contract.locale):
            found[field] = "does not stand in the input" if field in missing else _why(value, text)
    return found


def _writable(part: Part, compare: Compare, value: Any, text: str, locale: Locale) -> bool:
    """Whether a part lets a model write a value, or one that equals it."""
    if accepts(part, text, written(value)):
        return True
    if compare.how in ("set", "list", "text") and isinstance(value, list):
        return any(
            all(_writable(row.item, ITEM, item, text, locale) for item in value)
            and row.least <= len(value) <= (row.most or len(value))
            for row in _rows(part)
        )
    return any(
        equal(compare, other, value, locale) and accepts(part, text, written(other))
        for other in (*_listed(part), *_copies(value, text))
    )


def _rows(part: Part) -> Iterator[Row]:
    if isinstance(part, Row):
        yield part
    for one in part.options if isinstance(part, Either) else ():
        yield from _rows(one)


def _listed(part: Part) -> Iterator[Any]:
    if isinstance(part, Listed):
        yield from map(json.loads, part.texts)
    for one in part.options if isinstance(part, Either) else ():
        yield from _listed(one)


def _copies(value: Any, text: str) -> Iterator[str]:
    """Whole words of the input that are the value but for what folding leaves out."""
    for found in standing(text, value) if isinstance(value, str) else ():
        yield from (found, composed := compatible(found), *cased(composed))


def _why(value: Any, text: str) -> str:
    if value == "":
        return "is empty"
    seen = next(_copies(value, text), None)
    if seen is None or seen == value:
        return "is in a form that its schema keeps from being copied"
    return f"stands in the input as {seen!r}"
