from __future__ import annotations

import json
from typing import Any

from support.repositories.small_repository import write_lines

from dslm.checking.check_workflow import prove
from dslm.checking.finding import Finding
from dslm.settings.workspace import Workspace


def change(ws: Workspace, old: str, new: str) -> None:
    text = ws.contract.read_text()
    assert text.count(old) == 1, old
    ws.contract.write_text(text.replace(old, new))


def number_is(ws: Workspace, values: dict[int, tuple[str, str]]) -> None:
    """Give gold cases another number, and an input that may state it."""
    cases: list[dict[str, Any]] = [json.loads(line) for line in ws.gold.read_text().splitlines()]
    for place, (number, text) in values.items():
        cases[place]["target"] |= {"kind": "order", "number": number}
        cases[place]["input"] = text
    write_lines(ws.gold, cases)


def warnings(ws: Workspace, proof: str = "labels") -> list[Finding]:
    return [f for f in prove(ws) if f.kind == "warn" and f.proof == proof]


def test_enum_values_that_look_alike_are_warned_of(repository: Workspace) -> None:
    change(repository, "kind: {enum: [order, other]}", 'kind: {enum: [order, other, "Order "]}')
    [found] = warnings(repository)
    assert "'order', 'Order ' differ in blanks and case only" in found.message
    assert str(found.where).endswith("output.properties.kind")


def test_gold_labels_that_look_alike_are_warned_of_with_their_row(repository: Workspace) -> None:
    change(repository, "number: {as: text}", "number: {as: exact}")
    number_is(repository, {1: ("A-77", "A-77"), 2: ("a-77", "a-77")})
    [found] = warnings(repository)
    assert "labels of number" in found.message
    assert "case only" in found.message
    assert str(found.where).endswith("gold.jsonl: case g-002")


def test_labels_that_the_comparator_folds_are_no_look_alikes(repository: Workspace) -> None:
    number_is(repository, {1: ("A-77", "A-77"), 2: ("a-77", "a-77")})
    assert warnings(repository) == []
    number_is(repository, {1: ("A-77", "A-77"), 2: ("А-77", "А-77")})  # a Cyrillic letter
    [found] = warnings(repository)
    assert "look-alike letters only" in found.message
    assert "\\u0410" in found.message


def test_an_ambiguous_label_is_told_with_both_readings(repository: Workspace) -> None:
    change(repository, "number: {as: text}", "number: {as: decimal}")
    number_is(repository, {1: ("1,234", "EUR 1,234")})
    told = [f for f in warnings(repository) if "may be" in f.message]
    assert [f.message for f in told] == [
        "number: '1,234' may be 1.234 or 1234, so it is compared exactly"
    ]
    assert "locale" in str(told[0].fix)
    change(repository, "version: 1", "version: 1\nlocale: de_DE")
    assert [f for f in warnings(repository) if "may be" in f.message] == []


def test_a_value_in_an_ambiguous_form_of_the_input_is_told(repository: Workspace) -> None:
    change(repository, "number: {as: text}", "number: {as: date}")
    number_is(repository, {1: ("2025-03-04", "order of 03/04/2025")})
    found = [f for f in warnings(repository, "gold.readings") if "is ambiguous" in f.message]
    assert "(2025-03-04 or 2025-04-03)" in found[0].message
    assert "locale" in str(found[0].fix)
    change(repository, "version: 1", "version: 1\nlocale: en_US")
    found = [f for f in warnings(repository, "gold.readings") if "is ambiguous" in f.message]
    assert found == []
