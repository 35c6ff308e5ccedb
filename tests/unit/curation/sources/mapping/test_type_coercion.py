import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dslm.curation.sources.mapping.type_coercion import as_json, cast


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (dt.timedelta(days=1, hours=2, minutes=3, seconds=4), "P1DT2H3M4S"),
        (dt.timedelta(seconds=90, microseconds=500_000), "PT1M30.5S"),
        (dt.timedelta(hours=36), "P1DT12H"),
        (dt.timedelta(days=7), "P7D"),
        (dt.timedelta(), "P0D"),
        (-dt.timedelta(minutes=5), "-PT5M"),
        ([b"Gr\xc3\xbc\xc3\x9fe", {"a": b"\xff"}], ["Grüße", {"a": b"\xff"}]),
    ],
)
def test_spans_of_time_and_bytes_of_text_become_text(value, written):
    assert as_json(value) == written


@pytest.mark.parametrize(
    ("schema", "value", "expected"),
    [
        ({"type": "string"}, 12, "12"),
        ({"type": ["string", "null"]}, 12.5, "12.5"),
        ({"type": ["string", "null"]}, 4722.0, "4722"),  # of a column with gaps
        ({"type": "array", "items": {"type": "string"}}, [1e22], ["10000000000000000000000"]),
        ({"type": "string"}, True, True),
        ({"type": ["boolean", "null"]}, "TRUE", True),
        ({"enum": [True, False, None]}, "False", False),
        ({"enum": ["invoice", "other", None]}, "Invoice", "Invoice"),  # never null
        ({"enum": ["0", "19", None]}, "16 %", "16 %"),
        ({"type": "array", "items": {"enum": ["a", None]}}, ["A", None], ["A", None]),
        ({"anyOf": [{"enum": ["a", None]}, {"type": "integer"}]}, "7", 7),
        ({"type": "integer"}, "7", 7),
        ({"type": "integer"}, 7.0, 7),
        ({"type": "integer"}, "7.0", 7),
        ({"type": "integer"}, "7.5", "7.5"),
        ({"type": "number"}, " 7 ", 7),
        ({"type": "number"}, "1.309,00", 1309),
        ({"type": "number"}, "12,50", 12.5),
        ({"type": "number"}, "12,50 EUR", "12,50 EUR"),
        ({"type": "number"}, "1,234", "1,234"),
        ({"type": "number"}, "(12.50)", -12.5),
        ({"type": "integer"}, "−5", -5),
        ({"type": "integer"}, "١٢", 12),
        ({"type": "integer"}, "007", "007"),
        ({"enum": [12.5, 3]}, "12,50", 12.5),
        ({"type": "number"}, "1e999", "1e999"),
        ({"type": "number"}, "nan", "nan"),
        ({"type": "boolean"}, "true", True),
        ({"type": "array"}, '["a"]', ["a"]),
        ({"enum": ["0", "19", None]}, 19, "19"),
        ({"enum": [0, 19]}, "19", 19),
        ({"enum": ["a", "b"]}, "c", "c"),
        ({"const": 3}, "3", 3),
        ({"anyOf": [{"type": "string"}]}, 3, "3"),
        ({"type": "integer"}, float("inf"), float("inf")),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, "12", 12),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, "null", None),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, "x", "x"),
        ({"anyOf": [{"type": "boolean"}, {"type": "null"}]}, "true", True),
        ({"anyOf": [{"type": "integer"}, {"type": "string"}]}, "12", "12"),
        ({"anyOf": [{"type": "integer", "maximum": 9}, {"type": "number"}]}, "12", 12),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, 3.0, 3),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, float("inf"), float("inf")),
        ({"type": "number"}, 3.0, 3),
        ({"type": "number"}, -0.0, 0),
        ({"type": "number"}, "3.0", 3),
        ({"enum": [3, 4.5]}, 3.0, 3),
        ({"enum": [3, 4.5]}, "4.50", 4.5),
        ({"enum": [True, "1"]}, 1, "1"),
        ({"enum": [1, True]}, "true", True),
        ({"enum": ["3", None]}, 3.0, "3"),
    ],
)
def test_only_the_obvious_is_cast(schema, value, expected):
    got = cast(schema, value)
    assert got == expected
    assert type(got) is type(expected)


ADDRESS = {
    "type": "object",
    "properties": {
        "zip": {"type": "integer"},
        "tags": {"type": "array", "items": {"enum": [1, 2]}},
    },
    "required": ["zip"],
}


def test_what_stands_in_objects_and_lists_is_cast_too():
    made = cast({"anyOf": [ADDRESS, {"type": "null"}]}, '{"zip": "10000", "tags": ["1", 2.0]}')
    assert made == {"zip": 10000, "tags": [1, 2]}
    assert [type(v) for v in (made["zip"], *made["tags"])] == [int, int, int]
    rows = {"type": "array", "prefixItems": [{"type": "null"}], "items": ADDRESS}
    assert cast(rows, [None, {"zip": 7.0}]) == [None, {"zip": 7}]
    open_ended = {"type": "object", "additionalProperties": {"type": "integer"}}
    assert cast(open_ended, {"a": "1"}) == {"a": 1}


def test_the_first_alternative_that_allows_what_it_casts_to_is_taken():
    near = {"type": "object", "properties": {"n": {"type": "integer", "maximum": 9}}}
    far = {"type": "object", "properties": {"n": {"type": "number"}}}
    assert cast({"anyOf": [near, far]}, {"n": "12.5"}) == {"n": 12.5}
    assert cast({"anyOf": [near, far]}, {"n": "3"}) == {"n": 3}


def test_a_cell_that_looks_like_an_object_and_is_none_is_told():
    with pytest.raises(ValueError, match="'zip' stands twice"):
        cast(ADDRESS, '{"zip": 1, "zip": 2}')
    assert cast({"type": ["string", "null"]}, "{") == "{"


@pytest.mark.parametrize(
    ("text", "locale", "number"),
    [
        ("1.234", None, 1.234), ("1.234", "de_DE", 1234), ("1,234", "en_US", 1234),
        ("1,234", "de_DE", 1.234), ("1.234,5", "en_US", 1234.5),
    ],
)  # fmt: skip
def test_the_locale_decides_what_a_number_of_a_table_is(text, locale, number):
    assert cast({"type": "number"}, text, locale) == number


@given(
    st.decimals(-(10**9), 10**9, places=2), st.sampled_from(["de_DE", "en_US", "fr_FR", "ar_EG"])
)
def test_a_number_is_cast_as_its_locale_writes_it(number, locale):
    from babel.numbers import format_decimal

    written = format_decimal(number, format="#,##0.00", locale=locale)
    assert cast({"type": "number"}, written, locale) == float(number)
