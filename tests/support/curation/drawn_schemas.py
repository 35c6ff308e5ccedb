"""Schemas and objects as they come in the world, drawn from a seed, some with a fault.

Not a strategy of hypothesis: a schema of ten levels takes it seconds to shrink, and what matters
here is that many whole schemas are seen. A seed names one draw exactly.
"""

from __future__ import annotations

import json
import random
from typing import Any

TEXTS = [
    "", "a", "ab", "abc", "x" * 12, "\x00", "\x1f", "\x7f", "\u2028", "é", "e\u0301", "\U0001f600",
    "مرحبا", '"', "\\", "/", "\n", "a\nb", "2025-03-04", "2025-02-29", "a@b.co", "١٢", "12", "-3",
    "3.0", " ", "Ab1", "null", "चना", "12.50", "::1", "P1D", "10:00:00Z",
]  # fmt: skip
NUMBERS: list[int | float] = [
    0, 1, -1, 3, 3.0, -0.0, 0.5, 1.5, -2.25, 99.99, 0.1, 0.29, 1e22, 1e-7, 10**20, -(10**30), 7, 12,
    100, 1e15, 123456789.123, 2**53, 2**63, 5e-324, 1.7e308, 0.1 + 0.2,
]  # fmt: skip
PATTERNS = [
    "^[a-z]+$", "a", "^a|b$", r"^\d{1,3}$", r"^\w*$", r"^\S+$", "^.$", "^.*$",
    r"^\d{4}-\d{2}-\d{2}$", r"^[^\W_]+$", r"\d", "^[a&&b]+$", r"^\p{L}+$", "^$", r"^-?\d+\.\d{2}$",
    "^(a|b)?c*$",
    r"^[\u00e9\uD83D\uDE00]$", r"^[\x00-\x1f]$", r"\n", r"^\s*$", "(^a|b$)", "^x{2,12}$",
    '^[^"]*$', r"^[^\\]*$", r'^[^"\\]+$', r"^[\x00-!]*$", r"^(?:[\x01-\x0f]|[\x10-\x1f]|b)*$",
    r"^[^\n]*$", r"^\P{L}*$", "^[a-z]+?é?$",
]  # fmt: skip
FORMATS = [
    "date",
    "time",
    "date-time",
    "duration",
    "email",
    "hostname",
    "ipv4",
    "ipv6",
    "uuid",
    "uri",
]
BOUNDS = [0, 1, -1, 5, 10, 100, -50, 0.5, 0.1, 99.99, -2.25, 0.3, 1e6, 12.0, 7.481]
STEPS = [1, 2, 3, 10, 0.1, 0.01, 0.5, 0.05]
KEYS = ["a", "b", "c", "k\n", "é", "title"]
# Each keyword that no grammar holds, as somebody may write it; `says` is in the complaint.
REFUSED: list[tuple[str, dict[str, Any]]] = [
    ("not", {"not": {"const": "x"}}), ("uniqueItems", {"type": "array", "uniqueItems": True}),
    ("oneOf", {"oneOf": [{"type": "string"}, {"maxLength": 3}]}),
    ("allOf", {"allOf": [{"maxLength": 3}, {"maxLength": 2}]}),
    ("look-around", {"type": "string", "pattern": "^(?=a).*$"}),
    ("look-around", {"type": "string", "pattern": "(?<!a)b"}),
    ("look around", {"type": "string", "pattern": r"\bword"}),
    ("back-reference", {"type": "string", "pattern": r"(a)\1"}),
    ("no known format", {"type": "string", "format": "idn-email"}),
    ("together", {"type": "string", "format": "date", "pattern": "^2"}),
    ("patternProperties", {"type": "object", "patternProperties": {"^a": {}}}),
    ("propertyNames", {"type": "object", "propertyNames": {"maxLength": 3}}),
    ("if", {"if": {"const": 1}, "then": {}}), ("then", {"if": {"const": 1}, "then": {}}),
    ("else", {"if": {"const": 1}, "else": {}}), ("dependentRequired", {"dependentRequired": {}}),
    ("dependentSchemas", {"dependentSchemas": {"a": {}}}),
    ("contains", {"type": "array", "contains": {}}),
    ("minContains", {"type": "array", "contains": {}, "minContains": 1}),
    ("maxContains", {"type": "array", "contains": {}, "maxContains": 1}),
    ("unevaluatedProperties", {"type": "object", "unevaluatedProperties": False}),
    ("unevaluatedItems", {"type": "array", "unevaluatedItems": False}),
    ("minProperties", {"type": "object", "minProperties": 1}),
    ("maxProperties", {"type": "object", "maxProperties": 1}),
    ("no known keyword", {"type": "string", "maxLenght": 3}),
    ("nullable", {"type": "string", "nullable": True}),
    ("beyond what can be counted", {"type": "number", "maximum": 1e22}),
    ("multipleOf", {"type": "number", "multipleOf": 0.125}),
    ("not in `properties`", {"type": "object", "required": ["z"]}),
    ("too many digits", {"enum": [1e-7, 1]}),
]  # fmt: skip


