"""Reads JSON that says one thing: no key twice, no NaN, no half of a character, no endless nesting.

Python's reader keeps the last of two values under one key, takes NaN and infinities, and makes
strings that no UTF-8 can write. Everything here that comes from outside is read by `strict_json`:
sources, gold, labels, answers of a model, registered files. RFC 8259, section 4.
"""

from __future__ import annotations

import itertools
import json
import math
import re
from typing import Any

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]', re.DOTALL)
_HALF = re.compile(r"\\u[dD][89a-fA-F]")  # an escape that may be half of a character


class _DoubledKey(ValueError):
    """A key that stands twice in one object."""

    def __init__(self, key: str):
        self.key = key
        super().__init__(f"key {key!r} stands twice")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise _DoubledKey(key)
            seen.add(key)
    return made


def _constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError(f"{digits} is beyond any number")
    return number


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_constant=_constant, parse_float=_finite
)


def strict_json(text: str | bytes) -> Any:
    """A JSON value.

    Args:
        text: Text, or bytes in UTF-8.

    Raises:
        ValueError: It is not JSON, has a key twice in one object (the message names key and line),
            a number that is none, half of a surrogate pair, or is nested too deeply.
    """
    if isinstance(text, bytes):
        text = text.decode("utf-8-sig")
    try:
        value = _DECODER.decode(text)
    except _DoubledKey as doubled:
        line = _line_of(doubled.key, text)
        place = f" (line {line})" if line > 1 else ""
        raise ValueError(f"{doubled}{place}") from None
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if _HALF.search(text):
        _refuse_half_characters(value)
    return value


def _refuse_half_characters(value: Any) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        half = f"\\u{ord(error.object[error.start]):04x}"
        raise ValueError(
            f"{half} is half of a character (a surrogate without its other half): "
            "the text was cut inside an emoji or the like"
        ) from None


def _line_of(doubled: str, text: str) -> int:
    """The line, from 1, of the first key that its object had before; valid JSON is assumed."""
    open_objects: list[set[str] | None] = []  # None for a list
    tokens = list(_TOKEN.finditer(text))
    for token, following in itertools.pairwise(tokens):
        match token.group():
            case "{":
                open_objects.append(set())
            case "[":
                open_objects.append(None)
            case "}" | "]":
                open_objects.pop()
            case written if following.group() == ":" and (keys := open_objects[-1]) is not None:
                key = json.loads(written)
                if key == doubled and key in keys:
                    return text.count("\n", 0, token.start()) + 1
                keys.add(key)
    return 1
