"""Whether a schema lets an answer hold something at a path of keys; lists are walked through.

Takes a contract's schema with nothing left to look up. Used by the contract for the places that
`data.personal` names, and to tell a contract's own words from what a person wrote.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

Schema = Mapping[str, Any]
_ALTERNATIVES = ("anyOf", "oneOf", "allOf", "prefixItems")


def _steps(schema: Any) -> Iterator[Schema]:
    """A schema, and what stands for it: alternatives and the items of lists, to any depth."""
    if not isinstance(schema, Mapping):
        return
    yield schema
    for keyword in _ALTERNATIVES:
        for part in schema.get(keyword, ()):
            yield from _steps(part)
    yield from _steps(schema.get("items"))


def held_by(schema: Any, keys: Sequence[str]) -> bool:
    """Whether an answer may hold something at the keys."""
    if not keys:
        return True
    for step in _steps(schema):
        named = step.get("properties", {})
        if keys[0] in named:
            if held_by(named[keys[0]], keys[1:]):
                return True
        elif step.get("additionalProperties") not in (None, False) or (
            not named and "additionalProperties" not in step and step.get("type") == "object"
        ):
            return True
    return False


def places_in(schema: Any, before: str = "") -> Iterator[str]:
    """Every path of keys that an answer may have, a dot leading into an object."""
    for step in _steps(schema):
        for name, inner in step.get("properties", {}).items():
            yield f"{before}{name}"
            yield from places_in(inner, f"{before}{name}.")


def lists_values(schema: Any, keys: Sequence[str]) -> bool:
    """Whether a schema lists every value that an answer may have at the keys."""
    if keys:
        inner = (step["properties"][keys[0]] for step in _steps(schema)
                 if keys[0] in step.get("properties", {}))  # fmt: skip
        return any(lists_values(one, keys[1:]) for one in inner)
    inside = (*_ALTERNATIVES, "items")
    leaves = [step for step in _steps(schema) if not any(name in step for name in inside)]
    free = [step for step in leaves if "enum" not in step and "const" not in step]
    return len(free) < len(leaves) and all(step.get("type") == "null" for step in free)


def names_at(schema: Any) -> list[str]:
    """The keys that an answer may have there."""
    return [name for step in _steps(schema) for name in step.get("properties", {})]


def nearest_place(
    schema: Any, keys: Sequence[str], nearest: Callable[[str, list[str]], str | None]
) -> str | None:
    """The path with its first wrong key replaced by the nearest known one, None for none near.

    Where a field is that path in one, as `dslm init` takes objects apart, that field.
    """
    if (whole := "_".join(keys)) in names_at(schema):
        return whole
    for step in _steps(schema):
        named = step.get("properties", {})
        if keys[0] in named and len(keys) > 1:
            inner = nearest_place(named[keys[0]], keys[1:], nearest)
            return f"{keys[0]}.{inner}" if inner else None
    near = nearest(keys[0], names_at(schema))
    return ".".join([near, *keys[1:]]) if near else None


def own_words(schema: Any) -> Iterator[str]:
    """Every key and every listed value: the contract's words, nobody's data."""
    if isinstance(schema, Mapping):
        yield from schema.get("properties", {})
        yield from (value for value in schema.get("enum", ()) if isinstance(value, str))
        if isinstance(schema.get("const"), str):
            yield schema["const"]
        for inner in schema.values():
            yield from own_words(inner)
    elif isinstance(schema, list):
        for item in schema:
            yield from own_words(item)
