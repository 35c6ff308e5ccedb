"""Nested answers are taken apart where their parts are fields, and nothing of them is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dslm.curation.sources.mapping.nested_fields import MOST_PARTS, flattened, parts_of, to_flatten
from dslm.curation.sources.mapping.row_mapping import Misfit, to_case

KEYS = st.sampled_from(["a", "b", "c", "a_b"])
PLAIN = (
    st.none() | st.integers(0, 9) | st.text(max_size=3) | st.lists(st.integers(0, 9), max_size=2)
)
INNER = PLAIN | st.dictionaries(KEYS, PLAIN, max_size=2)
TARGETS = st.dictionaries(KEYS, PLAIN | st.dictionaries(KEYS, INNER, max_size=3), max_size=4)


def values(value):
    """Every plain value that is there, whatever it stands in."""
    if isinstance(value, dict):
        return sorted((v for inner in value.values() for v in values(inner)), key=repr)
    return [] if value is None else [value]


@given(st.lists(TARGETS, min_size=1, max_size=5))
def test_what_is_taken_apart_has_one_field_a_part_and_loses_no_value(targets):
    apart = to_flatten(targets)
    keys = dict.fromkeys(key for target in targets for key in target)
    fields = [field for key in keys for field in apart.get(key, (key,))]
    assert len(set(fields)) == len(fields)
    for target in targets:
        flat = flattened(target, fields)
        assert set(flat) <= set(fields)
        assert values(flat) == values(target)
        assert flattened(flat, fields) == flat  # rows that are flat already stay so


def test_an_object_with_many_parts_or_with_a_clash_is_left_whole():
    many = {"slots": {f"s{n}": n for n in range(MOST_PARTS + 1)}}
    assert to_flatten([many]) == {}
    assert to_flatten([{"a": {"b": 1}, "a_b": 2}]) == {}
    assert to_flatten([{"a": {"b": 1}}, {"a": "text"}]) == {}
    assert to_flatten([{"a": {}}]) == {}


def test_a_part_that_is_no_field_is_told_and_not_lost():
    fields = ["a_b"]
    assert flattened({"a": {"b": 1, "c": 2}}, fields) == {"a": {"b": 1, "c": 2}}
    assert dict(parts_of({"b": {"c": 1}}, "a")) == {"a_b_c": 1}


@pytest.fixture(scope="module")
def made(build_contract):
    parts = {"item_kind": {"enum": ["claim", "other", None]},
             "item_amount": {"type": ["string", "null"]}}  # fmt: skip
    schema = {"type": "object", "additionalProperties": False, "required": list(parts),
              "properties": parts}  # fmt: skip
    plain = build_contract()
    document = plain.model_dump(mode="json", by_alias=True, exclude_none=True)
    return type(plain).model_validate(document | {"output": schema, "compare": {}, "rules": []})


@pytest.mark.parametrize(
    ("target", "read"),
    [
        ({"item": {"kind": "claim", "amount": "1"}}, {"item_kind": "claim", "item_amount": "1"}),
        ({"item": {"kind": "claim"}}, {"item_kind": "claim", "item_amount": None}),
        ({"item": {}}, {"item_kind": None, "item_amount": None}),
        ({"item": None}, {"item_kind": None, "item_amount": None}),
        ({"item_kind": "claim", "item_amount": None}, {"item_kind": "claim", "item_amount": None}),
    ],
)
def test_sources_may_be_nested_or_flat(made, target, read):
    case, _ = to_case(made, {"input": "x", "target": target}, made.data.sources[0].columns,
                      textual=False)  # fmt: skip
    assert case.target == read


def test_a_nested_part_that_the_contract_does_not_know_is_a_misfit(made):
    row = {"input": "x", "target": {"item": {"kind": "claim", "colour": "red"}}}
    with pytest.raises(Misfit, match="item"):
        to_case(made, row, made.data.sources[0].columns, textual=False)
