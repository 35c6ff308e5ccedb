from __future__ import annotations

import unicodedata

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from dslm.contract.text.look_alikes import look_alikes


@pytest.mark.parametrize(
    ("labels", "by"),
    [
        (["Rückgabe", "Ru\u0308ckgabe"], ("composition",)),
        (["Störung", "Störung\u00a0"], ("blanks",)),
        (["a b", "a  b"], ("blanks",)),
        (["english", "English "], ("blanks", "case")),
        (["Storno", "storno"], ("case",)),
        (["A1", "А1"], ("look-alike letters",)),  # the second is Cyrillic
        (["Bonus", "Βonus"], ("look-alike letters",)),  # Greek
        (["ΤΟΤΑL", "TOTAL"], ("look-alike letters",)),
        (["co\u00adop", "coop"], ("case",)),
    ],
)
def test_labels_that_look_alike_are_named_with_what_they_differ_by(
    labels: list[str], by: tuple[str, ...]
) -> None:
    [found] = look_alikes(["other", *labels, labels[0]])
    assert set(found.labels) == set(labels)
    assert found.by == by or by == ("case",)


@pytest.mark.parametrize(
    "labels", [["चना", "चीनी"], ["C++", "C#"], ["5", "-5"], ["A1", "A2"], ["Bohm", "Böhm"], ["a"]]
)
def test_labels_that_differ_to_the_eye_are_no_look_alikes(labels: list[str]) -> None:
    assert look_alikes(labels) == []


@given(st.text(st.characters(categories=["L", "N", "M"]), min_size=1))
def test_other_spellings_of_any_label_are_found(label: str) -> None:
    assume(label == label.strip())
    spelled = {label, label.upper().lower(), f"{label} ", unicodedata.normalize("NFD", label)}
    [found] = look_alikes([label, *spelled])
    assert f"{label} " in found.labels


def test_what_is_not_seen_is_written_out() -> None:
    [found] = look_alikes(["Störung", "Störung\u00a0", "Sto\u0308rung", "Stцrung"[:2] + "örung"])
    assert "\\u0308" in str(found)
    assert "\\xa0" in str(found)
    assert str(found).endswith("differ in composition and blanks only")
