"""Which fields of an answer take one of a few values: what can be counted, learnt and doubted.

Takes the contract's schema. Called by `finite_parts`, which looks into objects and lists too, by
the data card, which counts them, and by blocks: `instructed_target` reads only the other fields.
Only whole fields are looked at here.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

from dslm.contract.model import Contract
from dslm.provenance import canonical_json


def named_values(schema: Mapping[str, Any]) -> list[Any] | None:
    """All values that a schema names; None where they cannot be listed."""
    if "enum" in schema:
        return list(schema["enum"])
    if "const" in schema:
        return [schema["const"]]
    for key in ("anyOf", "oneOf"):
        if key in schema:
            parts = [named_values(part) for part in schema[key]]
            known = [part for part in parts if part is not None]
            if len(known) < len(parts):
                return None
            return list({canonical_json(v): v for v in itertools.chain(*known)}.values())
    kinds = schema.get("type")
    named = {kinds} if isinstance(kinds, str) else set(kinds or ())
    if named and named <= {"boolean", "null"}:
        return [value for value in (False, True, None) if _kind(value) in named]
    return None


def _kind(value: object) -> str:
    return "null" if value is None else "boolean"


def finite_labels(contract: Contract) -> dict[str, tuple[Any, ...]]:
    """Field → its possible values, for every field that takes at least two named ones.

    Those are fields with `enum`, `const`, `type: boolean`, or `anyOf` of such.
    """
    parts = contract.schema["properties"]
    listed = {field: named_values(schema) for field, schema in parts.items()}
    return {field: tuple(values) for field, values in listed.items() if values and len(values) > 1}


def is_free(contract: Contract, field: str) -> bool:
    """Whether the schema does not list a field's values: text, numbers, lists and objects."""
    return named_values(contract.schema["properties"][field]) is None


def free_fields(contract: Contract) -> tuple[str, ...]:
    """The fields whose values the schema does not list."""
    return tuple(field for field in contract.schema["properties"] if is_free(contract, field))
