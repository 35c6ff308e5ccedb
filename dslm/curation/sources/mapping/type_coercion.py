"""Turns values of other file formats into what the contract's schema asks, where that is obvious.

Takes a schema (one field's, as `decodable_schema` has it, or any that is resolved) and a value;
gives the value, cast at every depth or as it was. A CSV has only text and Parquet has dates and
decimals, so `row_mapping` calls this for every target; what is not obvious is left alone and found
by the schema.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Mapping
from contextlib import suppress
from decimal import Decimal
from typing import Any

from dslm.contract.model.locales import Locale
from dslm.contract.numbers import amount_of
from dslm.contract.schemas.canonical_values import (
    canonical,
    canonical_value,
    item_schema,
    validator,
)
from dslm.provenance import canonical_json
from dslm.strict_json import strict_json

_PADDED = re.compile(r"\s*[+-]?0\d")  # an identifier rather than a number
_TRUTHS = {"true": True, "false": False}  # as pandas and spreadsheets write them: True, TRUE
_NAMES = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array",
          dict: "object", type(None): "null"}  # fmt: skip


def json_type(value: Any) -> str:
    """The JSON Schema type of a value; a Python type's own name for what JSON has no form for."""
    return _NAMES.get(type(value), type(value).__name__)


def as_json(value: Any) -> Any:
    """Dates as ISO 8601, decimals as their digits and bytes of UTF-8 as text; also inside others.

    Other bytes stay, and so do infinite numbers: JSON has no form for them.
    """
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, dt.timedelta):
        return _duration(value)
    if isinstance(value, bytes):
        with suppress(UnicodeDecodeError):
            return value.decode()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, list | tuple):
        return [as_json(item) for item in value]
    if isinstance(value, dict):
        return {str(key): as_json(item) for key, item in value.items()}
    return value


def _duration(span: dt.timedelta) -> str:
    """A span of time as `format: duration` has it: P1DT2H3M4S, P0D for none."""
    minutes, seconds = divmod(abs(span).seconds, 60)
    parts = (f"{n}{unit}" for n, unit in ((minutes // 60, "H"), (minutes % 60, "M")) if n)
    fraction = f".{abs(span).microseconds:06d}".rstrip("0").rstrip(".")
    time = "".join(parts) + (f"{seconds}{fraction}S" if seconds or fraction else "")
    days = f"{abs(span).days}D" if abs(span).days or not time else ""
    return f"{'-' * (span < dt.timedelta(0))}P{days}{'T' * bool(time)}{time}"


def cast(schema: Mapping[str, Any], value: Any, locale: Locale = None) -> Any:
    """A value in a type that a schema allows; one that is allowed already stays.

    Text becomes the number, boolean, list or object that it spells; a number becomes text; a whole
    float becomes an integer; a value that equals a listed one becomes that. Of alternatives the
    first is taken that allows what it casts the value to. Numbers are read as everywhere else, see
    `dslm.contract.numbers`: one that may mean two, or has a currency or a zero before it, stays.

    Args:
        schema: The field's own schema.
        value: What a source holds.
        locale: The contract's; it decides what 1.234 is.

    Raises:
        ValueError: A text spells an object or a list, but not JSON.
    """
    return _cast(schema, as_json(value), locale)


def _cast(schema: Mapping[str, Any], value: Any, locale: Locale) -> Any:
    if options := schema.get("anyOf") or schema.get("oneOf"):
        return _first_that_fits(schema, options, value, locale)
    if "enum" in schema or "const" in schema:
        return _listed(schema.get("enum", [schema.get("const")]), value, locale)
    named = schema.get("type", ())
    types = {named} if isinstance(named, str) else set(named)
    found = _of_type(types, value, locale)
    if isinstance(found, dict):
        parts, rest = schema.get("properties", {}), schema.get("additionalProperties")
        other = rest if isinstance(rest, Mapping) else {}
        return {key: _cast(parts.get(key, other), one, locale) for key, one in found.items()}
    if isinstance(found, list):
        items = enumerate(found)
        return [_cast(item_schema(schema, place), one, locale) for place, one in items]
    return found


def _first_that_fits(
    schema: Mapping[str, Any], options: list[Any], value: Any, locale: Locale
) -> Any:
    if _allows(schema, value):
        return canonical(schema, value)
    for option in options:
        try:
            made = _cast(option, value, locale)
        except ValueError:
            continue
        if _allows(option, made):
            return made
    return value


def _allows(schema: Mapping[str, Any], value: Any) -> bool:
    try:
        return bool(validator(canonical_json(schema)).is_valid(value))
    except ValueError:  # what JSON has no form for, such as an infinite number
        return False


def _listed(values: list[Any], value: Any, locale: Locale) -> Any:
    """The listed value that a value equals or spells, or that spells the value."""
    if (value is None or isinstance(value, str)) and value in values:
        return value
    by_key = {_key(one): one for one in values}
    readings = [value]
    if isinstance(value, str):
        number, text = _number(value, locale), value.strip()
        readings += [text, *([] if number is None else [number]), _read(text)]
        readings += [_TRUTHS[text.lower()]] if text.lower() in _TRUTHS else []
    elif isinstance(value, int | float) and not isinstance(value, bool):
        readings += [str(value), str(canonical_value(value))]
    return next((by_key[_key(one)] for one in readings if _key(one) in by_key), value)


def _key(value: Any) -> str:
    return repr((json_type(made := canonical_value(value)), made))


def _of_type(types: set[str], value: Any, locale: Locale) -> Any:
    """A value in one of some types, its parts as they were; no types are all types."""
    kind = json_type(value)
    whole = isinstance(value, float) and value.is_integer()
    if whole and types & {"integer", "number"}:
        return int(value)
    if not types or kind in types or (kind == "integer" and "number" in types):
        return value
    if isinstance(value, str):
        return _from_text(value.strip(), types, locale)
    if kind in ("integer", "number") and "string" in types:
        return str(canonical_value(value))  # pandas makes 7.0 of 7 where a column has gaps
    return value


def _from_text(text: str, types: set[str], locale: Locale) -> Any:
    found: Any = _number(text, locale) if types & {"integer", "number"} else None
    if found is None and "boolean" in types:
        found = _TRUTHS.get(text.lower())
    if found is None:
        found = _read(text, strictly=bool(types & {"array", "object"}))
    kind = json_type(found)
    fits = kind in types or (kind == "integer" and "number" in types)
    return found if fits and kind != "number" else canonical_value(found) if fits else text


def _number(text: str, locale: Locale) -> int | float | None:
    """The one number that a text is; None for none, and where something of it would be lost."""
    amount = amount_of(text, locale)
    if amount is None or amount.currencies or _PADDED.match(text):
        return None
    number = float(amount.value)
    if not math.isfinite(number) or bool(number) != bool(amount.value):
        return None
    return int(amount.value) if amount.value == amount.value.to_integral_value() else number


def _read(text: str, *, strictly: bool = False) -> Any:
    """The JSON that a text spells, or the text; strictly, what looks like a structure must be."""
    try:
        return strict_json(text)
    except ValueError:
        if strictly and text[:1] in ("{", "["):
            raise
        return text
