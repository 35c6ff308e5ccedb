"""Texts of scripts whose letters are told apart by marks: none is lost as another's double."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from dslm.contract.cases.case_groups import folded, group_key
from dslm.contract.text.folding import fold
from dslm.curation.filters.thin_text import thin_text
from dslm.records import Case

HINDI = ["चना", "चीनी", "चूना", "चाय", "चावल", "दाल", "दूध", "दही", "तेल", "आटा", "अदरक", "नमक"]


def case(text: str) -> Case:
    return Case(id="a", input=text)


def test_orders_of_other_things_in_hindi_are_other_texts() -> None:
    texts = {folded(case(f"कृपया 5 किलो {word} भेजिए।")) for word in HINDI}
    assert len(texts) == len(HINDI)


@pytest.mark.parametrize(
    ("left", "right"),
    [("ปา", "ป่า"), ("כָּל", "כל"), ("C++ kurs", "C# kurs"), ("gut 👍", "gut 👎"), ("-5", "5")],
)
def test_texts_that_differ_by_marks_and_signs_are_not_the_same(left: str, right: str) -> None:
    assert folded(case(left)) != folded(case(right))
    assert folded(case(left.upper())) == folded(case(f" {left}!"))


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Mu\u0308ller  AG", "MÜLLER AG"),
        ("Kunde\u200b 7", "Kunde 7"),
        ("٧", "7"),
        ("Straße", "STRASSE"),
    ],
)
def test_spellings_of_a_group_are_one(left: str, right: str) -> None:
    assert group_key(left) == group_key(right)


def test_groups_that_differ_by_marks_or_punctuation_are_two() -> None:
    assert len({group_key(word) for word in (*HINDI, "a-1", "a1", "a 1")}) == len(HINDI) + 3


@pytest.mark.parametrize("text", ["", " ", "!?", "👍👍", "$ + € =", "— … —", "\u200b", "#"])
def test_signs_alone_are_a_thin_text(text: str) -> None:
    assert thin_text([case(text)], 1) != []


@given(st.text(st.characters(categories=["Lu", "Ll", "Lo", "Nd"]), min_size=1, max_size=20))
def test_letters_are_counted(text: str) -> None:
    assume(fold(text) != "")
    assert thin_text([case(f"👍 {text}")], 1) == []


def test_words_of_any_script_are_no_thin_text() -> None:
    assert thin_text([case(word) for word in (*HINDI, "北京", "ปา")], 2) == []
