from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from llguidance import LLMatcher
from support.curation.grammar_walks import BYTES, accepted, allowed, answer_text, contract, walk

from dslm.contract import Contract
from dslm.contract.answers.canonical_answer import grammar, grammar_limits, schema_errors
from dslm.contract.answers.grounding import ungrounded
from dslm.contract.narrowing import limits, narrowed
from dslm.contract.narrowing.held_schema import MOST_LISTED
from dslm.contract.narrowing.stated_values import amount_texts

CENTS = {"type": "string", "pattern": r"^\d+\.\d{2}$"}
TEXT = {"type": ["string", "null"], "maxLength": 30}
STRING = {"type": "string"}


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
        ("मात्रा: 5 किलो चीनी", "चीनी"),
        ("الكمية ٥ من السكر الأبيض", "السكر الأبيض"),
        ('the "Old Mill" of C:\\dir', 'the "Old Mill" of C:\\dir'),
        ("ﬁne", "fine"),  # as grounding composes it
        ("ﬁne", "ﬁne"),  # as it stands
        ("（株）東京", "株）東京"),
        ("straße", "STRASSE"),
        ("we write C++ and C#", "C++"),
        ("minus -5 degrees", "-5"),
        ("the 👍🏽 of all", "👍🏽"),
        ("서울에서 만나요", "서울"),
        ("10² is", "10²"),
        ("only .5 litres", ".5"),
    ],
)
def test_words_that_stand_in_a_row_may_be_written(mini: Contract, text: str, value: str) -> None:
    assert allowed(contract(mini, TEXT, "text"), text, value)


@pytest.mark.parametrize(
    "value",
    ["Skepto", "Specht Net", "Specht Ho", "pecht", "A7731", "", " Bill", "Holz,",
     "Bill of Specht Holz net 1 2 3"],
)  # fmt: skip
def test_other_words_and_parts_of_words_may_not(mini: Contract, value: str) -> None:
    assert not allowed(contract(mini, TEXT, "text"), "Bill of Specht Holz, net A77311", value)


@pytest.mark.parametrize(
    ("text", "value"),
    [("चीनी", "च"), ("น้ำ", "น"), ("e\u0301x", "ex"), ("x\u0302", "x"), ("பூ", "ப"), ("C++ it", "C"),
     ("at -5", "5"), ("12,50 EUR", "12"), ("السكر", "سكر")],
)  # fmt: skip
def test_a_word_a_sign_or_a_number_is_never_parted(mini: Contract, text: str, value: str) -> None:
    assert not allowed(contract(mini, STRING, "text"), text, value)


def test_no_copy_reaches_across_a_control_character(mini: Contract) -> None:
    made = contract(mini, STRING, "text")
    assert allowed(made, "one\x01two", "two")
    assert not allowed(made, "one\x01two", "one\x01two")


@pytest.mark.parametrize(
    ("how", "part", "text", "right", "wrong"),
    [
        ("decimal", CENTS, "1.309,5 EUR", "1309.50", "1309.5"),
        ("decimal", STRING, "sum RM 9.00", "RM 9.00", "9.01"),
        ("decimal", STRING, "sum 1007.50", "1,007.50", "1007.05"),
        ("date", STRING, "le 4 mars 2025", "2025-03-04", "2025-03-05"),
        ("date", STRING, "03/04/2025", "2025-03-04", "2025-03-03"),
        ("text", {"type": "string", "pattern": "^[0-9]{4}$"}, "no 1234 and 12345", "1234", "2345"),
        ("text", {"type": "string", "pattern": "[0-9]"}, "no 1234 and x", "no 1234", "and x"),
        ("text", {"type": "string", "minLength": 5}, "no 1234", "no 1234", "1234"),
        ("text", {"enum": ["EUR", "USD", None]}, "in eur, please", "EUR", "USD"),
        ("text", {"type": "string", "format": "email"}, "<me@host.example>, you", "me@host.example",
         "host"),
        ("text", {"type": "string", "format": "date"}, "on 2025-03-04, 7 am", "2025-03-04", "7"),
        (None, {"type": "integer"}, "send 1.309 of 12", 1309, 1308),
        (None, {"type": ["integer", "null"]}, "send 1.309 of 12", None, 7),
        (None, {"type": "integer", "minimum": 100}, "send 1.309 of 12", 1309, 12),
        (None, {"type": "number"}, "weighs 12,5 kg", 12.5, 12.6),
        (None, {"type": "number"}, "weighs 12 kg", 12.0, 12.6),
        ("decimal", {"type": ["number", "null"]}, "1 309,50 EUR", 1309.5, 1309.05),
        ("text", {"type": ["string", "integer"]}, "order A-7", "A-7", 8),
        ("list", {"type": "array", "items": {"type": "integer"}}, "7, 8 or 9", [9, 7], [6]),
        ("list", {"type": "array", "items": STRING, "maxItems": 2}, "a b c", ["b", "a"],
         ["a", "b", "c"]),
        ("list", {"type": "array", "items": STRING, "minItems": 2}, "a b c", ["b", "a"], ["a"]),
        (None, {"anyOf": [{"type": "integer"}, {"type": "null"}]}, "one 1", 1, 2),
        (None, {"anyOf": [TEXT, {"type": "integer"}]}, "one 1", "one", 2),
    ],
)  # fmt: skip
def test_what_the_input_states_may_be_written_in_the_form_of_the_schema(
    mini: Contract, how: str | None, part: dict[str, Any], text: str, right: Any, wrong: Any
) -> None:
    made = contract(mini, part, how)
    assert allowed(made, text, right)
    assert not allowed(made, text, wrong)


