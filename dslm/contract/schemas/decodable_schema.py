"""The schema as both validator and grammar read it, and what in it no grammar can hold.

Takes a resolved schema; gives one in a narrower form that allows the same answers: every pattern
anchored and spelled by code points, every format a pattern, every range in its tightest form, every
`anyOf` alone. Both sides are built from that form, so that they agree because they are told the
same, and not because two libraries happen to. Keywords beyond the form are named with a place and
advice: `dslm check`, curation and training refuse them. Called by `canonical_answer`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dslm.contract.schemas.canonical_values import canonical_value, validator, written
from dslm.contract.schemas.disjoint_schemas import all_disjoint
from dslm.contract.schemas.numeric_ranges import numeric_ranges
from dslm.contract.schemas.regex_patterns import PatternError, whole_pattern
from dslm.contract.schemas.resolved_references import Place, Schema, all_of, said
from dslm.contract.schemas.string_formats import FORMATS, format_pattern
from dslm.provenance import canonical_json
from dslm.settings.did_you_mean import nearest

STRING = frozenset({"minLength", "maxLength", "pattern", "format"})
NUMERIC = frozenset(
    {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}
)  # fmt: skip
ARRAY = frozenset({"items", "prefixItems", "minItems", "maxItems", "uniqueItems"})
OBJECT = frozenset({"properties", "required", "additionalProperties"})
HELD = STRING | NUMERIC | ARRAY | OBJECT | {"type", "enum", "const", "anyOf", "oneOf"}
_ALL_TYPES = ("null", "boolean", "number", "string", "array", "object")

_MOST_DIGITS = 15  # of a listed decimal; beyond it the grammar lists another
_NO_DELETE = "has a key with the control character U+007F"
_IN_ANY_OF = "write the cases out as alternatives of `anyOf`, or as one of `rules`"
_ADVICE = {
    "$dynamicRef": "write `$ref`",
    "additionalItems": "write `items`",
    "allOf": "write one schema that says it all",
    "contains": "write `prefixItems`, or one of `rules`",
    "maxContains": "write one of `rules`",
    "minContains": "write one of `rules`",
    "maxProperties": "write `additionalProperties: false`, and `required` for what must be there",
    "minProperties": "write `required` for what must be there",
    "not": "say what is allowed, by `enum`, `pattern` or a range",
    "nullable": 'write `type: [..., "null"]`',
    "patternProperties": "name the keys in `properties`",
    "propertyNames": "name the keys in `properties`",
    "unevaluatedItems": "write `items: false`",
    "unevaluatedProperties": "write `additionalProperties: false`",
    "uniqueItems": "take it out; compared `as: set`, repeats do not count",
    **dict.fromkeys(("if", "then", "else", "dependentRequired", "dependentSchemas",
                     "dependencies"), _IN_ANY_OF),
}  # fmt: skip


@dataclass(frozen=True)
class Complaint:
    """Something in the schema that the decoding grammar cannot hold."""

    where: str
    what: str
    fix: str


@dataclass(frozen=True)
class Decodable:
    """A schema's narrower form, and why some of it is beyond that; then it is left as it was.

    Attributes:
        schema: The form.
        complaints: What in it no grammar can hold.
        key: The form as JSON, the order of its keys kept: what caches know it by.
        wording: A pattern of the form → what the owner wrote: a pattern, or a format.
    """

    schema: Schema
    complaints: tuple[Complaint, ...]
    key: str
    wording: Mapping[str, str]

    def in_the_owners_words(self, message: str) -> str:
        """A validator's message about the form, as one about the schema that was written."""
        for pattern, words in self.wording.items():
            message = message.replace(f'does not match "{pattern}"', words)
        return message


def decodable(schema: Mapping[str, Any]) -> Decodable:
    """The form of a resolved schema that validator and grammar are built from; idempotent."""
    narrowing = _Narrowing()
    made = narrowing.form(dict(schema), ())
    if "properties" in schema and "properties" not in made:
        narrowing.complain((), "`anyOf`, `enum` or `const` for the whole answer cannot be held",
                           "say it of its fields, or in one of `rules`")  # fmt: skip
        made = dict(schema)
    complaints = tuple(dict.fromkeys(narrowing.complaints))
    return Decodable(made, complaints, json.dumps(made, ensure_ascii=False), narrowing.wording)


