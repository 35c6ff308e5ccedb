"""Whether the decoding grammar would ever write an answer: asked of the grammar itself.

Takes an answer that the schema allows; gives what the grammar will not write, by field. Called by
`canonical_answer` for every gold and every curated target, so that no label is learnt or scored
that no answer could equal.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from dslm.contract.schemas.canonical_values import written
from dslm.contract.schemas.decodable_schema import Decodable
from dslm.errors import InputError

_LEXER_FUEL = 50_000_000  # about one second; of one token, and before the first
_LONGEST_SHOWN = 60


def grammar_of(schema: Mapping[str, Any]) -> str:
    """The llguidance grammar of a schema in its narrower form, without free blanks."""
    from llguidance import LLMatcher

    compact = {"whitespace_flexible": False, "item_separator": ",", "key_separator": ":"}
    return str(LLMatcher.grammar_from_json_schema(dict(schema), overrides=compact))


def grammar_limits() -> Any:
    """Limits for llguidance with room for what `narrowed` allows for one input.

    By its own limits it gives up a copy from 500 words at the first token of it.
    """
    from llguidance import LLParserLimits

    return LLParserLimits(initial_lexer_fuel=_LEXER_FUEL, step_lexer_fuel=_LEXER_FUEL)


def never_written(form: Decodable, made: Mapping[str, Any]) -> list[str]:
    """What of a valid answer in canonical form the grammar would never write, by field.

    An object's grammar is those of its fields in a row, so that each is asked about by itself:
    an amount or a date that was there before need not be asked about again.
    """
    return [
        f"{field}: the decoding grammar never writes {_short(text)}"
        for field, key in _asked(form.key)
        if not accepts(key, text := written(made[field]))
    ]


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"


@lru_cache(maxsize=20_000)
def accepts(key: str, text: str) -> bool:
    """Whether the grammar of a schema, given as JSON, accepts a text from end to end."""
    matcher, data = _matcher(key).deep_copy(), text.encode()
    return bool(matcher.try_consume_tokens(list(data)) == len(data) and matcher.is_accepting())


def uncompiled(key: str) -> str | None:
    """Why there is no grammar of a schema, given as JSON; None where there is one."""
    try:
        _matcher(key)
    except InputError as error:
        return error.what
    return None


@lru_cache(maxsize=64)
def _matcher(key: str) -> Any:
    """A matcher of bytes at its start.

    Raises:
        InputError: The schema does not compile.
    """
    from llguidance import LLMatcher, LLTokenizer

    try:
        made = LLMatcher(LLTokenizer("byte"), grammar_of(json.loads(key)), limits=grammar_limits())
        fault = made.get_error() if made.is_error() else None
    except ValueError as error:
        fault = str(error)
    if fault:
        raise InputError(
            f"output does not compile: {' '.join(fault.split())}", fix="correct `output`"
        )
    return made


@lru_cache(maxsize=64)
def _asked(key: str) -> tuple[tuple[str, str], ...]:
    """The fields whose values have to be asked about, each with its schema as JSON."""
    parts = json.loads(key)["properties"].items()
    return tuple((f, json.dumps(p, ensure_ascii=False)) for f, p in parts if not _is_plain(p))


_PLAIN = frozenset({"type", "enum", "minLength", "maxLength", "properties", "required", "items",
                    "additionalProperties", "anyOf"})  # fmt: skip


def _is_plain(schema: Mapping[str, Any]) -> bool:
    """Whether all that a schema allows is surely written: no patterns, ranges or free objects.

    Labels and plain texts of a million targets need not be asked about; a test holds that the
    grammar writes each.
    """
    if not schema.keys() <= _PLAIN:
        return False
    if "enum" in schema:
        return all(value is None or isinstance(value, str | bool) for value in schema["enum"])
    if "anyOf" in schema:
        return all(map(_is_plain, schema["anyOf"]))
    kinds = schema.get("type", ["object"])
    kinds = {kinds} if isinstance(kinds, str) else set(kinds)
    if "object" in kinds and schema.get("additionalProperties") is not False:
        return False
    if "array" in kinds and not (isinstance(schema.get("items"), Mapping)):
        return False
    inner = [*schema.get("properties", {}).values()]
    return all(map(_is_plain, [*inner, schema["items"]] if "items" in schema else inner))
