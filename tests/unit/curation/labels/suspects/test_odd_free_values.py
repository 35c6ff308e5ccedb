"""Free text, lists and parts of objects are doubted where a value is unlike its field."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dslm.curation.labels.suspects import suspects_of
from dslm.curation.labels.suspects.odd_free_values import (
    not_in_input_as_usual,
    of_rare_shape,
    shape,
)
from dslm.records import Case

TEXT = {"type": "string"}


@pytest.fixture(scope="module")
def contract(build_contract):
    plain = build_contract()
    schema = {
        "type": "object", "additionalProperties": False, "required": ["policy", "cities", "who"],
        "properties": {
            "policy": TEXT, "cities": {"type": "array", "items": TEXT},
            "who": {"type": "object", "additionalProperties": False, "required": ["name", "kind"],
                    "properties": {"name": TEXT, "kind": {"enum": ["new", "old"]}}},
        },
    }  # fmt: skip
    document = plain.model_dump(mode="json", by_alias=True, exclude_none=True)
    changes: dict[str, Any] = {"output": schema, "compare": {}, "rules": []}
    return type(plain).model_validate(document | changes)


def cases(count: int = 120) -> list[Case]:
    rng = random.Random(5)
    found = []
    for n in range(count):
        policy, name = (
            f"PK-{rng.randrange(10**5):05d}",
            rng.choice(["Ada Lovelace", "Bo", "Li Wei"]),
        )
        cities = rng.sample(["Oslo", "Bonn", "Lyon", "Graz"], k=rng.randrange(3))
        text = f"policy {policy} for {name}, {' and '.join(cities)} number {n}"
        target = {"policy": policy, "cities": cities,
                  "who": {"name": name, "kind": rng.choice(["new", "old"])}}  # fmt: skip
        found.append(Case(id=f"s-{n:03d}", input=text, target=target, meta={"sender": f"g{n % 9}"}))
    return found


def changed(found: list[Case], place: int, **target: Any) -> list[Case]:
    one = found[place]
    made = one.model_copy(update={"target": (one.target or {}) | target})
    return [*found[:place], made, *found[place + 1 :]]


def test_a_clean_set_has_no_doubts_of_either_kind(contract) -> None:
    assert [*not_in_input_as_usual(contract, cases()), *of_rare_shape(contract, cases())] == []


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [("cities", ["Riga"], "'Riga'"), ("who", {"name": "Eve Nobody", "kind": "new"},
                                             "who.name")],
)  # fmt: skip
def test_a_value_that_is_not_in_the_input_is_doubted_in_lists_and_objects_too(
    contract, field: str, value: Any, said: str
) -> None:
    (one,) = not_in_input_as_usual(contract, changed(cases(), 7, **{field: value}))
    assert (one.id, one.field, one.kind) == ("s-007", field, "not_in_input")
    assert said in one.why


@pytest.mark.parametrize("value", ["PK-1234", "PK 12345", "P-12345", "PK-123456", "PK-1234O"])
def test_an_identifier_of_a_shape_of_its_own_is_doubted(contract, value: str) -> None:
    (one,) = of_rare_shape(contract, changed(cases(), 3, policy=value))
    assert (one.id, one.field, one.kind) == ("s-003", "policy", "rare_shape")
    assert repr(value) in one.why


def test_names_and_a_field_that_is_often_not_in_the_input_have_no_usual_form(contract) -> None:
    found = cases()
    for place in range(0, 120, 3):
        found = changed(found, place, who={"name": f"X{'y' * (place % 17)}", "kind": "new"})
    assert [one for one in not_in_input_as_usual(contract, found) if one.field == "who"] == []
    assert [one for one in of_rare_shape(contract, found) if one.field == "who"] == []


def test_they_are_listed_beside_the_others_in_a_review(contract) -> None:
    found = changed(changed(cases(), 3, policy="PK-1234"), 9, cities=["Riga"])
    kinds = {(one.id, one.kind) for one in suspects_of(contract, found)}
    assert ("s-009", "not_in_input") in kinds
    assert ("s-003", "not_in_input") in kinds or ("s-003", "rare_shape") in kinds


@given(st.text(max_size=20))
def test_a_shape_is_of_the_length_of_its_text_and_a_rough_one_no_longer(text: str) -> None:
    assert len(shape(text, exact=True)) == len(text)
    assert len(shape(text, exact=False)) <= len(text)
    assert shape(shape(text, exact=True), exact=True) == shape(text, exact=True)
