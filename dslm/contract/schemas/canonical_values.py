"""A value in the one form it is written in: order of keys, form of numbers, spelling of texts.

Takes a value and the schema in its narrower form (see `decodable_schema`); gives the value as the
decoding grammar writes it, and its text. A whole number has no point (3.0 is 3), zero no sign, no
number an exponent; what an `enum` lists is written as it is listed there. Called by
`canonical_answer` and `type_coercion`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

from dslm.provenance import canonical_json

_text = json.JSONEncoder(ensure_ascii=False).encode


def canonical_value(value: Any) -> Any:
    """A value with whole numbers as integers, at every depth."""
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    if isinstance(value, Mapping):
        return {key: canonical_value(one) for key, one in value.items()}
    if isinstance(value, list):
        return [canonical_value(one) for one in value]
    return value


def canonical(schema: Mapping[str, Any], value: Any) -> Any:
    """A value as the grammar of a schema writes it; what the schema forbids is left as it is.

    Args:
        schema: In its narrower form, or as it was resolved.
        value: A JSON value.
    """
    if value is None or isinstance(value, str | bool):
        return value
    if "enum" in schema:
        made = canonical_value(value)
        key = canonical_json(made)
        same = (one for one in schema["enum"] if canonical_json(canonical_value(one)) == key)
        return next(same, made)
    if options := schema.get("anyOf") or schema.get("oneOf"):
        return canonical(alternative(options, value), value)
    if isinstance(value, Mapping):
        parts, rest = schema.get("properties", {}), schema.get("additionalProperties")
        other = rest if isinstance(rest, Mapping) else {}
        ordered = [key for key in parts if key in value] + [
            key for key in value if key not in parts
        ]
        return {key: canonical(parts.get(key, other), value[key]) for key in ordered}
    if isinstance(value, list):
        return [canonical(item_schema(schema, place), one) for place, one in enumerate(value)]
    return canonical_value(value)


def item_schema(schema: Mapping[str, Any], place: int) -> Mapping[str, Any]:
    """What a list's schema says of the item at a place."""
    first = schema.get("prefixItems", ())
    found = first[place] if place < len(first) else schema.get("items")
    return found if isinstance(found, Mapping) else {}


def alternative(options: list[Mapping[str, Any]], value: Any) -> Mapping[str, Any]:
    """The first of some schemas that allows a value; an empty one where none does."""
    return next((one for one in options if validator(canonical_json(one)).is_valid(value)), {})


@lru_cache(maxsize=256)
def validator(schema: bytes) -> Any:
    """A validator of a schema, given as canonical JSON; nothing is fetched."""
    import jsonschema_rs

    return jsonschema_rs.Draft202012Validator(json.loads(schema), offline=True)


def written(value: Any) -> str:
    """A canonical value as text: no blanks, every character as itself where JSON allows it."""
    if isinstance(value, str):
        return _text(value).replace("\x7f", "\\u007f")  # which the grammar wants escaped
    if isinstance(value, float):
        return format(Decimal(repr(value)), "f")
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{written(k)}:{written(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(written, value)) + "]"
    return _text(value)
