"""Turns values of other file formats into what the contract's schema asks, where that is obvious.

Takes one field's JSON Schema and a value; gives the value, cast or as it was. A CSV has only text
and Parquet has dates and decimals, so `mapping` calls this for every target; what is not obvious is
left alone and found by the schema.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from dslm.strict_json import strict_json

_NAMES = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array",
          dict: "object", type(None): "null"}  # fmt: skip


def json_type(value: Any) -> str:
    """The JSON Schema type of a value; a Python type's own name for what JSON has no form for."""
    return _NAMES.get(type(value), type(value).__name__)


def allowed_types(schema: Mapping[str, Any]) -> set[str]:
    """The JSON types a field's schema names by `type`, `enum` or `const`; empty for others."""
    if "enum" in schema:
        return {json_type(value) for value in schema["enum"]}
    if "const" in schema:
        return {json_type(schema["const"])}
    named = schema.get("type", [])
    return {named} if isinstance(named, str) else set(named)


def as_json(value: Any) -> Any:
    """Dates as ISO 8601 and decimals as their digits, also inside lists and objects."""
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, list | tuple):
        return [as_json(item) for item in value]
    if isinstance(value, dict):
        return {str(key): as_json(item) for key, item in value.items()}
    return value


def _from_text(text: str, types: set[str]) -> Any:
    try:
        value = strict_json(text)
    except ValueError:
        return text
    kind = json_type(value)
    fits = kind in types or (kind == "integer" and "number" in types)
    if kind == "number" and "integer" in types and value == int(value):
        return int(value)
    return value if fits else text


def cast(schema: Mapping[str, Any], value: Any) -> Any:
    """A value in a type that a field's schema allows.

    Text becomes the number, boolean, list or object that it spells; a number becomes text; a whole
    float becomes an integer.

    Args:
        schema: The field's own schema.
        value: What a source holds.
    """
    value = as_json(value)
    types = allowed_types(schema)
    kind = json_type(value)
    if not types or kind in types or (kind == "integer" and "number" in types):
        return value
    if isinstance(value, str):
        return _from_text(value.strip(), types)
    if kind == "number" and "integer" in types and value.is_integer():
        return int(value)
    if kind in ("integer", "number") and "string" in types:
        return str(value)
    return value
