from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from dslm.contract.dates.date_text import date_text, fold


@given(st.text())
def test_every_folded_character_knows_where_it_stood(text: str) -> None:
    folded = date_text(text)
    places = range(len(text)) if folded.places is None else folded.places
    assert len(places) == len(folded.text)
    assert [fold(text[place]) for place in places] == list(folded.text)


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text(st.characters(max_codepoint=0x24F)))
def test_how_accents_are_encoded_does_not_count(text: str) -> None:
    assert fold(unicodedata.normalize("NFD", text)) == fold(unicodedata.normalize("NFC", text))


def test_case_accents_width_and_direction_do_not_count() -> None:
    assert fold("İŞUBAT ıI Łódź ２５\u00a0\u200f‐–") == "isubat ii lodz 25 --"