def test_null_stays_where_the_contract_allows_it(mini: Contract) -> None:
    assert allowed(contract(mini, TEXT), "", None)
    assert not allowed(contract(mini, STRING), "one", None)


def test_lists_and_objects_are_narrowed_inside(mini: Contract) -> None:
    words = contract(mini, {"type": "array", "items": STRING}, "list")
    assert allowed(words, "red and blue", ["blue", "red"])
    assert not allowed(words, "red and blue", ["green"])
    person = {"type": "object", "properties": {"name": TEXT, "age": {"type": "integer"}}}
    made = contract(mini, person)
    assert allowed(made, "Ann is here, 7", {"name": "Ann", "age": 7})
    assert allowed(made, "Ann is here, 7", {"age": 7})
    assert not allowed(made, "Ann is here, 7", {"name": "Bob", "age": 7})
    assert not allowed(made, "Ann is here, 7", {"name": "Ann", "age": 8})


def test_models_as_pydantic_writes_them_are_narrowed_inside(mini: Contract) -> None:
    line = {
        "type": "object",
        "additionalProperties": False,
        "required": ["item", "count"],
        "properties": {"item": {"title": "Item", **STRING}, "count": {"type": "integer"}},
    }
    part = {"anyOf": [{"type": "array", "items": {"$ref": "#/$defs/Line"}}, {"type": "null"}]}
    made = contract(mini, part, "list")
    made = made.model_copy(update={"output": made.output | {"$defs": {"Line": line}}})
    assert allowed(made, "7 red pens", [{"item": "red pens", "count": 7}])
    assert not allowed(made, "7 red pens", [{"item": "red pens", "count": 8}])
    assert allowed(made, "7 red pens", None)
    assert not limits(made).open
    assert not limits(made).closed


@pytest.mark.parametrize(
    ("part", "text"),
    [
        ({"type": "number"}, "none"),
        (STRING, ""),
        ({"type": "string", "pattern": "^[0-9]{9}$"}, "no 12"),
        ({"type": "string", "minLength": 9}, "no 12"),
        ({"type": "array", "items": STRING, "minItems": 1}, "!"),
    ],
)
def test_a_field_that_the_input_has_nothing_for_keeps_its_schema_and_says_so(
    mini: Contract, part: dict[str, Any], text: str
) -> None:
    found = narrowed(made := contract(mini, part), text)
    assert found.grammar == grammar(made.schema)
    assert found.kept == {"number": "the input has nothing for it, and it must not be null"}


def test_a_field_with_too_many_values_keeps_its_schema_and_says_so(mini: Contract) -> None:
    text = " ".join(map(str, range(MOST_LISTED + 2)))
    found = narrowed(contract(mini, {"type": "integer"}), text)
    assert found.kept == {"number": "the input states more than 20,000 values for it"}


