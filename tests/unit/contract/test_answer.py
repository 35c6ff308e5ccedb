from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from llguidance import LLMatcher, LLTokenizer

from dslm.contract import Contract
from dslm.contract.answer import (
    blank,
    canonical_text,
    grammar,
    parse,
    schema_errors,
)
from dslm.contract.canonical import canonical

NESTED: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["slots", "calls"],
    "properties": {
        "slots": {
            "type": "object",
            "additionalProperties": False,
            "properties": {"city": {"type": "string"}, "day": {"type": "string"}},
        },
        "calls": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "properties": {"name": {"type": "string"}, "args": {"type": "integer"}},
            },
        },
    },
}


def accepts(contract: Contract, text: str) -> bool:
    matcher = LLMatcher(LLTokenizer("byte"), grammar(contract.schema))
    tokens = list(text.encode())
    return bool(matcher.try_consume_tokens(tokens) == len(tokens) and matcher.is_accepting())


def test_fields_are_written_in_the_schemas_order_without_blanks(mini: Contract) -> None:
    assert canonical_text(mini, {"number": "Ä-1", "kind": "order"}) == (
        '{"kind":"order","number":"Ä-1"}'
    )


def test_nested_keys_are_written_in_the_schemas_order_too() -> None:
    value = {"calls": [{"args": 1, "name": "x"}], "slots": {"day": "b", "city": "a"}}
    assert json.dumps(canonical(NESTED, value)) == json.dumps(
        {"slots": {"city": "a", "day": "b"}, "calls": [{"name": "x", "args": 1}]}
    )


def test_the_grammar_accepts_what_is_written_nested_or_not(mini: Contract) -> None:
    assert accepts(mini, canonical_text(mini, {"number": None, "kind": "other"}))
    nested = mini.model_copy(update={"output": NESTED})
    value = {"calls": [{"args": 1, "name": "x"}], "slots": {"day": "b", "city": "a"}}
    assert accepts(nested, canonical_text(nested, value))
    assert not accepts(nested, json.dumps(value, separators=(",", ":")))


@pytest.mark.slow
@settings(max_examples=30)
@given(number=st.none() | st.text(max_size=20), kind=st.sampled_from(["order", "other"]))
def test_what_is_written_is_read_back_and_accepted(
    mini: Contract, number: str | None, kind: str
) -> None:
    answer = {"kind": kind, "number": number}
    text = canonical_text(mini, answer)
    assert parse(mini, text) == answer
    assert accepts(mini, text)


@pytest.mark.slow
def test_every_character_that_json_escapes_can_be_written(mini: Contract) -> None:
    for character in (*map(chr, range(0x80)), "\u2028", "\ufeff", "\U0001f600"):
        answer = {"kind": "order", "number": character}
        text = canonical_text(mini, answer)
        assert parse(mini, text) == answer
        assert accepts(mini, text)


def test_what_the_schema_forbids_is_no_answer(mini: Contract) -> None:
    for text in ('{"kind":"order"}', '{"kind":"odd","number":null}', "[]", "null", '{"kind":'):
        assert parse(mini, text) is None


def test_schema_errors_name_the_field(mini: Contract) -> None:
    (error,) = schema_errors(mini, {"kind": "odd", "number": None})
    assert error.startswith("kind: ")


def test_blank_fills_with_null(mini: Contract) -> None:
    assert blank(mini, {"kind": "other"}) == {"kind": "other", "number": None}
