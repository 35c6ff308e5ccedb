"""Comparators that keep values apart, and notes on labels that may be misread."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from dslm.contract.answers.field_equality import equal
from dslm.contract.model.contract_model import Compare
from dslm.scaffolding.proposed_comparators import comparator
from dslm.scaffolding.schema_inference import infer
from dslm.scaffolding.value_notes import rare_fields, value_notes


def proposed(values: list[Any]) -> Compare:
    schema = infer([(f"text of {value}", value) for value in values], "field")
    return Compare.model_validate({"as": comparator(schema, values) or "exact"})


@pytest.mark.parametrize(
    ("values", "how"),
    [
        ([f"{n},{n % 90 + 10}" for n in range(12, 40)], "decimal"),
        ([str(n - 20) for n in range(40)], "decimal"),
        ([f"EUR {n}.50" for n in range(40)], "decimal"),
        ([f"{n}.{n + 100},50 €" for n in range(1, 40)], "decimal"),
        ([f"({n},50)" for n in range(1, 40)], "decimal"),
        ([f"{n % 28 + 1}.3.20{n + 10}" for n in range(1, 40)], "date"),
        ([f"{n % 28 + 1} de marzo de 20{n + 10}" for n in range(1, 40)], "date"),
        ([f"00{n}" for n in range(40)], "text"),  # a number of something
        ([f"2025{n:04}" for n in range(1101, 1130)], "text"),
        ([f"A-{n}" for n in range(40)], "text"),
        (["चना " + str(n) for n in range(40)], "text"),
    ],
)
def test_the_comparator_fits_the_notation(values: list[str], how: str) -> None:
    assert proposed(values).how == how


@pytest.mark.parametrize(
    ("values", "left", "right"),
    [
        (["12,50", "85,14", "24,61"] * 2 + [f"{n},75" for n in range(30)], "12,50", "1250"),
        (["12,50", "85,14", "24,61"] * 2 + [f"{n},75" for n in range(30)], "12,50", "125,0"),
        ([str(n - 15) for n in range(30)], "-5", "5"),
        ([f"−{n}" for n in range(30)], "−5", "5"),
        ([f"{n}-" for n in range(30)], "5-", "5"),
        ([f"{n}.{n + 100}" for n in range(30)], "1.101", "1.1011"),
        (["1", "-1"] * 20, "-1", "1"),
        (["C++", "C#", "C"] * 20 + [f"lang {n}" for n in range(30)], "C++", "C#"),
    ],
)
def test_the_proposed_comparator_tells_values_apart(
    values: list[str], left: str, right: str
) -> None:
    assert not equal(proposed(values), left, right)


@pytest.mark.parametrize(
    "labels",
    [
        ["0017", "17", "n/a", *(f"{n:04}" for n in range(100, 130))],
        ["1.1", "1.10", *(f"2.{n}" for n in range(30))],
        ["04.03", "4.03", *(f"{n:02}.01" for n in range(1, 30))],
        ["1e3", "1000", *(f"{n}e2" for n in range(30))],
        ["R5", "R05", *(f"R{n}" for n in range(10, 40))],
        ["2025-03-04 10:15", "2025-03-04 18:30", *(f"2025-03-{n:02}T10:00" for n in range(1, 30))],
        ["4.3.2025, 10:15 Uhr", "4.3.2025, 18:30 Uhr", *(f"{n}.3.2025" for n in range(5, 32))],
        ["A+", "A-", "A", *(f"B{n}" for n in range(30))],
        ["1-2", "12", "3–5", "35", *(f"x{n}" for n in range(30))],
        ["1(2)", "12", "6'2\"", "62", *(f"x{n}" for n in range(30))],
        ["!", "?", "-", "", *(f"x{n}" for n in range(30))],
        [[1, 2], [2, 1], [1, 2, 2]],
    ],
)
def test_no_proposal_makes_labels_of_the_sample_one_that_differ(labels: list[Any]) -> None:
    how = proposed(labels)
    for left, right in itertools.combinations(labels, 2):
        assert not equal(how, left, right), (left, right)


@pytest.mark.parametrize(
    ("labels", "how"),
    [
        (["1 000", "12 000,50", *(f"{n},50" for n in range(30))], "decimal"),
        (["0.50", "0,5", *(f"{n}.50" for n in range(30))], "decimal"),
        (["2025-03-04T00:00:00", *(f"{n}.3.2025" for n in range(1, 30))], "date"),
        (["Müller-Lüdenscheidt", "Müller Lüdenscheidt", *(f"x {n}" for n in range(30))], "text"),
        ([["a", "b"], ["b", "a"]], "set"),
        ([[1, 2], [3, 4]], "set"),
    ],
)
def test_notations_of_one_thing_stay_one(labels: list[Any], how: str) -> None:
    assert proposed(labels).how == how


def test_a_form_that_may_mean_two_numbers_is_asked_about() -> None:
    [note] = value_notes({"sum": "decimal"}, {"sum": ["1,234", "12,50", "2,000"]})
    assert note.startswith("sum: '1,234' may be 1.234 or 1234 (2 of 3 values are so)")
    assert "locale" in note
    [note] = value_notes({"day": "date"}, {"day": ["03/04/2025", "13/04/2025"]})
    assert "'03/04/2025' may be 2025-03-04 or 2025-04-03 (1 of 2" in note
    assert list(value_notes({"sum": "decimal"}, {"sum": ["12,50", "1.234,50"]})) == []


def test_labels_in_several_spellings_are_noted() -> None:
    labels = ["Rückgabe", "Ru\u0308ckgabe", "rückgabe", "Rückgabe ", "Störung", "Störung\u00a0"]
    notes = list(value_notes({}, {"label": labels, "tags": [["a", "A"], ["b"]]}))
    assert len(notes) == 3
    assert "differ in composition, blanks and case only" in notes[0]
    assert "'Störung\\xa0'" in notes[1]
    assert notes[2] == "tags: 'a', 'A' differ in case only: are they one label?"


def test_labels_that_differ_are_not_noted() -> None:
    values = {"label": ["चना", "चीनी", "C++", "C#"], "n": [1, 2], "x": []}
    assert list(value_notes({}, values)) == []


def test_a_point_is_asked_about_where_other_labels_have_a_decimal_comma() -> None:
    [note] = value_notes({"sum": "decimal"}, {"sum": ["1.234", "12,50", "2.000", "12.5"]})
    assert note.startswith("sum: '1.234' is read as it is in JSON")
    assert "(2 labels are so)" in note
    assert "locale" in note
    assert list(value_notes({"sum": "decimal"}, {"sum": ["1.234", "12.50", "1,234.50"]})) == []
    assert list(value_notes({"n": "decimal"}, {"n": [1.234, 12.5]})) == []


def test_fields_that_hardly_any_case_has_are_named_together() -> None:
    values = {"name": ["x"] * 400, "offer": ["y"] * 3, "reason": ["z"] * 14, "date": ["d"] * 15}
    (note,) = rare_fields(values, 500)
    assert note.startswith("offer (3), reason (14): fewer than 15 of 500 cases")
    assert list(rare_fields({"name": ["x"] * 4}, 4)) == []
