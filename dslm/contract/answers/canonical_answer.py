"""The answer's text form: one canonical JSON per object, and back.

Used to render training targets, to constrain decoding and to parse what was decoded, so that the
three cannot disagree: text, grammar and validator are all made from `contract.decodable`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from dslm.contract.model.contract_model import Contract
from dslm.contract.schemas.canonical_values import canonical, validator, written
from dslm.contract.schemas.decodable_schema import decodable
from dslm.contract.schemas.grammar_acceptance import (
    accepts,
    grammar_limits,
    grammar_of,
    never_written,
    uncompiled,
)
from dslm.errors import DslmError, InputError, Problems
from dslm.provenance import canonical_json
from dslm.strict_json import strict_json

__all__ = [
    "allows",
    "blank",
    "canonical_answer",
    "canonical_text",
    "grammar",
    "grammar_limits",
    "parse",
    "refuse_undecodable",
    "schema_errors",
    "undecodable",
]


def canonical_answer(contract: Contract, answer: Mapping[str, Any]) -> dict[str, Any]:
    """An object with keys, numbers and listed values as the model must write them."""
    made: dict[str, Any] = canonical(contract.decodable.schema, answer)
    return made


def canonical_text(contract: Contract, answer: Mapping[str, Any]) -> str:
    """An object as the model must write it: the schema's order at every depth, no blanks."""
    return written(canonical_answer(contract, answer))


def grammar(schema: Mapping[str, Any]) -> str:
    """The llguidance grammar that accepts exactly a resolved schema's objects in canonical form."""
    return grammar_of(decodable(schema).schema)


@lru_cache(maxsize=32)
def _validator(key: str) -> Any:
    import jsonschema_rs

    return jsonschema_rs.Draft202012Validator(json.loads(key), offline=True)


def schema_errors(contract: Contract, answer: Any) -> list[str]:
    """What makes an object none of the contract's, each with its field.

    That is what the schema forbids, and where it forbids nothing, what the grammar would never
    write. A contract of an older release may hold what no grammar can; it is not asked there.
    """
    form = contract.decodable
    made = canonical(form.schema, answer)
    found = map(_nearest, _validator(form.key).iter_errors(made))
    errors = [
        f"{'.'.join(map(str, e.instance_path)) or 'object'}: {form.in_the_owners_words(e.message)}"
        for e in found
    ]
    return errors if errors or form.complaints else never_written(form, made)


def _nearest(error: Any) -> Any:
    """Of a value that no alternative of an `anyOf` allows, what the first of its type says."""
    if error.kind.name != "anyOf":
        return error
    own = len(error.instance_path)
    for errors in error.kind.context:
        if not any(e.kind.name == "type" and len(e.instance_path) == own for e in errors):
            return _nearest(errors[0])
    return error


def undecodable(contract: Contract) -> list[DslmError]:
    """What of the schema decoding cannot be held to, each with its place and what to write."""
    form = contract.decodable
    if form.complaints:
        return [InputError(one.what, where=one.where, fix=one.fix) for one in form.complaints]
    if fault := uncompiled(form.key):
        return [InputError(fault, fix="correct `output`")]
    return []


def refuse_undecodable(contract: Contract) -> None:
    """Stop before work is spent on a schema that decoding cannot be held to.

    Raises:
        Problems: All that `undecodable` names.
    """
    if errors := undecodable(contract):
        raise Problems(errors)


def parse(contract: Contract, text: str) -> dict[str, Any] | None:
    """The object a model wrote, in canonical form; None where it is not valid under the schema."""
    try:
        answer = strict_json(text)
    except ValueError:
        return None
    if not isinstance(answer, dict) or schema_errors(contract, answer):
        return None
    return canonical_answer(contract, answer)


def allows(contract: Contract, field: str, value: Any) -> bool:
    """Whether some answer could have a value in a field: by the schema, and by the grammar."""
    part = contract.decodable.schema["properties"][field]
    made = canonical(part, value)
    return bool(validator(canonical_json(part)).is_valid(made)) and accepts(
        json.dumps(part, ensure_ascii=False), written(made)
    )


def blank(contract: Contract, known: Mapping[str, Any]) -> dict[str, Any]:
    """An object with all fields, those not `known` being null."""
    return {field: known.get(field) for field in contract.fields}
