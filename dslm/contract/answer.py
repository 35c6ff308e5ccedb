"""The answer's text form: one canonical JSON per object, and back.

Used to render training targets, to constrain decoding and to parse what was decoded, so that the
three cannot disagree.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from dslm.contract.model import Contract
from dslm.provenance import canonical_json
from dslm.strict_json import strict_json

_LEXER_FUEL = 50_000_000  # about one second


def canonical_text(contract: Contract, answer: Mapping[str, Any]) -> str:
    """An object as the model must write it: the schema's field order, no blanks."""
    ordered = in_schema_order(contract.schema, answer)
    text = json.dumps(ordered, ensure_ascii=False, separators=(",", ":"))
    return text.replace("\x7f", "\\u007f")  # the one character that the grammar wants escaped


def in_schema_order(schema: Mapping[str, Any], value: Any) -> Any:
    """A value with its keys in the schema's order at every depth.

    The grammar allows no other order, so a training target in another one could never be decoded.
    """
    if isinstance(value, Mapping):
        parts = schema.get("properties", {})
        return {k: in_schema_order(parts[k], value[k]) for k in parts if k in value} | {
            k: v for k, v in value.items() if k not in parts
        }
    if isinstance(value, list):
        return [in_schema_order(schema.get("items", {}), item) for item in value]
    return value


def grammar(schema: Mapping[str, Any]) -> str:
    """The llguidance grammar that accepts exactly a schema's objects, without free blanks."""
    from llguidance import LLMatcher

    compact = {"whitespace_flexible": False, "item_separator": ",", "key_separator": ":"}
    return str(LLMatcher.grammar_from_json_schema(dict(schema), overrides=compact))


def grammar_limits() -> Any:
    """Limits for llguidance with room for what `narrowed` lists for one input.

    By its own limit it refuses choices of 8 million letters; with this, 20 million were seen to do.
    """
    from llguidance import LLParserLimits

    return LLParserLimits(initial_lexer_fuel=_LEXER_FUEL)


@lru_cache(maxsize=32)
def _validator(schema: bytes) -> Any:
    import jsonschema_rs

    return jsonschema_rs.validator_for(json.loads(schema))


def schema_errors(contract: Contract, answer: Any) -> list[str]:
    """What makes an object invalid under the contract's schema, each with its field."""
    errors = _validator(canonical_json(contract.schema)).iter_errors(answer)
    return [f"{'.'.join(map(str, e.instance_path)) or 'object'}: {e.message}" for e in errors]


def parse(contract: Contract, text: str) -> dict[str, Any] | None:
    """The object a model wrote, or None where it is not valid under the schema."""
    try:
        answer = strict_json(text)
    except ValueError:
        return None
    if not isinstance(answer, dict) or schema_errors(contract, answer):
        return None
    return answer


def blank(contract: Contract, known: Mapping[str, Any]) -> dict[str, Any]:
    """An object with all fields, those not `known` being null."""
    return {field: known.get(field) for field in contract.fields}
