"""JSON that says one thing: what is doubled, halved or endless is named with its line."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dslm.strict_json import DEEPEST, strict_json

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT
)  # fmt: skip
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner), max_leaves=30
)
LAYOUTS = st.sampled_from([
    {}, {"indent": 2}, {"ensure_ascii": False}, {"separators": (",", ":")},
    {"indent": "\t", "separators": (" ,", " :  ")},
])  # fmt: skip


def refused(text):
    with pytest.raises(ValueError, match=r".+") as error:
        strict_json(text)
    return str(error.value)


@given(VALUES, LAYOUTS)
def test_a_document_without_doubles_is_read_as_by_the_standard_library(value, layout):
    text = json.dumps(value, **layout)
    assert strict_json(text) == json.loads(text) == value
    assert strict_json(f"\n {text}\t\r\n".encode()) == value


@given(st.data(), st.lists(st.booleans(), max_size=6), LAYOUTS)
def test_a_doubled_key_is_found_at_every_depth_and_named(data, nesting, layout):
    key, first, second = data.draw(TEXT), data.draw(VALUES), data.draw(VALUES)
    dumped = [json.dumps(part, **layout) for part in (key, first, key, second)]
    text = "{{{}:{},{}:{}}}".format(*dumped)
    for in_list in nesting:
        other = json.dumps(data.draw(VALUES), **layout)
        text = f"[{other},\n{text}]" if in_list else f'{{"a":{other},"b":{text},"c":1}}'
    assert refused(text).startswith(f"key {key!r} stands twice")


@given(VALUES, st.integers(0, 5), st.integers(0, 5))
def test_the_line_is_that_of_the_second_of_two_keys(value, before, between):
    inner = json.dumps(value, indent=1)
    text = (
        '{"other": ' + inner + "," + "\n" * before + '"twice": ' + inner + ","
        + "\n" * between + '"twice": 1,\n"end": [{"twice": 1}]}'
    )  # fmt: skip
    line = text[: text.rindex('"twice": 1,')].count("\n") + 1
    assert refused(text) == f"key 'twice' stands twice (line {line})"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('{\n"a": 1,\n"b": [{"x": 1}, {"x": 1,\n"x": 2}]\n}', 4),
        ('{"a": "\\"a\\": 1, {",\n "a": 2}', 2),  # the first stands again within a text
        ('{"a": 1,\n "\\u0061": 2}', 2),  # the same key, spelled otherwise
        ('{"a": {"a": {"a": 1}},\n"b": [],\n"a": 0}', 3),
        ('[{"a": 1}, {"a": 2},\n{"b": 1, "c": [[{}]],\n"b": 2}]', 3),
    ],
)
def test_keys_are_told_from_texts_and_from_those_of_other_objects(text, line):
    assert refused(text).endswith(f"stands twice (line {line})")


def test_a_key_in_two_objects_or_in_another_case_is_no_double():
    text = '{"a": {"a": [{"a": 1}, {"a": 2}]}, "A": 1, "\\u00e4": 1, "a\\u0308": 2}'
    assert strict_json(text) == json.loads(text)


def test_one_line_needs_no_number():
    assert refused('{"a": 1, "a": 1}') == "key 'a' stands twice"


@pytest.mark.parametrize("half", ["\\ud83d", "\\uDE00", "\\ud83d\\ud83d", "\\ude00\\ud83d"])
@pytest.mark.parametrize("text", ['"{}"', '{{"{}": 1}}', '{{"a": [{{"b": "x{}y"}}]}}'])
def test_half_of_a_character_is_refused_in_keys_and_values(text, half):
    said = refused(text.format(half))
    assert said.startswith(f"{half[:6].lower()} is half of a character")
    assert "line" not in said


def test_half_of_a_character_is_named_with_its_line():
    assert refused('{"a": "\\ud83d\\ude00",\n"b": "😀",\n"c": "\\ud83d"}').endswith("(line 3)")
    assert refused('{"a": 1,\n"b": "\ud83d"}').endswith("(line 2)")


@given(st.text(st.characters(), max_size=20))
def test_a_text_is_read_where_utf8_can_write_it_and_nowhere_else(text):
    raw = json.dumps(text)  # a pair of halves that stand side by side is one character
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    try:
        text.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeError:
        assert "half of a character" in refused(raw)
    else:
        assert strict_json(raw) == whole


def test_a_backslash_before_a_u_is_no_escape():
    assert strict_json(r'"C:\\ud83d\\users"') == r"C:\ud83d\users"


@pytest.mark.parametrize(
    "number", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999", "9" * 400 + ".5"]
)
def test_what_is_no_number_is_refused(number):
    assert refused(f'{{"a": [{number}]}}').endswith(("is not JSON", "is beyond any number"))


def test_a_whole_number_that_python_will_not_read_is_refused_in_words():
    assert refused("1" * 5000) == "a whole number of too many digits"


@pytest.mark.parametrize("opened", ["[", '{"a":'])
def test_nesting_has_an_end(opened):
    closed = "]" if opened == "[" else "}"

    def nested(depth):
        return opened * (depth - 1) + ("[1]" if opened == "[" else '{"a":1}') + closed * (depth - 1)

    strict_json(nested(DEEPEST))
    for depth in (DEEPEST + 1, 900, 100_000):
        assert refused(nested(depth)) == "nested too deeply"
    wide = "[" + ",".join(["[[]]"] * 500) + "]"
    assert strict_json(wide) == [[[]]] * 500


def test_a_mark_before_the_text_does_not_count():
    assert strict_json(b"\xef\xbb\xbf{}") == strict_json("\ufeff{}") == {}


@pytest.mark.parametrize(
    "text", [b"\xe9", b'{"a": "\xff"}', b"", "", "{", "{'a': 1}", "[1,]", "1 2"]
)
def test_what_is_no_json_is_refused(text):
    refused(text)


@given(st.binary(max_size=40) | st.text(st.sampled_from('{}[]",:\\ud8aéa1eE+-.\n'), max_size=25))
def test_nothing_but_a_value_error_ever_comes_out(given_text):
    try:
        value = strict_json(given_text)
    except ValueError:
        return
    json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