class Drawing:
    """What one seed draws."""

    def __init__(self, seed: int):
        self.seed, self.random = seed, random.Random(seed)

    def output(self) -> dict[str, Any]:
        """A contract's `output`, with definitions that it may name; one in ten has a fault."""
        draw = self.random
        made = self.object_schema(0)
        if self.seed % 10 == 0:
            made["properties"]["a"] = REFUSED[self.seed // 10 % len(REFUSED)][1]
            made["required"] = list(made["properties"])
        parts = {"x": {"$ref": "#/$defs/B"}, "y": {"type": ["integer", "null"]}}
        inner = {"type": "object", "title": "A", "additionalProperties": False, "required": ["x"],
                 "properties": parts}  # fmt: skip
        day = {"type": "string", "format": "date", "description": "a day"}
        leaf = draw.choice([{"enum": ["u", "v"]}, {"type": "integer", "minimum": 1}, day])
        return {**made, "$defs": {"A": inner, "B": leaf}}

    def object_schema(self, depth: int) -> dict[str, Any]:
        draw = self.random
        keys = draw.sample(KEYS, draw.randint(1, 3))
        made: dict[str, Any] = {
            "type": "object",
            "properties": {key: self.schema(depth + 1) for key in keys},
            "required": [key for key in keys if depth == 0 or draw.random() < 0.6],
        }
        closed = draw.random()
        if depth == 0 or closed < 0.6:
            made["additionalProperties"] = False
        elif closed < 0.75:
            made["additionalProperties"] = self.schema(depth + 1)
        return made

    def schema(self, depth: int) -> dict[str, Any]:
        draw = self.random
        kind = draw.random()
        if kind < 0.04:
            return {}
        if kind < 0.15:
            several = [*draw.choices(TEXTS, k=2), draw.choice(NUMBERS), None, True, 3, "b",
                       [1.0, "a"], {"b": 1, "a": 2.0}]  # fmt: skip
            return draw.choice(
                [{"enum": draw.sample(several, draw.randint(1, 4))}, {"const": self.value(1)}]
            )
        if kind < 0.25:
            options = [self.schema(depth + 1) for _ in range(draw.randint(1, 3))]
            return {"anyOf": options} | ({"title": "t"} if draw.random() < 0.5 else {})
        if kind < 0.27:
            return self.tagged(depth)
        if kind < 0.30:
            return {"$ref": "#/$defs/" + draw.choice("AB"), "description": "d"}
        if kind < 0.78:
            names = ["string", "integer", "null", "number", "boolean"]
            types = draw.sample(names, 2) if draw.random() < 0.2 else [draw.choice(names)]
            return self.scalar(types)
        if depth > 2:
            return {"type": "null"}
        return self.list_schema(depth) if kind < 0.88 else self.object_schema(depth + 1)

    def tagged(self, depth: int) -> dict[str, Any]:
        """What Pydantic writes for a discriminated union."""
        options = []
        for tag in ("cat", "dog"):
            one = self.object_schema(depth + 1)
            one["properties"] = {"kind": {"const": tag, "type": "string"}, **one["properties"]}
            options.append({**one, "required": ["kind", *one["required"]]})
        return {"discriminator": {"propertyName": "kind"}, "oneOf": options}

    def scalar(self, types: list[str]) -> dict[str, Any]:
        draw = self.random
        made: dict[str, Any] = {"type": types if len(types) > 1 else types[0]}
        if "string" in types:
            made |= {"minLength": draw.randint(0, 2)} if draw.random() < 0.2 else {}
            made |= {"maxLength": draw.randint(2, 30)} if draw.random() < 0.3 else {}
            held = draw.random()
            if held < 0.3:
                made["pattern"] = draw.choice(PATTERNS)
            elif held < 0.5:
                made["format"] = draw.choice(FORMATS)
        if {"integer", "number"} & set(types) and draw.random() < 0.6:
            low, high = sorted(draw.sample(BOUNDS, 2))
            made |= draw.choice([{"minimum": low}, {"exclusiveMinimum": low}, {}])
            made |= draw.choice([{"maximum": high}, {"exclusiveMaximum": high}, {}])
            made |= {"multipleOf": draw.choice(STEPS)} if draw.random() < 0.3 else {}
        return made

    def list_schema(self, depth: int) -> dict[str, Any]:
        draw = self.random
        made: dict[str, Any] = {"type": "array"}
        made |= {"items": self.schema(depth + 1)} if draw.random() < 0.7 else {}
        if draw.random() < 0.2:
            made["prefixItems"] = [self.schema(depth + 1) for _ in range(draw.randint(1, 2))]
            made |= {"items": False} if draw.random() < 0.5 else {}
        made |= {"minItems": draw.randint(0, 1)} if draw.random() < 0.3 else {}
        made |= {"maxItems": draw.randint(1, 3)} if draw.random() < 0.3 else {}
        return made

    def value(self, depth: int = 0) -> Any:
        """Any JSON."""
        draw = self.random
        kind = draw.random()
        if kind < 0.15:
            return None
        if kind < 0.25:
            return draw.random() < 0.5
        if kind < 0.5:
            near = [draw.randint(-200, 200), round(draw.uniform(-100, 100), 2), draw.uniform(-5, 5)]
            return draw.choice(NUMBERS if draw.random() < 0.7 else near)
        if kind < 0.8 or depth > 2:
            return draw.choice(TEXTS) if draw.random() < 0.8 else self.text()
        if kind < 0.9:
            return [self.value(depth + 1) for _ in range(draw.randint(0, 3))]
        return {draw.choice(KEYS): self.value(depth + 1) for _ in range(draw.randint(0, 3))}

    def text(self) -> str:
        ranges = [(0, 0x7F), (0x80, 0x3000), (0x10000, 0x10FFFF)]
        points = [self.random.choice(ranges) for _ in range(self.random.randint(0, 4))]
        return "".join(chr(self.random.randint(*one)) for one in points)

    def answer(self, schema: dict[str, Any], depth: int = 0) -> Any:
        """A value that is likely to be allowed by a resolved schema."""
        draw = self.random
        if depth > 6 or (depth and draw.random() < 0.05):
            return self.value(depth)
        if "enum" in schema or "const" in schema:
            return draw.choice(schema.get("enum", [schema.get("const")]))
        if options := schema.get("anyOf") or schema.get("oneOf"):
            return self.answer(draw.choice(options), depth)
        named = schema.get("type", ["null", "string", "number"])
        match draw.choice(named) if isinstance(named, list) else named:
            case "null":
                return None
            case "boolean":
                return draw.random() < 0.5
            case "integer" | "number":
                return self.number(schema)
            case "string":
                return draw.choice(TEXTS)
            case "array":
                return self.list_of(schema, depth)
        return self.object_of(schema, depth)

    def number(self, schema: dict[str, Any]) -> int | float:
        draw = self.random
        if "multipleOf" in schema and draw.random() < 0.7:
            return float(json.loads(f"{schema['multipleOf'] * draw.randint(-50, 50):.6f}"))
        bounds = [value for key, value in schema.items() if key.lower().endswith("imum")]
        if bounds and draw.random() < 0.7:
            near = draw.choice(bounds) + draw.choice([0, 0, 1, -1, 0.5, -0.01, 0.01, 0.001])
            return float(round(near, draw.randint(0, 3)))
        return draw.choice(NUMBERS)

    def list_of(self, schema: dict[str, Any], depth: int) -> list[Any]:
        first = schema.get("prefixItems", [])
        made = []
        for place in range(self.random.randint(schema.get("minItems", 0), 3)):
            part = first[place] if place < len(first) else schema.get("items", {})
            made.append(self.answer(part, depth + 1) if part else self.value(depth + 1))
        return made

    def object_of(self, schema: dict[str, Any], depth: int) -> dict[str, Any]:
        draw = self.random
        parts, needed = schema.get("properties", {}), schema.get("required", [])
        made = {key: self.answer(part, depth + 1) for key, part in parts.items()
                if key in needed or draw.random() < 0.6}  # fmt: skip
        if draw.random() < 0.1:
            rest = schema.get("additionalProperties")
            made["zz"] = self.answer(rest, depth + 1) if rest else self.value(depth + 1)
        keys = draw.sample(list(made), len(made))
        return {key: made[key] for key in keys}
