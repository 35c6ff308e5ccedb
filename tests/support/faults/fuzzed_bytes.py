"""Broken bytes, JSON, YAML and tables from whole ones, drawn from a seed; nothing here knows dslm.

Used by `fuzzed_inputs`. What is drawn is odd on purpose: half characters, numbers without end, keys
that stand twice, values of another type, schemas and expressions that mean nothing.
"""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Callable
from typing import Any

TEXTS = [
    "", " ", "\x00", "\ud83d", "\udce9", "é", "e\u0301", "चना", "👍🏽", "\u202e", "\ufeff",
    "\x1b[2J", "a" * 3000, "x\ny\r\nz", "null", "NaN", "true", "12,50", "-5", "−5", "١٢", "1e999",
    "0x10", "2030-02-30", "2030-12-31", "../../etc/passwd", "/", "*", "**", "[", "(", "(?=a)", "\\",
    "a|b", "$ref", "__proto__", "id", "input", "target", "<|im_end|>", "{{x}}", "%s", '"', "'",
    "fix:", "keep", "drop", "{", '{"a": 1}', '{"a": 1, "a": 2}', "=1+1", "b\u0000\u0000",
    "\u0085\u2028", "A-1", "order", "other", "meta.sender", "target.kind", "target", "meta.",
    ".", "smollm",
]  # fmt: skip
NUMBERS: list[Any] = [
    0, -1, 1, 3.0, 1.5, -0.0, 1e308, 1e-320, 10**20, 10**400, 2**63, float("nan"), float("inf"),
    True, False, None,
]  # fmt: skip
SHAPES: list[Any] = [[], {}, [[]], {"": None}, [None], {"a": {"b": [1, {"c": "d"}]}}, ["a", "a"]]
TOKENS = [
    b"\x00", b"\xff", b"\xfe\xff", b"\xef\xbb\xbf", b"\xc3", b"\xed\xa0\xbd", b"\r", b"\n", b"\r\n",
    b"\\ud83d", b"\\u0000", b"NaN", b"1e999", b"9" * 400, b'"', b"'", b"{", b"}", b"[", b"]", b",",
    b":", b"\t", b";", b"[" * 2000, b'{"a":' * 1500, b'"id": 1, ', b'"input": "x", ', b"null",
    b"\x1a", b"From x\n", b"=?utf-8?q?=ff?=", b"=3D=\n", b"\n\n", b"--", b"00:00:00.000 --> ",
    b"WEBVTT",
]  # fmt: skip
YAML = [
    "*a", "&a [*a]", "&a {b: *a}", "!!python/name:os.system x", "!mine 1", "!!binary x", "{1: 2}",
    "{null: 1}", "? [a]\n: b", "|\n  x", ">", ".nan", ".inf", "-.inf", "2030-01-01", "2030-99-01",
    "~", "null", "", "[", "{", "'", '"\\ud800"', '"\\x00"', "9" * 5000, "1e999", "0o8", "yes", "on",
    "[[[[[[[]]]]]]]", "- - - a", "{<<: {a: 1}}", "{<<: 3}", "@x", "%x", "`x", "1_000", "0x1F",
    "{a: 1, a: 2}", "\t", "[" * 300, "&a [x,x,x,x,x,x,x,x,x]", "\x07", "a: b: c", "# none",
]  # fmt: skip
SCHEMAS: list[Any] = [
    True, False, None, [], {}, "string", {"type": "object"}, {"type": "array"}, {"type": []},
    {"type": "foo"}, {"type": ["string", "null", "number"]}, {"type": "integer"},
    {"type": "number", "minimum": 5, "maximum": 1}, {"type": "string", "maxLength": -1},
    {"type": "string", "maxLength": 10**9}, {"type": "string", "minLength": 9, "maxLength": 1},
    {"type": "string", "pattern": "("}, {"type": "string", "pattern": "^(?!x)"},
    {"type": "string", "pattern": "(a+)+$"}, {"type": "string", "pattern": "^A-[0-9]{1,5}$"},
    {"type": "string", "pattern": "\\p{Greek}"}, {"type": "string", "pattern": "(?i)x"},
    {"type": "string", "format": "date"}, {"type": "string", "format": "nosuch"},
    {"enum": []}, {"enum": [None]}, {"enum": ["a", "a"]}, {"enum": [1, "1", 1.0, True]},
    {"enum": [{"a": 1}, [1]]}, {"const": "order"}, {"const": {"a": None}}, {"not": {}},
    {"$ref": "#"}, {"$ref": "#/$defs/none"}, {"$ref": "#/properties/kind"}, {"$ref": ""},
    {"$ref": "http://127.0.0.1:9/x"}, {"$ref": "file:///etc/passwd"}, {"$ref": 5},
    {"anyOf": []}, {"anyOf": [{"type": "string"}, {"type": "null"}]}, {"anyOf": {}},
    {"oneOf": [{"type": "integer"}, {"type": "number"}]}, {"allOf": [{"type": "string"}, {}]},
    {"type": "array", "items": {"type": "string"}, "uniqueItems": True},
    {"type": "array", "items": {"enum": ["a", "b"]}, "minItems": 5, "maxItems": 2},
    {"type": "array", "prefixItems": [{"type": "string"}], "items": False},
    {"type": "array", "items": {"type": "array", "items": {"type": "integer"}}},
    {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["b"]},
    {"type": "object", "additionalProperties": {"type": "string"}},
    {"type": "object", "patternProperties": {"(": {}}, "additionalProperties": False},
    {"if": {}, "then": {}, "else": {}}, {"type": "string", "enum": [1]}, {"multipleOf": 0},
    {"type": "number", "multipleOf": 0.01}, {"minimum": "1"}, {"required": "kind"},
    {"properties": []}, {"$schema": "http://json-schema.org/draft-04/schema#"}, {"$id": "a b"},
    {"$dynamicRef": "#x"}, {"contentEncoding": "base64"}, {"x-unknown": 1, "type": "null"},
]  # fmt: skip
EXPRESSIONS = [
    "", "1", "true", "false", "output", "output.kind", "output.kind ==", "output.number[0] == 'x'",
    "size(output.number) > 1", "input.matches('(')", "output.kind.matches('(a+)+$')", "1/0 == 1",
    "has(output.nosuch)", "output.number + 1 == 2", "a.b.c", "[1, 2][5] == 1", "{'a': 1}['b'] == 1",
    "9223372036854775807 + 1 > 0", "timestamp('x') > timestamp('y')", "output.kind in [1]",
    "input == null", "output.number.startsWith(null)", "(" * 200 + "true" + ")" * 200, "!" * 500,
    "[1].map(x, x / 0)[0] == 1", "'\\xff' == 'a'", "b'a' == 'a'", "dyn(1) == 1.0", "type(1) == int",
    "[0].all(x, [0].all(y, x == y))", "output.kind == 'é'", "double('x') > 1.0", "\x00", "\ud83d",
]  # fmt: skip
PARTS = [*TEXTS, *NUMBERS, *SHAPES]


