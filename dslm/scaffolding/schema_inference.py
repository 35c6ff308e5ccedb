"""Guesses the output schema from labelled cases, for `dslm init`.

Takes values with the inputs they belong to; gives JSON Schema. A string is an enum when its values
look like a closed set of labels, else free text with a length bound; the owner has the last word.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from dslm.contract.text.folding import fold
from dslm.errors import InputError

Pair = tuple[str, Any]  # the case's input, and a value of its target
Schema = dict[str, Any]

FEW = 8  # values that are always taken for labels
MOST_LABELS = 200
USES_PER_LABEL = 5  # on average
UNSEEN_SHARE = 0.02  # Good–Turing: chance that the next value is a new one
GROUNDED_SHARE = 0.95

_DATE = re.compile(r"\d{4}-(0\d|1[0-2])-([0-2]\d|3[01])\Z")
_MONEY = re.compile(r"-?\d+\.\d{2}\Z")
DATE_PATTERN = r"^\d{4}-\d{2}-\d{2}$"


class MixedKinds(InputError):
    """Values of one field are of several JSON types."""


def kind_of(value: Any) -> str:
    """The JSON Schema type of a value."""
    names = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array"}
    return names.get(type(value), "object")


def infer_fields(pairs: Sequence[tuple[str, Mapping[str, Any]]]) -> dict[str, Schema]:
    """A schema for each top-level field; one that is absent somewhere may be null.

    Raises:
        MixedKinds: A field has values of several types; `where` names it.
    """
    fields: dict[str, Schema] = {}
    for name in _keys_of([target for _, target in pairs]):
        fields[name] = infer([(text, target.get(name)) for text, target in pairs], name)
    return fields


def infer(pairs: Sequence[Pair], path: str) -> Schema:
    """The schema that all values of one field fit.

    Raises:
        MixedKinds: Text here, a number there.
    """
    present = [(text, value) for text, value in pairs if value is not None]
    kinds = {kind_of(value) for _, value in present}
    if kinds == {"integer", "number"}:
        kinds = {"number"}
    if len(kinds) > 1:
        raise MixedKinds(f"values of several types: {', '.join(sorted(kinds))}", where=path)
    kind = kinds.pop() if kinds else "null"
    builders = {"string": _string, "array": _array, "object": _object}
    schema = builders[kind](present, path) if kind in builders else {"type": kind}
    return _nullable(schema) if len(present) < len(pairs) and kind != "null" else schema


def _nullable(schema: Schema) -> Schema:
    if "enum" in schema:
        return {"enum": [*schema["enum"], None]}
    return {**schema, "type": [schema["type"], "null"]}


def _string(pairs: Sequence[Pair], _path: str) -> Schema:
    values = [str(value) for _, value in pairs]
    if all(_DATE.match(value) for value in values):
        return {"type": "string", "pattern": DATE_PATTERN}
    if all(_MONEY.match(value) for value in values):
        digits = max(len(value.lstrip("-").split(".")[0]) for value in values) + 1
        sign = "-?" if any(value.startswith("-") for value in values) else ""
        return {"type": "string", "pattern": rf"^{sign}\d{{1,{digits}}}\.\d{{2}}$"}
    if _is_label(pairs):
        return {"enum": sorted(set(values))}
    return {"type": "string", "maxLength": _roomy(max(map(len, values)))}


def _is_label(pairs: Sequence[Pair]) -> bool:
    """Whether strings look like a closed set of labels, not like quotes from the input."""
    counts = Counter(value for _, value in pairs)
    n = len(pairs)
    if len(counts) * USES_PER_LABEL > n or len(counts) > MOST_LABELS:
        return False
    if len(counts) <= FEW:
        return True
    once = sum(count == 1 for count in counts.values())
    quoted = sum(fold(value) in fold(text) for text, value in pairs)
    return once / n <= UNSEEN_SHARE and quoted / n < GROUNDED_SHARE


def _array(pairs: Sequence[Pair], path: str) -> Schema:
    items = [(text, item) for text, value in pairs for item in value]
    longest = max(len(value) for _, value in pairs)
    inner = infer(items, f"{path}[]") if items else {"type": "string"}
    return {"type": "array", "items": inner, "maxItems": longest + max(1, longest // 2)}


def _object(pairs: Sequence[Pair], path: str) -> Schema:
    """A nested object: keys that are not in every one are optional."""
    parts: Schema = {}
    for key in _keys_of([value for _, value in pairs]):
        having = [(text, value[key]) for text, value in pairs if key in value]
        parts[key] = infer(having, f"{path}.{key}")
    required = [key for key in parts if all(key in value for _, value in pairs)]
    return {
        "type": "object", "additionalProperties": False, "required": required, "properties": parts,
    }  # fmt: skip


def _keys_of(objects: Sequence[Mapping[str, Any]]) -> list[str]:
    """All keys, in the order they are first seen."""
    return list(dict.fromkeys(key for one in objects for key in one))


def _roomy(length: int) -> int:
    """Half as much again, rounded up to a tidy number: a bound, not a fit."""
    step = 10 if length < 100 else 50
    return max(20, math.ceil(length * 1.5 / step) * step)


def may_be_quoted(schema: Schema) -> bool:
    """Whether a field's values could be taken from the input: free text, dates and amounts."""
    if "items" in schema:
        return may_be_quoted(schema["items"])
    if "properties" in schema:
        return all(may_be_quoted(part) for part in schema["properties"].values())
    kinds = schema.get("type", "label")
    return any(kind in kinds for kind in ("string", "number", "integer"))
