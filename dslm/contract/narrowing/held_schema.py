"""Holds the parts of a schema to what one input states.

Takes a part of the contract's schema, how it is compared, and an input; gives what may be written
(`parts`), and says of each part that cannot be held why. Called by `narrowed_grammar` for an input,
and by `limits` for none, to say beforehand what will never be held.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from typing import Any

from dslm.contract.answers.grounding import occurs, with_minus
from dslm.contract.model.locales import Locale
from dslm.contract.narrowing.copy_positions import copyable
from dslm.contract.narrowing.grammar_probe import can_be_written
from dslm.contract.narrowing.narrowed_parts import Copied, Free, Keyed, Listed, Part, Row, either
from dslm.contract.narrowing.stated_values import amount_texts, day_texts, forms, number_values
from dslm.contract.numbers import numbers
from dslm.contract.schemas.canonical_values import validator, written
from dslm.contract.schemas.decodable_schema import NUMERIC, OBJECT
from dslm.contract.schemas.grammar_acceptance import accepts
from dslm.provenance import canonical_json

MOST_LISTED = 20_000  # values of one field; more take longer to compile than an answer to make
_KNOWN: dict[str, frozenset[str]] = {
    "string": frozenset({"minLength", "maxLength", "pattern"}),
    "integer": NUMERIC,
    "number": NUMERIC,
    "array": frozenset({"items", "minItems", "maxItems"}),
    "object": OBJECT,
    "null": frozenset(),
    "boolean": frozenset(),
}
_ALL = frozenset({"type"}).union(*_KNOWN.values())
_WHOLE = re.compile(r"\^(\(\?:.*\))\$")  # a pattern in the narrower form


class SchemaHolder:
    """Holds parts to one input.

    Attributes:
        open: Place → why this part of the schema keeps what it allows, whatever the input.
        kept: Place → why it does so for this input.
        closed: Place → what of this part is never written, though its schema allows it.
    """

    def __init__(self, text: str, locale: Locale):
        self.text, self.locale = text, locale
        self.open: dict[str, str] = {}
        self.kept: dict[str, str] = {}
        self.closed: dict[str, str] = {}
        self._lists: dict[tuple[str, str], tuple[str, ...]] = {}

    def held(self, schema: Mapping[str, Any], how: str, place: str) -> Part | None:
        """What a part of the schema may be; None where the input has nothing for it.

        Args:
            schema: In its narrower form (see `decodable_schema`).
            how: Its field is compared; see `Compare`.
            place: Where in the answer it is.
        """
        if "enum" in schema:
            return self._chosen(schema["enum"], how)
        if "anyOf" in schema:
            return either([self.held(one, how, place) for one in schema["anyOf"]])
        kinds = schema.get("type", [])
        if foreign := sorted(set(schema) - _ALL):
            return self._left(schema, place, f"uses `{foreign[0]}`")
        if not kinds:
            return self._left(schema, place, "may be of any type")
        kinds = [kinds] if isinstance(kinds, str) else kinds
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
            case "string" if how not in ("date", "decimal"):
                return self._copied(one, place)
        return self._listed(one, how, place)

    def _stated(self, kind: str, how: str, allowed: Callable[[Any], bool]) -> Iterable[Any]:
        """What the input states, of one kind of value, as far as it is allowed."""
        if kind == "string":
            texts = amount_texts if how == "decimal" else day_texts
            return texts(self.text, self.locale, allowed)
        if how == "date":
            return ()  # grounding reads no day in a number
        stated = sorted(numbers(self.text, self.locale))
        return (one for n in stated for one in number_values(kind, n) if allowed(one))

    def _unsigned(self, kind: str, how: str) -> Iterator[Any]:
        """What the input states with a minus, without it: for a part that is never negative."""
        if kind not in ("integer", "number", "string") or how == "date":
            return
        for number in sorted(-n for n in numbers(self.text, self.locale) if n < 0):
            yield from forms(number) if kind == "string" else number_values(kind, number)

    def _listed(self, schema: Mapping[str, Any], how: str, place: str) -> Part | None:
        """What the input states, as far as validator and grammar allow it.

        The validator is asked first, because it is quicker; the grammar, because no value may be
        listed that the contract's grammar would not let a model write.
        """
        key = json.dumps(schema, ensure_ascii=False)
        if (how, key) not in self._lists:
            valid, found = validator(canonical_json(schema)), dict[str, None]()
            unsigned = (
                value for value in self._unsigned(schema["type"], how)
                if valid.is_valid(value) and not valid.is_valid(with_minus(value))
            )  # fmt: skip
            for value in chain(self._stated(schema["type"], how, valid.is_valid), unsigned):
                if accepts(key, text := written(value)):
                    found[text] = None
                if len(found) > MOST_LISTED:
                    break
            self._lists[how, key] = tuple(found)
        texts = self._lists[how, key]
        if len(texts) > MOST_LISTED:
            self.kept[place] = f"the input states more than {MOST_LISTED:,} values for it"
            return Free(schema)
        return Listed(texts) if texts else None

    def _chosen(self, values: list[Any], how: str) -> Part | None:
        """The values of an enum that stand in the input, or that no input could hold."""
        found = tuple(
            written(value)
            for value in values
            if value is None
            or isinstance(value, bool)
            or occurs(how, value, self.text, self.locale)
        )
        return Listed(found) if found else None

    def _copied(self, schema: Mapping[str, Any], place: str) -> Part | None:
        expression = None
        if "pattern" in schema:
            whole = _WHOLE.fullmatch(schema["pattern"])
            if whole is None:
                return self._left(schema, place, f"has the pattern {schema['pattern']!r}")
            expression = whole[1]
        part = Copied(max(schema.get("minLength", 0), 1), schema.get("maxLength"), expression)
        shortest = copyable(self.text).shortest
        if part.least == 1 and expression is None and 0 < shortest <= (part.most or shortest):
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
