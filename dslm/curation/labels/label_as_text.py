"""A field's value as text that a person reads and types, and back, by the field's schema.

Text is written bare and anything else as JSON; where bare text would be read as something else it
is put in quotes. Used by `suspects` and the review file.
"""

from __future__ import annotations

import json
from typing import Any

from dslm.contract.answers.canonical_answer import schema_errors
from dslm.contract.model.contract_model import Contract
from dslm.errors import InputError
from dslm.strict_json import strict_json


def fits(contract: Contract, field: str, value: Any) -> bool:
    """Whether a field may have a value, whatever the others are."""
    place = f"{field}:"
    blank = {name: value if name == field else None for name in contract.fields}
    inside = (place, f"{field}.")
    return not any(error.startswith(inside) for error in schema_errors(contract, blank))


AS_JSON = {"array": '["one", "two"]', "object": '{"part": "value"}'}  # how such a value is spelled


def read_label(contract: Contract, field: str, text: str) -> Any:
    """The value that a text spells: as JSON where the schema allows that, else as it stands.

    Raises:
        InputError: The field can have neither.
    """
    try:
        value = strict_json(text)
    except ValueError:
        value = text
    if fits(contract, field, value):
        return value
    if fits(contract, field, text):
        return text
    raise InputError(f"{text!r} is no value of {field}", fix=_allowed(contract, field))


def _allowed(contract: Contract, field: str) -> str:
    schema = contract.schema["properties"][field]
    told = f"its schema is {json.dumps(schema, ensure_ascii=False)}"
    kinds = schema.get("type", ())
    if example := next((shown for kind, shown in AS_JSON.items() if kind in kinds), ""):
        return f"write the whole value as JSON, such as {example}; {told}"
    return told


def label_text(contract: Contract, field: str, value: Any) -> str:
    """A value as text from which `read_label` reads it again."""
    if isinstance(value, str) and _reads_as(contract, field, value, value):
        return value
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _reads_as(contract: Contract, field: str, text: str, value: Any) -> bool:
    try:
        found = read_label(contract, field, text)
    except InputError:
        return False
    return type(found) is type(value) and bool(found == value)
