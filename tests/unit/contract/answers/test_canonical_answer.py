from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from llguidance import LLMatcher, LLTokenizer

from dslm.contract import Contract
from dslm.contract.answers.canonical_answer import (
    blank,
    canonical_text,
    grammar,
    parse,
    schema_errors,
    undecodable,
)
from dslm.contract.schemas.canonical_values import canonical

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


@pytest.mark.parametrize("more", [
    {"anyOf": [{"minProperties": 1}, {"maxProperties": 2}]},
    {"enum": [{"kind": "order", "number": None}]},
    {"oneOf": [{}, {"required": ["zz"]}]}, {"minProperties": 2}, {"if": {}, "then": {}},
], ids=str)  # fmt: skip
def test_a_registered_contract_that_could_not_be_written_today_still_reads_answers(
    mini: Contract, more: dict[str, Any]
) -> None:
    old = Contract.model_validate(
        mini.model_dump(mode="json", by_alias=True) | {"output": mini.output | more}
    )
    assert undecodable(old)
    assert old.fields == ("kind", "number")
    assert parse(old, '{"kind":"order","number":null}') == {"kind": "order", "number": None}
    assert parse(old, '{"kind":"odd","number":null}') is None


def test_a_key_that_stands_twice_is_no_answer(mini: Contract) -> None:
    assert parse(mini, '{"kind":"order","kind":"other","number":null}') is None


def test_numbers_are_read_and_written_in_one_form(mini: Contract) -> None:
    parts = {"n": {"type": "integer"}, "x": {"type": "number"}, "e": {"enum": [3, 4.5]}}
    output = {"type": "object", "additionalProperties": False, "required": [*parts],
              "properties": parts}  # fmt: skip
    made = mini.model_copy(update={"output": output})
    answer = {"e": 3.0, "x": 1e-7, "n": -0.0}
    assert canonical_text(made, answer) == '{"n":0,"x":0.0000001,"e":3}'
    read = parse(made, '{"n":3.0,"x":2.50,"e":3.0}')
    assert read == {"n": 3, "x": 2.5, "e": 3}
    assert [type(value) for value in (read or {}).values()] == [int, float, int]


def test_what_no_alternative_allows_is_told_by_the_one_of_its_type(mini: Contract) -> None:
    day = {"anyOf": [{"type": "null"}, {"type": "string", "format": "date"}]}
    inner = {"type": "object", "properties": {"day": day}, "required": ["day"]}
    output = {"type": "object", "additionalProperties": False, "required": ["a"],
              "properties": {"a": {"anyOf": [inner, {"type": "null"}]}}}  # fmt: skip
    made = mini.model_copy(update={"output": output})
    assert schema_errors(made, {"a": {"day": "x"}}) == ["a.day: \"x\" is not of the format 'date'"]
    (error,) = schema_errors(made, {"a": 3})
    assert error.startswith("a: 3 is not valid under any of the schemas")
