"""Whether the decoding grammar would ever write an answer: asked of the grammar itself.

Takes an answer that the schema allows; gives what the grammar will not write, by field. Called by
`answer` for every gold and every curated target, so that no label is learnt or scored that no
answer could equal.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from dslm.contract.canonical import written
from dslm.contract.decodable import Decodable

_LEXER_FUEL = 50_000_000  # about one second
_LONGEST_SHOWN = 60


def grammar_of(schema: Mapping[str, Any]) -> str:
    """The llguidance grammar of a schema in its narrower form, without free blanks."""
    from llguidance import LLMatcher

    compact = {"whitespace_flexible": False, "item_separator": ",", "key_separator": ":"}
    return str(LLMatcher.grammar_from_json_schema(dict(schema), overrides=compact))


def grammar_limits() -> Any:
    """Limits for llguidance with room for what `narrowed` lists for one input.

    By its own limit it refuses choices of 8 million letters; with this, 20 million were seen to do.
    """
    from llguidance import LLParserLimits

    return LLParserLimits(initial_lexer_fuel=_LEXER_FUEL)


def never_written(form: Decodable, made: Mapping[str, Any]) -> list[str]:
    """What of a valid answer in canonical form the grammar would never write, by field."""
    if _always_written(form.key):
        return []
    if accepts(form.key, written(made)):
        return []
    found = [
        f"{field}: the decoding grammar never writes {_short(written(made[field]))}"
        for field, part in form.schema["properties"].items()
        if not accepts(json.dumps(part, ensure_ascii=False), written(made[field]))
    ]
    return found or [f"object: the decoding grammar never writes {_short(written(made))}"]


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"


@lru_cache(maxsize=20_000)
def accepts(key: str, text: str) -> bool:
    """Whether the grammar of a schema, given as JSON, accepts a text from end to end."""
    matcher, data = _matcher(key).deep_copy(), text.encode()
    return bool(matcher.try_consume_tokens(list(data)) == len(data) and matcher.is_accepting())


@lru_cache(maxsize=64)
def _matcher(key: str) -> Any:
    """A matcher of bytes at its start.

    Raises:
        ValueError: The schema does not compile.
    """
    from llguidance import LLMatcher, LLTokenizer

    made = LLMatcher(LLTokenizer("byte"), grammar_of(json.loads(key)), limits=grammar_limits())
    if made.is_error():
        raise ValueError(" ".join(made.get_error().split()))
    return made


@lru_cache(maxsize=64)
def _always_written(key: str) -> bool:
    """Whether all that a schema allows is surely written: no patterns, ranges or free objects.

    A million targets of labels and plain texts need not be asked about one by one; a test holds
    that the grammar accepts each.
    """
    return _plain(json.loads(key))


_PLAIN = frozenset({"type", "enum", "minLength", "maxLength", "properties", "required", "items",
                    "additionalProperties", "anyOf"})  # fmt: skip


def _plain(schema: Mapping[str, Any]) -> bool:
    if not schema.keys() <= _PLAIN:
        return False
    if "enum" in schema:
        return all(value is None or isinstance(value, str | bool) for value in schema["enum"])
    if "anyOf" in schema:
        return all(map(_plain, schema["anyOf"]))
    kinds = schema.get("type", ["object"])
    kinds = {kinds} if isinstance(kinds, str) else set(kinds)
    if "object" in kinds and schema.get("additionalProperties") is not False:
        return False
    if "array" in kinds and not (isinstance(schema.get("items"), Mapping)):
        return False
    inner = [*schema.get("properties", {}).values()]
    return all(map(_plain, [*inner, schema["items"]] if "items" in schema else inner))
