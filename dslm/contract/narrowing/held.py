"""Holds the parts of a schema to what one input states.

Takes a part of the contract's schema, how it is compared, and an input; gives what may be written
(`parts`), and says of each part that cannot be held why. Called by `narrowed` for an input, and by
`limits` for none, to say beforehand what will never be held.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from dslm.contract.grounding import dates, numbers, occurs
from dslm.contract.narrowing.judging import can_be_written, json_text, judge, refused
from dslm.contract.narrowing.parts import Copied, Free, Keyed, Listed, Part, Row, either
from dslm.contract.narrowing.patterns import whole_text
from dslm.contract.narrowing.stated import amounts, formatted, number_texts
from dslm.contract.narrowing.words import words_of
from dslm.provenance import canonical_json

MOST_LISTED = 20_000  # values of one field; more take longer to compile than an answer to make
_BOUNDS = {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}
_KNOWN = {
    "string": {"minLength", "maxLength", "pattern", "format"},
    "integer": _BOUNDS,
    "number": _BOUNDS,
    "array": {"items", "minItems", "maxItems"},
    "object": {"properties", "required", "additionalProperties"},
    "null": set[str](),
    "boolean": set[str](),
}
_ALL = set[str]().union(*_KNOWN.values())


class Holder:
    """Holds parts to one input.

    Attributes:
        open: Place → why this part of the schema keeps what it allows, whatever the input.
        kept: Place → why it does so for this input.
        closed: Place → what of this part is never written, though its schema allows it.
    """

    def __init__(self, text: str):
        self.text = text
        self.open: dict[str, str] = {}
        self.kept: dict[str, str] = {}
        self.closed: dict[str, str] = {}

    def held(self, schema: Mapping[str, Any], how: str, place: str) -> Part | None:
        """What a part of the schema may be; None where the input has nothing for it."""
        for key in ("enum", "const"):
            if key in schema:
                return self._chosen(schema, how, schema[key] if key == "enum" else [schema[key]])
        if "anyOf" in schema and len(schema) == 1:
            return either([self.held(one, how, place) for one in schema["anyOf"]])
        kinds = schema.get("type", [])
        kinds = [kinds] if isinstance(kinds, str) else kinds
        foreign = sorted(set(schema) - {"type"} - _ALL)
        if foreign or not kinds:
            return self._left(schema, place, f"uses `{foreign[0]}`" if foreign else "has no type")
        return either([self._of_kind(kind, schema, how, place) for kind in kinds])

    def _left(self, schema: Mapping[str, Any], place: str, why: str) -> Free:
        self.open[place] = why
        return Free(schema)

    def _of_kind(self, kind: str, schema: Mapping[str, Any], how: str, place: str) -> Part | None:
        known = _KNOWN[kind]
        one = {key: value for key, value in schema.items() if key in known} | {"type": kind}
        match kind:
            case "null":
                return Listed(("null",))
            case "boolean":
                return self._left(one, place, "is true or false, which no input states")
            case "array":
                return self._row(one, how, place)
            case "object":
                return self._keyed(one, how, place)
            case "string" if how not in ("date", "decimal") and "format" not in one:
                return self._copied(one, place)
        return self._listed(one, place, self._stated(kind, one, how))

    def _stated(self, kind: str, schema: Mapping[str, Any], how: str) -> Iterable[str]:
        """JSON texts of what the input states, of one kind."""
        if kind != "string":
            return (form for n in sorted(numbers(self.text)) for form in number_texts(kind, n))
        match how:
            case "decimal":
                found: Iterable[str] = amounts(self.text)
            case "date":
                found = (day.isoformat() for day in sorted(dates(self.text)))
            case _:
                found = formatted(self.text)
        return map(json_text, found)

    def _listed(self, schema: Mapping[str, Any], place: str, texts: Iterable[str]) -> Part | None:
        allowed = judge(canonical_json(schema))
        found: dict[str, None] = {}
        for text in texts:
            if text not in found and allowed(text):
                found[text] = None
            if len(found) > MOST_LISTED:
                self.kept[place] = f"the input states more than {MOST_LISTED:,} values for it"
                return Free(schema)
        return Listed(tuple(found)) if found else None

    def _chosen(self, schema: Mapping[str, Any], how: str, values: list[Any]) -> Part | None:
        """The values of an enum that stand in the input, or that no input could hold."""
        allowed = judge(canonical_json(schema))
        texts = [
            json_text(value)
            for value in values
            if value is None or isinstance(value, bool) or _stands(how, value, self.text)
        ]
        found = tuple(dict.fromkeys(text for text in texts if allowed(text)))
        return Listed(found) if found else None

    def _copied(self, schema: Mapping[str, Any], place: str) -> Part | None:
        least, most = max(schema.get("minLength", 0), 1), schema.get("maxLength")
        if "pattern" in schema:
            if refused(pattern := schema["pattern"]):
                return self._left(schema, place, f"has a pattern that no copy can be held to: "
                                                 f"{pattern}")  # fmt: skip
            part = Copied(least, most, whole_text(pattern))
        else:
            part = Copied(least, most)
        shortest = words_of(self.text).shortest
        if least == 1 and part.expression is None and 0 < shortest <= (most or shortest):
            return part
        return part if shortest and can_be_written(part, self.text) else None

    def _row(self, schema: Mapping[str, Any], how: str, place: str) -> Part | None:
        items = schema.get("items")
        if not isinstance(items, Mapping):
            return self._left(schema, place, "is a list of anything")
        least, most = schema.get("minItems", 0), schema.get("maxItems")
        item = self.held(items, how, f"{place}[]")
        if item is None:
            return Listed(("[]",)) if least == 0 else None
        return Row(item, least, most)

    def _keyed(self, schema: Mapping[str, Any], how: str, place: str) -> Part | None:
        parts, needed = schema.get("properties", {}), set(schema.get("required", ()))
        if not parts or needed - set(parts):
            return self._left(schema, place, "is an object of any keys")
        if schema.get("additionalProperties") is not False:
            self.closed[place] = "may have keys that its schema does not name"
        members = []
        for key, one in parts.items():
            part = self.held(one, how, f"{place}.{key}")
            if part is not None:
                members.append((key, part, key in needed))
            elif key in needed:
                return None
        return Keyed(tuple(members))


def _stands(how: str, value: Any, text: str) -> bool:
    """Whether one value of an enum stands in the input."""
    if isinstance(value, int | float):
        return Decimal(str(value)) in numbers(text)
    try:
        return occurs(how, value, text)
    except ValueError:
        return False  # a date that is none