@pytest.mark.parametrize(
    ("part", "place", "why"),
    [
        ({"type": "boolean"}, "number", "true or false"),
        ({"type": "object"}, "number", "any keys"),
        ({"type": "array"}, "number", "anything"),
        ({}, "number", "any type"),
        ({"type": "string", "pattern": "x^a"}, "number", "pattern"),
        ({"type": "array", "prefixItems": [STRING]}, "number", "`prefixItems`"),
        ({"type": "array", "items": {"type": "boolean"}}, "number[]", "true or false"),
        ({"type": "object", "properties": {"paid": {"type": "boolean"}, "by": STRING}},
         "number.paid", "true or false"),
        ({"type": ["string", "null"], "not": {"const": "x"}}, "number", "`not`"),
    ],
)  # fmt: skip
def test_a_part_that_no_input_can_hold_is_named_with_the_reason(
    mini: Contract, part: dict[str, Any], place: str, why: str
) -> None:
    made = contract(mini, part)
    assert why in limits(made).open[place]
    assert limits(made).open == narrowed(made, "x 7").kept


def test_keys_that_a_schema_does_not_name_are_never_written_which_is_said(mini: Contract) -> None:
    made = contract(mini, {"type": "object", "properties": {"by": STRING}})
    assert limits(made).closed == {"number": "may have keys that its schema does not name"}
    assert not allowed(made, "x y", {"by": "x", "to": "y"})


def test_fields_that_are_not_grounded_keep_theirs(mini: Contract) -> None:
    made = contract(mini, TEXT).model_copy(update={"grounded": []})
    assert narrowed(made, "x y").grammar == grammar(made.schema)


@pytest.mark.parametrize(
    "text",
    [
        " ".join(f"word{n}" for n in range(10_000)),
        "東京" * 10_000,
        "서울" * 10_000,
        "a-" * 10_000 + "a",
        "x" * 100_000,
        "1." * 5_000 + "1",
        "e\u0301" * 20_000,
        "a\x01b " * 10_000,
    ],
    ids=["words", "han", "hangul", "hyphens", "one word", "points", "marks", "controls"],
)
def test_a_long_input_is_narrowed_to_the_end(mini: Contract, text: str) -> None:
    made = contract(mini, {"type": "string", "maxLength": 120}, "text")
    found = narrowed(made, f"{text} ends HERE.")
    assert found.kept == {}
    matcher = LLMatcher(BYTES, found.grammar, limits=grammar_limits())
    assert matcher.consume_tokens(list(answer_text("ends here.").encode())), matcher.get_error()
    assert not accepted(found.grammar, answer_text("begins here"))


@pytest.mark.timeout(20)
@pytest.mark.parametrize("unit", ["1", "1,", "1.", "1'", "-1", "€1"])
def test_a_long_run_of_digits_takes_no_square_of_its_length(mini: Contract, unit: str) -> None:
    made = contract(mini, CENTS, "decimal")
    text = f"{unit * 10_000} ends with 12.50 EUR."
    assert accepted(narrowed(made, text).grammar, answer_text("12.50"))


LEAVES = st.sampled_from([
    STRING, TEXT, {"type": "string", "minLength": 2, "maxLength": 9}, {"type": "integer"},
    {"type": "number", "minimum": 1}, {"type": ["integer", "string", "null"]}, CENTS,
    {"type": "string", "pattern": "^[^ ]+$"}, {"enum": ["red", "12", None, 7]}, {"const": "red"},
    {"type": "boolean"}, {"type": "string", "format": "date"}, {"type": "string", "pattern": "a|7"},
    {"type": "null"}, {"type": "integer", "multipleOf": 5},
])  # fmt: skip


