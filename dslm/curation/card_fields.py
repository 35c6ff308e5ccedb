"""What the data card tells of an answer: its fields, the parts of its objects, the items of lists.

Takes the contract's schema; gives what is to be counted, each with a way to read it from a target.
An object is told part by part, a list item by item. Called by `counting` and `card`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from dslm.contract.model import Contract
from dslm.curation.finite_labels import named_values
from dslm.curation.finite_parts import DEEPEST, forms_of

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
