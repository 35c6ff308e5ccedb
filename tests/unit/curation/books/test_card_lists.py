"""The data card tells of lists and nested objects, item by item and part by part."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.curation.sample_data_card import REACH

from dslm.curation.answer_fields import card_fields
from dslm.curation.books.data_card_numbers import make_data_card
from dslm.curation.books.part_statistics import PartCounts, counted
from dslm.data_card import DataCard, Reach
from dslm.records import Case

TEXT = {"type": "string"}
SCHEMA = {
    "type": "object", "additionalProperties": False,
    "required": ["kind", "tags", "notes", "order"],
    "properties": {
        "kind": {"enum": ["a", "b"]},
        "tags": {"type": "array", "items": {"enum": ["red", "blue"]}},
        "notes": {"anyOf": [{"type": "array", "items": TEXT}, {"type": "null"}]},
        "order": {
            "type": ["object", "null"], "additionalProperties": False, "required": [],
            "properties": {
                "state": {"enum": ["open", "shut"]}, "number": TEXT,
                "lines": {"type": "array", "items": {
                    "type": "object", "additionalProperties": False, "required": ["sku"],
                    "properties": {"sku": TEXT, "size": {"enum": ["S", "L"]}},
                }},
            },
        },
    },
}  # fmt: skip
SIZE = {"size": st.sampled_from(["S", "L"])}
LINES = st.lists(st.fixed_dictionaries({"sku": st.text(max_size=3)}, optional=SIZE), max_size=3)
ORDERS = st.none() | st.fixed_dictionaries({}, optional={
    "state": st.sampled_from(["open", "shut"]), "number": st.text(max_size=3), "lines": LINES,
})  # fmt: skip
TARGETS = st.fixed_dictionaries({
    "kind": st.sampled_from(["a", "b"]),
    "tags": st.lists(st.sampled_from(["red", "blue"]), max_size=3),
    "notes": st.none() | st.lists(st.text(max_size=3), max_size=3), "order": ORDERS,
})  # fmt: skip


@pytest.fixture(scope="module")
def nested(build_contract):
    plain = build_contract()
    document = plain.model_dump(mode="json", by_alias=True, exclude_none=True)
    changes: dict[str, Any] = {"output": SCHEMA, "compare": {}, "rules": []}
    return type(plain).model_validate(document | changes)


def cases(targets: list[dict[str, Any]]) -> list[Case]:
    return [
        Case(id=f"s-{n:03d}", input=f"text {n}", target=t, meta={"sender": f"s{n}"})
        for n, t in enumerate(targets)
    ]


def counts(contract, targets) -> PartCounts:
    return counted(contract, cases(targets))


def test_every_part_of_an_answer_is_told_under_its_own_name(nested) -> None:
    assert [(field.name, field.kind) for field in card_fields(nested)] == [
        ("kind", "label"), ("tags", "list"), ("notes", "list"), ("order.state", "label"),
        ("order.number", "open"), ("order.lines", "list"), ("order.lines[].sku", "list"),
        ("order.lines[].size", "list"),
    ]  # fmt: skip


@given(st.lists(TARGETS, min_size=1, max_size=8))
def test_counts_are_those_of_a_reader_with_a_pencil(nested, targets) -> None:
    found = counts(nested, targets)
    orders = [t["order"] or {} for t in targets]
    lines = [line for order in orders for line in order.get("lines") or []]
    tags, notes = found.lists["tags",], found.lists["notes",]
    assert tags.empty == sum(t["tags"] == [] for t in targets)
    assert tags.values == Counter(json.dumps(x) for t in targets for x in t["tags"])
    assert (notes.null, notes.empty) == (
        sum(t["notes"] is None for t in targets), sum(t["notes"] == [] for t in targets),
    )  # fmt: skip
    assert sum(notes.sizes.values()) == len(targets) - notes.null
    assert notes.items.lengths == Counter(len(x) for t in targets for x in t["notes"] or [])
    states = found.labels["order", "state"]
    assert states["null"] == sum("state" not in order for order in orders)
    assert sum(states.values()) == len(targets)
    assert found.open["order", "number"].null == sum("number" not in order for order in orders)
    assert found.lists["order", "lines"].null == sum("lines" not in order for order in orders)
    sizes = found.lists["order", "lines", "[]", "size"].values or Counter()
    assert sizes == Counter(json.dumps(line.get("size")) for line in lines)


def test_a_card_of_lists_reconciles_and_one_that_does_not_cannot_be_made(nested, tmp_path) -> None:
    targets = [
        {"kind": "a", "tags": ["red"] * (n % 3), "notes": None if n % 2 else ["x" * n],
         "order": {"lines": [{"sku": f"k{n}"}]} if n % 4 else None}
        for n in range(12)
    ]  # fmt: skip
    made = cases(targets)
    for place, name in enumerate(("train", "validation", "calibration")):
        lines = (case.model_dump_json() for case in made[place::3])
        (tmp_path / f"{name}.jsonl").write_text("".join(f"{line}\n" for line in lines))
    (tmp_path / "contradictions.jsonl").write_text("")
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "a.jsonl").write_text("{}\n")
    book = {
        "read": 12, "rejected": 0, "dropped": {}, "leakage": {"compared": 12, "found": {}},
        "groups": {"train": 4, "validation": 4, "calibration": 4},
        "sources": {"sources/a.jsonl": {"read": 12, "kept": 12, "dropped": 0, "rejected": 0}},
    }  # fmt: skip
    (tmp_path / "ledger.json").write_text(json.dumps(book))
    card = make_data_card(nested, tmp_path, tmp_path, made[:3], {}, Reach.model_validate(REACH))
    tags, notes = card.lists[0], card.lists[1]
    assert tags.parts["train"].empty == 4  # every third case
    assert tags.values is not None
    assert [v.value for v in tags.values.values] == ["red", "blue"]
    assert notes.values is None  # free text is counted, never quoted
    assert notes.parts["train"].per_case is not None
    whole = card.model_dump()
    whole["lists"][0]["parts"]["train"]["items"] += 1
    with pytest.raises(ValueError, match="tags: items do not add up"):
        DataCard.model_validate(whole)
    del whole["lists"]
    assert DataCard.model_validate(whole).lists == ()  # a card of before


def test_names_that_meet_are_counted_apart(build_contract) -> None:
    plain = build_contract()
    inner = {"type": "object", "required": ["b"], "additionalProperties": False,
             "properties": {"b": TEXT}}  # fmt: skip
    schema = {"type": "object", "additionalProperties": False, "required": ["a", "a.b"],
              "properties": {"a": inner, "a.b": TEXT}}  # fmt: skip
    document = plain.model_dump(mode="json", by_alias=True, exclude_none=True)
    changes: dict[str, Any] = {"output": schema, "compare": {}, "rules": []}
    contract = type(plain).model_validate(document | changes)
    found = counts(contract, [{"a": {"b": "x"}, "a.b": "long"}])
    assert found.open["a", "b"].lengths == Counter([1])
    assert found.open["a.b",].lengths == Counter([4])
