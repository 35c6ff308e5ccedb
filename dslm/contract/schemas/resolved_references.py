"""The output schema with nothing left to look up: what everything that walks a schema walks.

Takes a contract's `output` as its owner wrote it, or as Pydantic writes it: nested models as
`$ref`, Optional as `anyOf`, a remark on everything. Gives the same schema with each reference
replaced by what it names. Only references within the document are followed: nothing is ever
fetched. Called by `Contract`, which keeps the result as `contract.schema`.

Source: JSON Schema 2020-12 (core, sections 8.2 and 10); JSON Pointer, RFC 6901.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from dslm.provenance import canonical_json

Schema = dict[str, Any]
Place = tuple[str, ...]

# Where a keyword holds schemas: one, a list of them, or one under each name.
ONE = frozenset({
    "additionalProperties", "contains", "else", "if", "items", "not", "propertyNames", "then",
    "unevaluatedItems", "unevaluatedProperties",
})  # fmt: skip
LISTED = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
NAMED = frozenset({"dependentSchemas", "patternProperties", "properties"})
# Where `true` and `false` are as good as a schema; elsewhere they become `{}` and `{"not": {}}`.
SWITCHES = frozenset({
    "additionalProperties", "items", "unevaluatedItems", "unevaluatedProperties"
})  # fmt: skip
# What says nothing of the values that are allowed.
REMARKS = frozenset({
    "$comment", "contentEncoding", "contentMediaType", "contentSchema", "default", "deprecated",
    "description", "discriminator", "example", "examples", "externalDocs", "readOnly", "title",
    "writeOnly", "xml",
})  # fmt: skip
_SCAFFOLD = frozenset({"$anchor", "$defs", "$dynamicAnchor", "$id", "$schema", "$vocabulary",
                       "definitions"})  # fmt: skip
_MOVING = ("$dynamicRef", "$recursiveRef")
# Keywords that look at each other: their meaning changes where they stand beside one another.
_TOGETHER = (
    {"properties", "patternProperties", "additionalProperties", "unevaluatedProperties"},
    {"prefixItems", "items", "contains", "minContains", "maxContains", "unevaluatedItems"},
    {"if", "then", "else"},
)  # fmt: skip
_MOST_PARTS = 20_000  # a few definitions that name each other twice each grow without end


class UnresolvableError(ValueError):
    """A schema that cannot be written out; the message names the place."""


def resolved(schema: Mapping[str, Any]) -> Schema:
    """A schema without references, definitions and remarks, that allows the same values.

    What stands beside a `$ref`, and what an `allOf` lists, is put into one schema where that means
    the same; what cannot is left as `allOf`.

    Raises:
        UnresolvableError: A reference leads out of the document, to nothing, or into itself.
    """
    try:
        return _Writer(schema).spelled_out(schema, (), ())
    except RecursionError:
        raise UnresolvableError("output is nested too deeply") from None


def said(place: Place) -> str:
    """A place in the output schema, in words."""
    return ".".join(("output", *place))


class _Writer:
    """Writes one document out."""

    def __init__(self, root: Mapping[str, Any]):
        self.root, self.parts = root, 0

    def written(self, schema: Any, place: Place, within: tuple[str, ...]) -> Schema | bool:
        """A part of the document; `within` are the references that led to it."""
        if not isinstance(schema, Mapping):
            return bool(schema)
        self._refuse(schema, place)
        parts: list[Schema | bool] = []
        if "$ref" in schema:
            parts.append(self._named(schema["$ref"], place, within))
        for number, one in enumerate(schema.get("allOf", ())):
            parts.append(self.written(one, (*place, "allOf", str(number)), within))
        own = {
            key: self._value(key, value, (*place, key), within)
            for key, value in schema.items()
            if key not in ("$ref", "allOf") and not is_remark(key) and key not in _SCAFFOLD
        }
        return all_of([*parts, own])

    def spelled_out(self, schema: Any, place: Place, within: tuple[str, ...]) -> Schema:
        """The same, `true` and `false` as objects too."""
        written = self.written(schema, place, within)
        return written if isinstance(written, dict) else {} if written else {"not": {}}

    def _refuse(self, schema: Mapping[str, Any], place: Place) -> None:
        self.parts += 1
        if self.parts > _MOST_PARTS:
            raise UnresolvableError(
                f"output has more than {_MOST_PARTS:,} parts once every `$ref` is written out: "
                "let fewer definitions name each other"
            )
        for key in _MOVING:
            if key in schema:
                raise UnresolvableError(f"{said(place)}: {key} is not followed; write `$ref`")
        if place and "$id" in schema:
            raise UnresolvableError(
                f"{said(place)}: `$id` makes a document of its own; leave it out and name the part "
                "by '#/$defs/NAME'"
            )

    def _value(self, key: str, value: Any, place: Place, within: tuple[str, ...]) -> Any:
        if key in SWITCHES:
            return self.written(value, place, within)
        if key in ONE:
            return self.spelled_out(value, place, within)
        if key in LISTED and isinstance(value, list):
            return [self.spelled_out(v, (*place, str(n)), within) for n, v in enumerate(value)]
        if key in NAMED and isinstance(value, Mapping):
            return {name: self.spelled_out(v, (*place, name), within) for name, v in value.items()}
        return value

    def _named(self, ref: Any, place: Place, within: tuple[str, ...]) -> Schema | bool:
        """What a reference names, written out."""
        home, mark, fragment = str(ref).partition("#")
        if not mark or home not in ("", str(self.root.get("$id", "")).rstrip("#")):
            raise UnresolvableError(
                f"{said(place)}: `$ref` {ref!r} leads out of this document, and nothing is "
                "fetched; copy what it names into `$defs` and write '#/$defs/NAME'"
            )
        name = unquote(fragment)
        if name in within:
            raise UnresolvableError(
                f"{said(place)}: `$ref` {ref!r} stands within what it names, so that an answer "
                "could be nested without end; write out as many levels as there can be"
            )
        return self.written(self._found(name, str(ref), place), place, (*within, name))

    def _found(self, name: str, ref: str, place: Place) -> Any:
        found: list[Any]
        if name and not name.startswith("/"):
            found = [part for part in _schemas(self.root) if part.get("$anchor") == name]
        else:
            found = [part for part in _pointed(self.root, name) if isinstance(part, Mapping | bool)]
        if len(found) != 1:
            raise UnresolvableError(f"{said(place)}: `$ref` {ref!r} names no schema here")
        return found[0]


def _pointed(found: Any, pointer: str) -> list[Any]:
    """What a JSON pointer leads to, in a list of its own; an empty one where it leads nowhere."""
    for word in pointer.split("/")[1:]:
        key = word.replace("~1", "/").replace("~0", "~")
        if isinstance(found, Mapping) and key in found:
            found = found[key]
        elif isinstance(found, list) and key.isdecimal() and int(key) < len(found):
            found = found[int(key)]
        else:
            return []
    return [found]


def is_remark(key: str) -> bool:
    """Whether a keyword says nothing of the values that are allowed."""
    return key in REMARKS or key.startswith("x-")


def _schemas(node: Any) -> Iterator[Mapping[str, Any]]:
    """All objects of a document; what looks like a schema within an enum does no harm here."""
    if isinstance(node, Mapping):
        yield node
        for value in node.values():
            yield from _schemas(value)
    elif isinstance(node, list):
        for value in node:
            yield from _schemas(value)


def all_of(parts: list[Schema | bool]) -> Schema | bool:
    """One schema that holds where all of some do."""
    if any(part is False for part in parts):
        return False
    one: Schema = {}
    apart: list[Schema] = []
    for part in parts:
        if isinstance(part, bool):
            continue
        both = _both(one, {key: value for key, value in part.items() if key != "allOf"})
        if both is None:
            apart.append(part)
        else:
            one = both
            apart += part.get("allOf", [])
    return {**one, "allOf": apart} if apart else one


def _both(left: Schema, right: Schema) -> Schema | None:
    """Two schemas as one; None where a keyword would come to mean something else."""
    made = {**left, **right}
    for key in left.keys() & right.keys():
        if key == "required":
            made[key] = list(dict.fromkeys([*left[key], *right[key]]))
        elif key == "properties" and left[key].keys().isdisjoint(right[key]):
            made[key] = {**left[key], **right[key]}
        elif canonical_json(left[key]) != canonical_json(right[key]):
            return None
    for group in _TOGETHER:
        first, second = group & left.keys(), group & right.keys()
        if first and second and not first == second == {"properties"}:
            return None
    return made