def pick(draw: random.Random) -> Any:
    """Any odd value."""
    return draw.choice(PARTS)


def places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where a value has parts, itself left out."""
    if not isinstance(value, dict | list):
        return []
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    found: list[tuple[Any, ...]] = []
    for key, part in pairs:
        found += [(*at, key), *places(part, (*at, key))]
    return found


def changed(draw: random.Random, value: Any, new: Callable[[], Any]) -> Any:
    """A copy with one part replaced, gone, doubled or under another key."""
    copy = json.loads(json.dumps(value))
    every = places(copy)
    if not every:
        return new()
    *way, key = draw.choice(every)
    node = copy
    for step in way:
        node = node[step]
    match draw.randrange(6):
        case 0:
            del node[key]
        case 1 if isinstance(node, dict):
            node[draw.choice(TEXTS)] = node.pop(key)
        case 1 | 2 if isinstance(node, list):
            node.append(node[key])
        case 2:
            node[draw.choice(TEXTS)] = new()
        case _:
            node[key] = new()
    return copy


def as_text(draw: random.Random, value: Any) -> str:
    """A value as JSON, which may hold NaN and halves of characters."""
    return json.dumps(value, ensure_ascii=draw.random() < 0.5)


def raw(text: str) -> bytes:
    """A text in UTF-8, halves of characters as they would be."""
    return text.encode("utf-8", "surrogatepass")


def changed_bytes(draw: random.Random, data: bytes) -> bytes:
    """Some bytes more, less or other ones."""
    for _ in range(draw.choice([1, 1, 1, 2, 5])):
        here = draw.randrange(len(data) + 1)
        there = min(len(data), here + draw.choice([1, 1, 2, 10, 100]))
        match draw.randrange(8):
            case 0:
                data = data[:here] + data[there:]
            case 1:
                data = data[:there] + data[here:there] + data[there:]
            case 2 | 3 | 4:
                data = data[:here] + draw.choice(TOKENS) + data[here:]
            case 5:
                data = data[:here] + draw.randbytes(there - here) + data[there:]
            case 6:
                data = data[:here]
            case 7:
                data = data.replace(
                    draw.choice([b'"', b",", b"\n", b":", b" "]), draw.choice(TOKENS[:30]), 1
                )
    return data


def encoded_anew(draw: random.Random, data: bytes) -> bytes:
    """The same text in another encoding, or packed."""
    text = data.decode("utf-8", "replace")
    match draw.randrange(5):
        case 0:
            return text.encode(draw.choice(["utf-16", "utf-16-le", "utf-8-sig", "utf-32", "utf-7"]))
        case 1:
            return text.encode(draw.choice(["latin-1", "cp1252", "shift_jis", "ascii"]), "replace")
        case 2:
            return gzip.compress(data, mtime=0)
        case 3:
            return gzip.compress(bytes(2**20), mtime=0) + data[:9]
        case _:
            return data.replace(b"\n", draw.choice([b"\r\n", b"\r", b"\n\n", b"\x0b", b"\xc2\x85"]))


def changed_lines(draw: random.Random, data: bytes) -> bytes:
    """JSON lines of which some rows hold other values."""
    lines = data.decode("utf-8").splitlines()
    for _ in range(draw.choice([1, 1, 2, len(lines)])):
        number = draw.randrange(len(lines))
        try:
            row = json.loads(lines[number])
        except (ValueError, RecursionError):
            continue
        lines[number] = as_text(draw, changed(draw, row, lambda: pick(draw)))
        if draw.random() < 0.1:
            lines[number] = lines[number].replace("{", '{"id": "twice", "input": "twice", ', 1)
    return raw("\n".join(lines) + "\n")


def changed_yaml(draw: random.Random, data: bytes) -> bytes:
    """YAML of which a line has another value, is gone, doubled, or further in."""
    lines = data.decode("utf-8").splitlines()
    for _ in range(draw.choice([1, 1, 2])):
        number = draw.randrange(len(lines))
        line = lines[number]
        match draw.randrange(6):
            case 0:
                del lines[number]
            case 1:
                lines.insert(number, line)
            case 2:
                lines[number] = " " * draw.randrange(1, 5) + line
            case _:
                key, colon, _ = line.partition(": ")
                new = draw.choice(YAML) if draw.random() < 0.7 else json.dumps(pick(draw))
                lines[number] = f"{key}{colon or ': '}{new}"
        if not lines:
            break
    return raw("\n".join(lines) + "\n")
