from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dslm.contract.narrowing.copy_positions import copyable
from dslm.contract.text.word_search import _overlapping, stands_folded, stands_verbatim

FEW = st.text("ab", max_size=20)


@given(FEW, FEW.filter(bool))
def test_every_occurrence_is_found_also_where_they_overlap(text: str, value: str) -> None:
    expected = [place for place in range(len(text)) if text.startswith(value, place)]
    assert list(_overlapping(text, value)) == expected


@pytest.mark.parametrize("part", ["a", "1", "½", "ก่", "\u0e33", "1t"])
def test_a_long_value_that_repeats_itself_is_looked_for_in_one_pass(part: str) -> None:
    text = part * (100_000 // len(part))
    value = text[: 50_000 // len(part) * len(part)] + part[0]
    began = time.process_time()
    for stands in (stands_folded, stands_verbatim):
        stands(text, value)
    assert time.process_time() - began < 2  # it took 7 seconds, and the square of the length


def test_flags_in_a_row_are_paired_in_one_pass() -> None:
    text = "\U0001f1e9\U0001f1ea" * 4000
    began = time.process_time()
    assert copyable(text).shortest == 2
    assert stands_folded(text, "\U0001f1e9\U0001f1ea")
    assert not stands_folded(text, "\U0001f1ea\U0001f1e9")
    assert time.process_time() - began < 2  # it took the square of the length: over 12 seconds


@pytest.mark.parametrize(
    ("text", "value", "there"),
    [("0 0 \u1161", "\u1161", True), ("5 ㅋㅋ", "ㅋ", True), ("서울에서", "서울", True),
     ("\u1112\u119e\u11ab글", "\u1112", False),
     ("\u1112\u119e\u11ab글", "\u1112\u119e\u11ab", True), ("a\u1161", "a", True)],
)  # fmt: skip
def test_a_letter_of_hangul_stands_alone_but_not_within_its_syllable(
    text: str, value: str, there: bool
) -> None:
    assert stands_folded(text, value) is there
