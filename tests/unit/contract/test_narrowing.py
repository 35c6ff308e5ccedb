from __future__ import annotations

from typing import Any

import jsonschema_rs
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from llguidance import LLMatcher, LLTokenizer

from dslm.contract import Contract
from dslm.contract.answer import grammar, grammar_limits
from dslm.contract.grounding import ungrounded
from dslm.contract.model import Compare
from dslm.contract.narrowing import MOST_CHOICES, narrowed

CENTS = {"type": "string", "pattern": r"^\d+\.\d{2}$"}
TEXT = {"type": ["string", "null"], "maxLength": 30}


def contract(mini: Contract, part: dict[str, Any], how: str | None = None) -> Contract:
    """`mini`, whose grounded field `number` has another schema and comparator."""
    output = mini.output | {"properties": mini.output["properties"] | {"number": part}}
    compare = {"number": Compare.model_validate({"as": how})} if how else {}
    changes = {"output": output, "compare": compare, "grounded": ["number"]}
    return mini.model_copy(update=changes)


def allowed(made: Contract, text: str, value: Any) -> bool:
    return bool(jsonschema_rs.is_valid(narrowed(made, text)["properties"]["number"], value))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Bill of Specht Holz, net", "Specht Holz"),
        ("DELMAS SARL\nFACTURE", "Delmas SARL"),
        ("DELMAS SARL\nFACTURE", "DELMAS SARL"),
        ("from:\n  Nord \t Wind\n", "Nord Wind"),
        ("by Miller & Sons Inc. of York", "Miller & Sons Inc."),
        ("no=FA-72; du 1", "FA-72"),
        ("発注元は東京商事です", "東京商事"),
    ],
)
def test_words_that_stand_in_a_row_may_be_written(mini: Contract, text: str, value: str) -> None:
    assert allowed(contract(mini, TEXT, "text"), text, value)


@pytest.mark.parametrize(
    "value",
    ["Skepto", "Specht Net", "Specht Ho", "pecht", "A7731", "", "Bill of Specht Holz net 1 2 3"],
)
def test_other_words_and_parts_of_words_may_not(mini: Contract, value: str) -> None:
    assert not allowed(contract(mini, TEXT, "text"), "Bill of Specht Holz, net A77311", value)


@pytest.mark.parametrize(
    ("how", "part", "text", "right", "wrong"),
    [
        ("decimal", CENTS, "1.309,5 EUR", "1309.50", "1309.5"),
        ("decimal", {"type": "string"}, "sum RM 9.00", "RM 9.00", "9.01"),
        ("decimal", {"type": "string"}, "sum 1007.50", "1,007.50", "1007.05"),
        ("date", {"type": "string"}, "le 4 mars 2025", "2025-03-04", "2025-03-05"),
        ("date", {"type": "string"}, "03/04/2025", "2025-03-04", "2025-03-03"),
        ("text", {"type": "string", "pattern": "^[0-9]{4}$"}, "no 1234 and 12345", "1234", "2345"),
        ("text", {"enum": ["EUR", "USD", None]}, "in eur, please", "EUR", "USD"),
    ],
)  # fmt: skip
def test_what_the_input_states_may_be_written_in_the_form_of_the_schema(
    mini: Contract, how: str, part: dict[str, Any], text: str, right: str, wrong: str
) -> None:
    made = contract(mini, part, how)
    assert allowed(made, text, right)
    assert not allowed(made, text, wrong)


def test_null_stays_where_the_contract_allows_it(mini: Contract) -> None:
    assert allowed(contract(mini, TEXT), "", None)
    assert not allowed(contract(mini, {"type": "string"}), "one", None)


def test_lists_and_objects_are_narrowed_inside(mini: Contract) -> None:
    words = contract(mini, {"type": "array", "items": {"type": "string"}}, "list")
    assert allowed(words, "red and blue", ["blue", "red"])
    assert not allowed(words, "red and blue", ["green"])
    person = {"type": "object", "properties": {"name": TEXT, "age": {"type": "integer"}}}
    assert allowed(contract(mini, person), "Ann is here", {"name": "Ann", "age": 7})
    assert not allowed(contract(mini, person), "Ann is here", {"name": "Bob", "age": 7})


@pytest.mark.parametrize(
    ("part", "text"),
    [
        ({"type": "number"}, "7"),  # how a number is written is not the schema's to say
        ({"type": "string"}, ""),  # nothing to copy, and null is no way out
        ({"type": ["string", "null"]}, " ".join(f"w{n}" for n in range(MOST_CHOICES // 10))),
    ],
)
def test_a_field_that_cannot_be_narrowed_keeps_its_schema(
    mini: Contract, part: dict[str, Any], text: str
) -> None:
    made = contract(mini, part)
    assert narrowed(made, text) == made.output


@pytest.mark.slow
@pytest.mark.parametrize("longest", [100, 200, 2000])
def test_the_worst_input_still_compiles(mini: Contract, longest: int) -> None:
    words = [f"{n}{'abcdefghij' * 9}" for n in range(3000)]  # no two spans share a start
    text, fields = " ".join(words), [f"f{n}" for n in range(6)]
    part = {"type": "string", "maxLength": longest}
    made = contract(mini, part).model_copy(
        update={
            "output": {
                "type": "object",
                "properties": {name: part if n else CENTS for n, name in enumerate(fields)},
                "required": fields,
                "additionalProperties": False,
            },
            "grounded": fields,
            "compare": {"f0": Compare.model_validate({"as": "decimal"})},
        }
    )
    schema = narrowed(made, f"{text} 7.50")
    matcher = LLMatcher(LLTokenizer("byte"), grammar(schema), limits=grammar_limits())
    assert not matcher.is_error(), matcher.get_error()
    assert matcher.consume_tokens(list(b'{"f0":"7.50","f1":"'))


def test_fields_that_are_not_grounded_keep_theirs(mini: Contract) -> None:
    made = contract(mini, TEXT).model_copy(update={"grounded": []})
    assert narrowed(made, "x y") == made.output


@given(st.text(max_size=60))
@example("10000000000000000000000000001")  # more digits than decimal's context keeps
def test_every_choice_is_grounded(mini: Contract, text: str) -> None:
    for how, part in (
        ("text", TEXT),
        ("decimal", {"type": "string"}),
        ("date", {"type": "string"}),
    ):
        made = contract(mini, part, how)
        for choice in narrowed(made, text)["properties"]["number"].get("enum", []):
            assert not ungrounded(made, text, {"kind": "order", "number": choice}), (how, choice)


@pytest.mark.slow
@given(
    st.lists(st.text("abcXYZ019-äß.", min_size=1, max_size=6), min_size=1, max_size=6), st.data()
)
def test_every_run_of_words_is_a_choice(mini: Contract, words: list[str], data: Any) -> None:
    whole = [w for w in words if w[0].isalnum() and w[-1].isalnum()]
    if whole:
        first = data.draw(st.integers(0, len(whole) - 1))
        wanted = " ".join(whole[first : data.draw(st.integers(first + 1, len(whole)))])
        made = contract(mini, {"type": "string"}, "text")
        assert allowed(made, "\n".join(whole), wanted)
