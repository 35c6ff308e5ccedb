from __future__ import annotations

import json
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dslm.contract.schemas.canonical_values import canonical_value, written
from dslm.contract.schemas.grammar_acceptance import accepts, uncompiled
from dslm.contract.schemas.numeric_ranges import numeric_ranges


@pytest.mark.parametrize(
    ("asked", "whole", "made"),
    [
        ({}, False, [{}]),
        ({"minimum": 0.5, "exclusiveMaximum": 3}, True, [{"minimum": 1, "maximum": 2}]),
        ({"exclusiveMinimum": 0.5, "maximum": 2.5}, True, [{"minimum": 1, "maximum": 2}]),
        ({"minimum": 0, "exclusiveMinimum": 0}, False, [{"exclusiveMinimum": 0}]),
        ({"minimum": 1.0, "exclusiveMinimum": 0}, False, [{"minimum": 1}]),
        ({"maximum": 7.48}, False, [{"maximum": 7.48}, {"maximum": 7.4}]),
        ({"minimum": 7.48}, False, [{"minimum": 7.48}]),
        ({"minimum": 0, "multipleOf": 0.01}, False, [{"minimum": 0, "multipleOf": 0.01}]),
        ({"multipleOf": 0.5}, True, [{}]),
        ({"multipleOf": 3.0}, True, [{"multipleOf": 3}]),
    ],
)
def test_a_range_has_one_tight_form(
    asked: dict[str, Any], whole: bool, made: list[dict[str, Any]]
) -> None:
    assert numeric_ranges(asked, whole=whole) == made


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"minimum": 2, "maximum": 1}, "no number is in the range"),
        ({"minimum": 1, "exclusiveMaximum": 1}, "no number is in the range"),
        ({"maximum": 1e22}, "beyond what can be counted"),
        ({"minimum": 1e-9}, "beyond what can be counted"),
        ({"exclusiveMinimum": 0, "maximum": 0.5}, "write `minimum` and `maximum`"),
        ({"multipleOf": 0.25}, "cannot be held"),
        ({"multipleOf": 5000}, "cannot be held"),
    ],
)
def test_what_digits_cannot_count_is_told(asked: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        numeric_ranges(asked, whole=False)


_BOUND = st.one_of(
    st.integers(-200, 200),
    st.integers(-(10**15), 10**15),
    st.tuples(st.integers(-(10**6), 10**6), st.integers(0, 6)).map(lambda p: p[0] / 10 ** p[1]),
)
_KEYS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
_ASKED = st.dictionaries(st.sampled_from(_KEYS), _BOUND, min_size=1, max_size=3)
_STEP = st.none() | st.sampled_from([1, 2, 7, 10, 100, 1000, 0.1, 0.2, 0.5, 0.01, 0.05, 0.001])


def near(asked: dict[str, float], step: float | None) -> list[Any]:
    """Numbers around the bounds, and beginnings of them."""
    found: set[float] = {0, 1, -1, 0.5}
    for bound in asked.values():
        for places in range(6):
            begun = int(bound * 10**places) / 10**places
            found |= {round(begun + n / 10**places, places) for n in (-1, 0, 1)}
    if step:
        found |= {round(step * n, 6) for n in (-3, -1, 1, 2, 15)}
    return [canonical_value(number) for number in found]


@pytest.mark.slow
@settings(max_examples=100)
@given(_ASKED, _STEP, st.booleans())
def test_validator_and_grammar_count_alike(
    asked: dict[str, float], step: float | None, whole: bool
) -> None:
    plain: dict[str, Any] = {"type": "integer" if whole else "number", **asked}
    plain |= {} if step is None else {"multipleOf": step}
    try:
        ranges = numeric_ranges({k: plain[k] for k in plain if k != "type"}, whole=whole)
    except ValueError:
        return
    key = json.dumps({"anyOf": [{"type": plain["type"], **one} for one in ranges]})
    if fault := uncompiled(key):
        assert "Unsatisfiable" in fault  # no multiple is in the range
        return
    before = jsonschema_rs.Draft202012Validator(plain)
    after = jsonschema_rs.Draft202012Validator(json.loads(key))
    for number in near(asked, step):
        assert after.is_valid(number) == before.is_valid(number)
        assert accepts(key, written(number)) == after.is_valid(number), number
