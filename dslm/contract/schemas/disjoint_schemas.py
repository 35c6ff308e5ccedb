"""Whether schemas share no value, as far as that can be proved.

Takes schemas in the narrower form (see `decodable_schema`); says whether `oneOf` of them means what
`anyOf` does. Called by `decodable_schema`. What is not proved counts as shared.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain, combinations, product
from typing import Any

from dslm.contract.schemas.canonical_values import canonical_value, validator
from dslm.provenance import canonical_json

_ALL_TYPES = ("null", "boolean", "number", "string", "array", "object")


def all_disjoint(schemas: Sequence[Mapping[str, Any]]) -> bool:
    """Whether no value is allowed by two of some schemas."""
    parts = [(n, part) for n, one in enumerate(schemas) for part in one.get("anyOf", [one])]
    listed = [(n, part) for n, part in parts if "enum" in part]
    other = [(n, part) for n, part in parts if "enum" not in part]
    first: dict[bytes, int] = {}
    if any(first.setdefault(key, n) != n for n, part in listed for key in _keys(part["enum"])):
        return False
    pairs = chain(combinations(other, 2), product(other, listed))
    return all(disjoint(one, two) for (n, one), (m, two) in pairs if n != m)


def disjoint(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether it can be proved that two schemas share no value.

    They do not where their types differ, where none of one's listed values is the other's, or
    where objects of the one must have a key that those of the other cannot, or not with such a
    value: the `const` of a discriminator.
    """
    for this, that in ((one, other), (other, one)):
        if "anyOf" in this:
            return all(disjoint(part, that) for part in this["anyOf"])
    if "enum" in one and "enum" in other:
        return _keys(one["enum"]).isdisjoint(_keys(other["enum"]))
    for this, that in ((one, other), (other, one)):
        if "enum" in this:
            valid = validator(canonical_json(that))
            return not any(valid.is_valid(value) for value in this["enum"])
    shared = _types(one) & _types(other)
    return not shared or (shared == {"object"} and _objects_disjoint(one, other))


def _keys(values: Sequence[Any]) -> set[bytes]:
    return {canonical_json(canonical_value(value)) for value in values}


def _types(schema: Mapping[str, Any]) -> set[str]:
    named = schema.get("type", _ALL_TYPES)
    types = {named} if isinstance(named, str) else set(named)
    return types | {"integer"} if "number" in types else types


def _objects_disjoint(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    for this, that in ((one, other), (other, one)):
        for key in this.get("required", ()):
            rest = that.get("additionalProperties", {})
            part = that.get("properties", {}).get(key, rest)
            if part is False or disjoint(this["properties"].get(key, {}), part):
                return True
    return False
