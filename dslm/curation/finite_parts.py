"""The parts of an answer that can be doubted: fields with few values, also in objects and lists.

A field of a nested object is a part like one on top. Of a list whose items take named values each
value is a part: is it in the list or not. Takes the contract's schema; gives parts that read their
label from a target and put another one in. Called by `suspects`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dslm.contract.model import Contract
from dslm.curation.finite_labels import named_values

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
