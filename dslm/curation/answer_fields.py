"""The fields of an answer: those of few values, parts of objects and lists, and what is counted.

Takes the contract's schema; gives fields and parts that read their label from a target. Called by
the filters, the suspects and the data card.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from dslm.contract.model.contract_model import Contract
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


DEEPEST = 8  # objects within objects
ABSENT = object()  # what a part reads where the object or list that holds it is not there


@dataclass(frozen=True)
class Part:
    """One thing to doubt.

    Attributes:
        path: The field, and the way into it.
        item: For a list, a 1-tuple of the value that is in it or not; else empty.
    """

    path: tuple[str, ...]
    item: tuple[Any, ...] = ()

    @property
    def field(self) -> str:
        """The output field that it is part of."""
        return self.path[0]

    @property
    def whole(self) -> bool:
        """Whether it is the field itself."""
        return len(self.path) == 1 and not self.item

    def read(self, target: Mapping[str, Any]) -> Any:
        """The label: a value, or for a list whether the item is in it; `ABSENT` for none."""
        value: Any = target
        for key in self.path:
            if not isinstance(value, Mapping) or key not in value:
                return ABSENT
            value = value[key]
        if not self.item:
            return value
        return self.item[0] in value if isinstance(value, list) else ABSENT

    def put(self, target: Mapping[str, Any], label: Any) -> Any:
        """The value of the whole field with another label here."""
        return self._put(target, self.path, label)[self.field]

    def _put(self, holder: Mapping[str, Any], path: tuple[str, ...], label: Any) -> dict[str, Any]:
        key, *rest = path
        if rest:
            return {**holder, key: self._put(holder[key], tuple(rest), label)}
        if not self.item:
            return {**holder, key: label}
        left = [value for value in holder[key] if value != self.item[0]]
        return {**holder, key: [*left, self.item[0]] if label else left}

    def said(self, label: Any) -> str:
        """What is doubted, in words; nothing where it is the field itself."""
        name = ".".join(self.path)
        if self.item:
            return f"{self.item[0]!r} is {'' if label else 'not '}in {name}"
        return "" if self.whole else f"{name} is {label!r}"


def finite_parts(contract: Contract) -> tuple[Part, ...]:
    """All parts that take at least two named values, in the schema's order."""
    return tuple(_parts(contract.schema, ()))


def _parts(schema: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[Part]:
    values = named_values(schema) if path else None
    if values is not None:
        if len(values) > 1:
            yield Part(path)
        return
    if len(path) == DEEPEST:
        return
    for form in forms_of(schema):
        for name, part in form.get("properties", {}).items():
            yield from _parts(part, (*path, name))
        if path and isinstance(form.get("items"), Mapping):
            for value in named_values(form["items"]) or ():
                yield Part(path, (value,))


def forms_of(schema: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """A schema, or those of its alternatives that are not just null."""
    options = [part for key in ("anyOf", "oneOf") for part in schema.get(key, ())]
    return options or [schema]


Kind = Literal["label", "open", "list"]
Schema = Mapping[str, Any]
ITEMS = "[]"  # the step from a list to its items


@dataclass(frozen=True)
class CardField:
    """One thing that the card counts.

    Attributes:
        path: The field and the way into it; `ITEMS` where it goes through a list.
        kind: A few named values, open values, or a list (of what `path` leads to in it).
        named: The values that the schema names, of the field or of a list's items.
    """

    path: tuple[str, ...]
    kind: Kind
    named: tuple[Any, ...] | None = None

    @property
    def name(self) -> str:
        """As the card calls it: `order.lines[].sku`."""
        return ".".join(self.path).replace(f".{ITEMS}", ITEMS)

    def read(self, target: Mapping[str, Any]) -> Any:
        """The value in a target, None where it is not there; of a path through lists, a list."""
        return _read(target, self.path)


def _read(value: Any, path: tuple[str, ...]) -> Any:
    for place, key in enumerate(path):
        if key == ITEMS:
            if not isinstance(value, list):
                return None
            found = [_read(item, path[place + 1 :]) for item in value]
            return [inner for one in found for inner in (one if isinstance(one, list) else [one])]
        if not isinstance(value, Mapping):
            return None
        value = value.get(key)
    return value


def card_fields(contract: Contract) -> tuple[CardField, ...]:
    """Everything that the card counts of a contract's answers, in the schema's order."""
    fields = contract.schema["properties"].items()
    return tuple(field for name, schema in fields for field in _fields(schema, (name,)))


def _fields(schema: Schema, path: tuple[str, ...]) -> Iterator[CardField]:
    in_list = ITEMS in path
    named = named_values(schema)
    if named is not None:
        yield CardField(path, "list" if in_list else "label", tuple(named))
        return
    forms = [form for form in forms_of(schema) if "properties" in form or "items" in form]
    objects = [form for form in forms if form.get("properties")]
    lists = [form for form in forms if isinstance(form.get("items"), Mapping)]
    if len(path) >= DEEPEST or len(objects) + len(lists) != 1:
        yield CardField(path, "list" if in_list else "open")
    elif objects:
        for name, part in objects[0]["properties"].items():
            yield from _fields(part, (*path, name))
    elif in_list:  # a list in a list: its items are told as items of the outer one
        yield from _fields(lists[0]["items"], (*path, ITEMS))
    else:
        yield from _list(lists[0]["items"], path)


def _list(items: Schema, path: tuple[str, ...]) -> Iterator[CardField]:
    named = named_values(items)
    yield CardField(path, "list", None if named is None else tuple(named))
    if named is None and any(form.get("properties") for form in forms_of(items)):
        yield from _fields(items, (*path, ITEMS))
