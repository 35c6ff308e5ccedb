"""Reads JSON that says one thing: no key twice, no NaN, no half of a character, no endless nesting.

Python's reader keeps the last of two values under one key, takes NaN and infinities, and makes
strings that no UTF-8 can write; pydantic's keeps the last value too. Everything that comes from
outside is read by `strict_json`: sources, gold, labels, answers of a model, registered files.
RFC 8259, section 4.
"""

from __future__ import annotations

import itertools
import json
import math
import re
from collections.abc import Callable, Iterable
from typing import Any

DEEPEST = 100  # objects and lists within each other; other readers of JSON end at 128
_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\]:,]', re.DOTALL)
# Escapes one by one, pairs of halves as one; a half without its other half is captured.
_ESCAPE = re.compile(
    r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    r"|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)


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
        raise ValueError(f"{_short(digits)} is beyond any number")
    return number


def _short(digits: str) -> str:
    return digits if len(digits) <= 40 else f"{digits[:20]}… ({len(digits)} characters)"


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_constant=_constant, parse_float=_finite
)
_SCAN: Callable[[str, int], tuple[Any, int]] = vars(_DECODER)["scan_once"]
_PYTHONS = json.JSONDecoder(object_pairs_hook=_object)  # with NaN and Infinity


def _read(text: str) -> Any:
    """As the decoder's own `decode`, which looks for blanks around a value by two searches."""
    try:
        value, end = _SCAN(text, 0)
    except StopIteration:
        return _DECODER.decode(text)
    return value if end == len(text) else _DECODER.decode(text)


def strict_json(text: str | bytes, *, infinite: bool = False) -> Any:
    """A JSON value.

    Args:
        text: Text, or bytes in UTF-8; a byte-order mark before it does not count.
        infinite: Whether it may hold NaN and Infinity, as other programs' settings do.

    Raises:
        ValueError: It is not JSON, has a key twice in one object, a number that is none, half of a
            surrogate pair, or is nested more than `DEEPEST` deep. The message names the line where
            there are several.
    """
    text = _decoded(text) if isinstance(text, bytes) else text.removeprefix("\ufeff")
    try:
        value = _PYTHONS.decode(text) if infinite else _read(text)
    except _DoubledKey as doubled:
        raise ValueError(f"{doubled}{_on_line(_place_of(doubled.key, text), text)}") from None
    except RecursionError:
        raise ValueError("nested too deeply") from None
    except json.JSONDecodeError:
        raise
    except ValueError as error:
        if "int_max_str_digits" in str(error):  # Python reads whole numbers up to 4,300 digits
            raise ValueError("a whole number of too many digits") from None
        raise
    if "\\u" in text or not text.isascii():
        _refuse_half_characters(text)
    if text.count("[") + text.count("{") > DEEPEST:
        _refuse_depth(value)
    return value


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8 (byte {error.object[error.start]:#04x})") from None


def _on_line(place: int, text: str) -> str:
    """Where a fault is, for a text of more than one line."""
    return f" (line {text.count(chr(10), 0, place) + 1})" if "\n" in text.strip() else ""


def _refuse_half_characters(text: str) -> None:
    """Stop at half of a surrogate pair, escaped or as it is; valid JSON is assumed."""
    if lone := next((found for found in _ESCAPE.finditer(text) if found[1]), None):
        place, half = lone.start(), lone[0]
    else:
        try:
            text.encode()
            return
        except UnicodeEncodeError as error:
            place, half = error.start, f"\\u{ord(text[error.start]):04x}"
    raise ValueError(
        f"{half.lower()} is half of a character (a surrogate without its other half): "
        f"the text was cut inside an emoji or the like{_on_line(place, text)}"
    )


def _refuse_depth(value: Any) -> None:
    level: list[Any] = list(_inside([value]))
    for _ in range(DEEPEST):
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return
    raise ValueError("nested too deeply")


def _inside(value: dict[str, Any] | list[Any]) -> Iterable[Any]:
    """The lists and objects in a list or object."""
    inner = value.values() if isinstance(value, dict) else value
    return (one for one in inner if isinstance(one, dict | list))


def _place_of(doubled: str, text: str) -> int:
    """Where a key that its object had before stands; JSON that is valid up to there is assumed."""
    open_objects: list[set[str] | None] = []  # None for a list
    for token, following in itertools.pairwise(_TOKEN.finditer(text)):
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
                    return token.start()
                keys.add(key)
    return 0