def _wider(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    some = st.integers(0, 3)
    rows = st.builds(
        lambda item, a, b: {"type": "array", "items": item, "minItems": a, "maxItems": a + b},
        inner, some, some,
    )  # fmt: skip
    objects = st.builds(
        lambda parts, needed: {
            "type": "object", "properties": parts, "additionalProperties": False,
            "required": [key for key in parts if key in needed],
        },
        st.dictionaries(st.sampled_from(["a", "b", 'ü"', "d"]), inner, min_size=1, max_size=4),
        st.sets(st.sampled_from(["a", "b", 'ü"', "d"])),
    )  # fmt: skip
    either = st.lists(inner, min_size=1, max_size=3).map(lambda found: {"anyOf": found})
    return rows | objects | either


PARTS = st.recursive(LEAVES, _wider, max_leaves=5)
PIECES = st.sampled_from([
    " ", "\n", "-", ".", '"', "\\", ", ", "\x01", "\x7f", "´", "red", "Red", "12", "7", "1.309,50",
    "2025-03-04", "4 mars 2025", "चीनी", "東京", "น้ำ", "السكر", "e\u0301", "ı", "ß", "ﬁ", "ΟΔΟΣ",
    "👍🏽", "C++", "#", "a@b.example", "DELMAS", "/", "\u200d", "−5", "(5)",
])  # fmt: skip
INPUTS = st.lists(PIECES, max_size=12).map("".join) | st.text(
    st.characters(exclude_categories=["Cs"]), max_size=40
)
HOWS = st.sampled_from([None, "text", "decimal", "date", "list", "set"])


@given(PARTS, INPUTS, HOWS, st.integers(0, 1 << 30))
def test_whatever_the_narrowed_grammar_accepts_the_contract_accepts_and_the_input_grounds(
    mini: Contract, part: dict[str, Any], text: str, how: str | None, seed: int
) -> None:
    made = contract(mini, part, how)
    found = narrowed(made, text)
    written = walk(found.grammar, seed)
    assume(written is not None and json.loads(written)["kind"] == "order")
    assert written is not None
    assert accepted(grammar(made.schema), written)
    answer = json.loads(written)
    assert not schema_errors(made, answer)
    if not found.kept:
        assert not ungrounded(made, text, answer)


@given(st.text(max_size=60))
@example("10000000000000000000000000001")  # more digits than decimal's context keeps
@example("ı")  # whose capital is another letter
def test_every_choice_is_grounded(mini: Contract, text: str) -> None:
    for how, part in (("text", TEXT), ("decimal", STRING), ("date", STRING)):
        made = contract(mini, part, how)
        found = narrowed(made, text)
        for seed in range(0 if found.kept else 5):
            if written := walk(found.grammar, seed):
                assert not ungrounded(made, text, json.loads(written)), (how, written)


@given(
    st.lists(st.text("abcXYZ019-äß.東", min_size=1, max_size=6), min_size=1, max_size=6), st.data()
)
def test_every_run_of_words_is_a_choice(mini: Contract, words: list[str], data: Any) -> None:
    whole = [w for w in words if w[0].isalnum() and w[-1].isalnum()]
    assume(whole)
    first = data.draw(st.integers(0, len(whole) - 1))
    wanted = " ".join(whole[first : data.draw(st.integers(first + 1, len(whole)))])
    made = contract(mini, STRING, "text")
    for spelt in (wanted, wanted.upper(), wanted.lower()):
        assert allowed(made, "\n".join(whole), spelt)


@pytest.mark.parametrize(
    "form",
    ["R$ 12,50", "-R$ 12,50", "R$ -12,50", "US$ 5.00", "CA$5", "CAD$5", "CAD $5.00", "U.S. $5",
     "HK$ 5", "-\u20ac5.00", "-EUR 5", "5 $ US", "5 $ CAD", "SEK kr 5", "CNY\u00a55", "(5.00)",
     "5.00-", "1.234,-", "EUR 5", "5 \u20ac", "$(5.00)", "5,00 R$", "5 US$", "5 CAD$", "$5.00 CAD",
     "1 234,50 EUR", "kr 1 234", "\u20135,00 \u20ac", "\u22125 \u20ac", "EUR \u20135",
     "5 \u062f.\u0625", "\u062c.\u0645. 5"],
)  # fmt: skip
def test_an_amount_may_be_copied_as_it_stands(mini: Contract, form: str) -> None:
    made = contract(mini, {"type": "string", "maxLength": 20}, "decimal")
    assert allowed(made, f"Total: {form} due", form)
    assert not allowed(made, f"Total: {form} due", form.replace("5", "6").replace("1", "7"))


@pytest.mark.parametrize("unit", ["12\u00a0\u00a0", "1..", "$ 1 ", "a.b.c.1 "])
def test_rows_of_numbers_take_no_square_of_their_length(unit: str) -> None:
    began = time.process_time()
    found = list(amount_texts(unit * 4000, None, lambda form: len(form) <= 20))
    assert time.process_time() - began < 10  # 12 of two no-break blanks took over a minute
    assert unit.strip("\u00a0. $abc") in found