class _Narrowing:
    """Brings one schema into the narrower form, keeping what cannot be."""

    def __init__(self) -> None:
        self.complaints: list[Complaint] = []
        self.wording: dict[str, str] = {}

    def complain(self, place: Place, what: str, fix: str) -> None:
        self.complaints.append(Complaint(said(place), what, fix))

    def form(self, schema: Schema, place: Place) -> Schema:
        refused = {key: self._refused(schema, key, place) for key in schema if key not in HELD}
        held = {key: value for key, value in schema.items() if key in HELD}
        if "anyOf" in held or "oneOf" in held:
            made = self._any_of(held, place)
        elif "enum" in held or "const" in held:
            made = self._listed(held, place)
        else:
            made = self._typed(held, place)
        return {**made, **refused}

    def _refused(self, schema: Schema, key: str, place: Place) -> Any:
        near = nearest(key, sorted(HELD | _ADVICE.keys()))
        fix = _ADVICE.get(key) or (f"did you mean {near!r}?" if near else "take it out")
        what = "cannot be held by a decoding grammar" if key in _ADVICE else "is no known keyword"
        self.complain(place, f"{key!r} {what}", fix)
        return schema[key]

    def _any_of(self, schema: Schema, place: Place) -> Schema:
        """Each alternative says it all: what stands beside them is put into each."""
        named = "anyOf" if "anyOf" in schema else "oneOf"
        beside = {key: value for key, value in schema.items() if key != named}
        made = []
        for number, one in enumerate(schema[named]):
            whole = all_of([beside, one])
            assert isinstance(whole, dict)
            if "allOf" in whole and "allOf" not in one:
                self.complain(place, f"alternative {number} of `{named}` says what stands beside "
                              "it in another way", "say it in each alternative")  # fmt: skip
                return schema
            made.append(self.form(whole, (*place, named, str(number))))
        if named == "oneOf" and not all_disjoint(made):
            self.complain(place, "`oneOf` cannot be held by a decoding grammar where one value may "
                          "fit two alternatives", "write `anyOf`, or give each alternative a "
                          "required key with a `const` of its own")  # fmt: skip
            return schema
        flat = [part for one in made for part in (one["anyOf"] if set(one) == {"anyOf"} else [one])]
        distinct = list({json.dumps(part): part for part in flat}.values())
        return {"anyOf": distinct} if len(distinct) > 1 else distinct[0]

    def _listed(self, schema: Schema, place: Place) -> Schema:
        """The listed values that the rest of the schema allows, as they are written."""
        values = schema.get("enum", [schema.get("const")])
        if "enum" in schema and "const" in schema:
            values = [v for v in values if _same(v, schema["const"])]
        rest = {key: value for key, value in schema.items() if key not in ("enum", "const")}
        if rest:
            valid = validator(canonical_json(self.form(rest, place)))
            values = [value for value in values if valid.is_valid(value)]
        if all(value is None or isinstance(value, str) for value in values):
            members = list(dict.fromkeys(values))
        else:
            written = [canonical_value(value) for value in values]
            members = list({canonical_json(value): value for value in written}.values())
            for value in members:
                if fault := _unwritable(value):
                    self.complain(place, f"{value!r} {fault}", "write it as text")
        if not members:
            self.complain(
                place, "no listed value is allowed by the rest", "correct `enum` or the rest"
            )
            return schema
        return {"enum": members}

    def _typed(self, schema: Schema, place: Place) -> Schema:
        named = schema.get("type", list(_ALL_TYPES))
        types = [named] if isinstance(named, str) else list(named)
        if "number" in types and "integer" in types:
            types.remove("integer")
        made: Schema = {} if len(types) == len(_ALL_TYPES) else {"type": types}
        if len(types) == 1:
            made["type"] = types[0]
        ranges: list[Schema] = [{}]
        if "string" in types:
            made |= self._string(schema, place)
        if "number" in types or "integer" in types:
            ranges = self._numeric(schema, "number" not in types, place)
        if "array" in types:
            made |= self._array(schema, place)
        if "object" in types:
            made |= self._object(schema, place)
        forms = [{**made, **one} for one in ranges]
        return forms[0] if len(forms) == 1 else {"anyOf": forms}

    def _string(self, schema: Schema, place: Place) -> Schema:
        made: Schema = {
            key: int(schema[key]) for key in ("minLength", "maxLength") if key in schema
        }
        self._in_order(made, "minLength", "maxLength", place)
        patterns = []
        if "pattern" in schema:
            try:
                patterns.append(whole_pattern(schema["pattern"]))
                self.wording[patterns[-1]] = f"does not match {schema['pattern']!r}"
            except PatternError as error:
                self.complain((*place, "pattern"), f"{schema['pattern']!r}: {error}",
                              "correct the pattern")  # fmt: skip
                made["pattern"] = schema["pattern"]
        if "format" in schema:
            if pattern := format_pattern(schema["format"]):
                patterns.append(whole_pattern(pattern))
                self.wording[patterns[-1]] = f"is not of the format {schema['format']!r}"
            else:
                near = nearest(schema["format"], list(FORMATS))
                hint = f"did you mean {near!r}? " if near else ""
                fix = f"{hint}known are {', '.join(FORMATS)}; else write `pattern`"
                self.complain((*place, "format"), f"{schema['format']!r} is no known format", fix)
        if len(patterns) == 2:
            made["format"] = schema["format"]
            self.complain(place, "`pattern` and `format` together cannot be held",
                          "write one pattern that says both")  # fmt: skip
        return {**made, "pattern": patterns[0]} if patterns else made

    def _numeric(self, schema: Schema, whole: bool, place: Place) -> list[Schema]:
        asked = {key: schema[key] for key in schema if key in NUMERIC}
        try:
            return numeric_ranges(asked, whole=whole)
        except ValueError as error:
            self.complain(place, str(error), "correct the range, or ask for it in one of `rules`")
            return [asked]

    def _array(self, schema: Schema, place: Place) -> Schema:
        made: Schema = {key: int(schema[key]) for key in ("minItems", "maxItems") if key in schema}
        self._in_order(made, "minItems", "maxItems", place)
        if schema.get("uniqueItems"):
            made["uniqueItems"] = self._refused(schema, "uniqueItems", place)
        if "prefixItems" in schema:
            made["prefixItems"] = [self.form(one, (*place, "prefixItems", str(number)))
                                   for number, one in enumerate(schema["prefixItems"])]  # fmt: skip
        return made | self._inner(schema, "items", place)

    def _object(self, schema: Schema, place: Place) -> Schema:
        made: Schema = {}
        for name in schema.get("properties", ()):
            if "\x7f" in name:
                self.complain((*place, "properties"), f"{name!r} {_NO_DELETE}", "rename it")
        if "properties" in schema:
            made["properties"] = {name: self.form(part, (*place, "properties", name))
                                  for name, part in schema["properties"].items()}  # fmt: skip
        if required := schema.get("required"):
            made["required"] = required
            if unknown := [name for name in required if name not in schema.get("properties", {})]:
                self.complain((*place, "required"), f"{', '.join(unknown)} is not in `properties`",
                              "describe it there")  # fmt: skip
        return made | self._inner(schema, "additionalProperties", place)

    def _inner(self, schema: Schema, key: str, place: Place) -> Schema:
        """A keyword that holds one schema, or says no."""
        found = schema.get(key, True)
        if found is True or found == {}:
            return {}
        return {key: found if found is False else self.form(found, (*place, key))}

    def _in_order(self, made: Schema, least: str, most: str, place: Place) -> None:
        if made.get(least, 0) > made.get(most, made.get(least, 0)):
            self.complain(place, f"{least} is above {most}", "correct one of them")


def _same(left: Any, right: Any) -> bool:
    return canonical_json(canonical_value(left)) == canonical_json(canonical_value(right))


def _unwritable(value: Any) -> str | None:
    """Why the grammar would not list a value as it is written elsewhere."""
    if isinstance(value, Mapping):
        if any("\x7f" in key for key in value):
            return _NO_DELETE
        return next(filter(None, map(_unwritable, value.values())), None)
    if isinstance(value, list):
        return next(filter(None, map(_unwritable, value)), None)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    digits = sum(map(str.isdecimal, repr(value)))
    exact = isinstance(value, int) or (written(value) == repr(value) and digits <= _MOST_DIGITS)
    return None if exact and abs(value) < 2**63 else "has too many digits"
