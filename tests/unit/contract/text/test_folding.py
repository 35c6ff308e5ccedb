from __future__ import annotations

import re
import sys
import unicodedata

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from support.documents.docs_reader import rows_of

from dslm.contract.text.folding import MEANT, composed, fold, has_letters, placed, separates
from dslm.contract.text.word_search import may_start

IDEOGRAPHS = ("CJK UNIFIED", "HANGUL SYLLABLE", "TANGUT")


def is_listed(char: str) -> bool:
    """Whether a character is assigned, and none of the many ideographs."""
    name = unicodedata.name(char, "")
    return bool(name) and not name.startswith(IDEOGRAPHS)


EVERY = [char for char in map(chr, range(sys.maxunicode + 1)) if is_listed(char)]
ASCII = [chr(code) for code in range(128)]
# One word and another that differs from it in marks or signs only.
DIFFERENT = [
    ("चना", "चीनी"), ("की", "का"), ("จาน", "จ้าน"), ("ปา", "ป่า"), ("שׁ", "שׂ"), ("مُدّ", "مدد"),
    ("কল", "কলা"), ("தமிழ", "தமிழ்"), ("resume", "résumé"), ("C++", "C#"), ("C++", "C"),
    ("C#", "C"), ("👍", "👎"), ("👍", ""), ("👍🏻", "👍🏿"), ("🇩🇪", "🇫🇷"), ("5 €", "5 $"),
    ("$5", "5"),
    ("A&B", "AB"), ("#1", "1"), ("5 %", "5"), ("-5", "5"), ("−5", "5"), ("–5", "5"), ("-$5", "$5"),
    ("12,50", "1250"), ("12,50", "125,0"), ("10:30", "1030"), ("1/2", "12"), ("½", "12"),
    ("1½", "11/2"), ("10²", "102"), (".5", "5"), ("1.234", "1234"), ("120.50-", "120.50"),
    ("1, 2", "12"), ("1; 12", "11; 2"), ("10, 5 mg", "105 mg"), ("12. 50", "1250"), ("3: 1", "31"),
    ("§ 1, 2", "§ 12"), ("1. 12. 2025", "11. 2. 2025"), ("2 1/2", "21/2"), ("1、 2", "12"),
]  # fmt: skip
SAME = [
    ("Smith, Anna", "smith anna"), ("Inc.", "INC"), ("Müller-Lüdenscheidt", "MÜLLER LÜDENSCHEIDT"),
    ("Bo\u0308hm", "Böhm"), ("Straße", "STRASSE"), ("İSTANBUL", "istanbul"), ("ΣΑΣ", "σας"),
    ("O’Brien", "O'Brien"), ("it´s", "its"), ("A-17", "a 17"), ("co\u00adop", "coop"),
    ("-5", "−5"), ("–5", "−5"), ("٣٤", "34"), ("३४", "34"), ("３４", "34"), ("ﬁn", "fin"),
    ("क्\u200dष", "क्ष"), ("❤\ufe0f", "❤"), ("+49 30-1234", "+49 30 1234"), ("(a) b", "a b"),
    ("NO 5, JLN 1A. 53200 KL", "No. 5 Jln 1A, 53200 K.L."), ("«Quai»", "Quai"), ("1 234", "1234"),
    ("2 1/2.", "2 1/2"), ("size 2 3/5,", "Size 2 3/5"),
    ("1, 2", "1; 2"), ("1. 12. 2025", "1., 12.  2025"),
]  # fmt: skip


@pytest.mark.parametrize(("left", "right"), DIFFERENT)
def test_what_carries_meaning_is_kept(left: str, right: str) -> None:
    assert fold(left) != fold(right)


@pytest.mark.parametrize(("left", "right"), SAME)
def test_what_separates_or_is_not_seen_is_folded(left: str, right: str) -> None:
    assert fold(left) == fold(right)


@pytest.mark.parametrize("row", rows_of("Folding"), ids=lambda row: row[0][:40])
def test_the_table_of_folding_is_true(row: tuple[str, ...]) -> None:
    _, alike, apart = row
    for cell, wanted in ((alike, True), (apart, False)):
        for pair in cell.split(" · ") if cell else ():
            left, right = re.findall(r"`+ ?(.*?) ?`+", pair)
            assert (fold(left) == fold(right)) is wanted, pair


def test_every_character_folds_once_and_for_all() -> None:
    assert [char for char in EVERY if fold(fold(char)) != fold(char)] == []


SCRIPTS = st.text(
    st.sampled_from(
        " -–−.,:/'’()5١३²½´\u0301\u0307\u0938\u093f\u0e01\u0e48iİIıſßﬁ각\u1161+#$€&👍\u200d"
    )
    | st.characters(),
    max_size=12,
)


@given(SCRIPTS)
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(SCRIPTS)
def test_case_composition_and_what_is_not_seen_do_not_count(text: str) -> None:
    assume("\u0345" not in unicodedata.normalize("NFD", text))  # moves among marks with its case
    assert fold(unicodedata.normalize("NFD", text)) == fold(unicodedata.normalize("NFC", text))
    assert fold(text.replace("\u200d", "")) == fold(text)


@given(SCRIPTS)
def test_folding_is_what_its_two_steps_say(text: str) -> None:
    seen = placed(composed(text))
    assert fold(text) == "".join(char for char in seen if not separates(char))


@given(st.text(st.sampled_from(ASCII), max_size=30))
def test_ascii_takes_a_quicker_way_to_the_same_end(text: str) -> None:
    # a letter beyond ASCII sends the whole text the long way
    assert fold(f"{text} é") == f"{fold(f'{text} e')[:-1]}é"


@given(st.text(st.characters(categories=["Mn", "Mc"]), min_size=1, max_size=1))
def test_a_mark_on_a_letter_tells_words_apart(mark: str) -> None:
    assume(composed(mark) and mark != "\u0307")  # İ is i
    assert fold(f"a{mark}") != fold("a")


@given(st.text(st.characters(categories=["Sm", "Sc", "So"]), min_size=1, max_size=1))
def test_a_symbol_is_kept(symbol: str) -> None:
    assume(composed(symbol) not in ("", "/"))  # the fraction slash is the slash
    assert fold(f"a {symbol} b") != fold("a b")


@given(st.characters(categories=["Nd"]))
def test_a_digit_of_any_script_is_the_digit(char: str) -> None:
    assert fold(char) == str(unicodedata.decimal(char))


@given(st.characters(categories=["Zs", "Zl", "Zp", "Ps", "Pe", "Pi", "Pf", "Pd", "Pc", "Cc"]))
def test_a_separator_between_words_does_not_count(char: str) -> None:
    assume(not set(unicodedata.normalize("NFKC", char)) & set(MEANT))
    assume(char not in "〜〰")  # written for the tilde
    assert fold(f"Anna{char} Smith") == "annasmith"


@given(SCRIPTS, st.integers(1, 5))
def test_thin_texts_are_those_of_few_letters(text: str, least: int) -> None:
    letters = sum(unicodedata.category(char)[0] in "LMN" for char in fold(text))
    assert has_letters(fold(text), least) == (letters >= least)


def test_signs_and_smileys_are_no_letters() -> None:
    assert not has_letters(fold("👍 !!! $$$ +++"), 1)
    assert has_letters(fold("की"), 2)


POINTS = [
    char for char in map(chr, range(0x10000))
    if unicodedata.category(char) == "Po" and not set(unicodedata.normalize("NFKC", char))
    & set(f"{MEANT}\u066a\"'\u05f3\u05f4\u2017\ufe49\ufe4a\ufe4b\ufe4c \u0305\u0333")
]  # fmt: skip


@given(st.text(st.sampled_from(".,:/;·•、。٫،؛۔।‧!?\\") | st.sampled_from(POINTS), min_size=1,
               max_size=4))  # fmt: skip
def test_points_between_digits_are_kept_and_elsewhere_dropped(points: str) -> None:
    assert fold(f"1{points}5") != fold("15")
    assert fold(f"१{points}५") == fold(f"1{points}5")
    assert fold(f"a{points}b") == "ab"
    assert fold(f"5{points}") == fold("5")
    assert fold(fold(f"1{points}5")) == fold(f"1{points}5")


@given(st.text("a1/:;.,#&%)(!-_' \u0301", max_size=4), st.sampled_from(["5- b", "5-", "5.1- 2"]))
def test_a_trailing_minus_is_one_wherever_a_word_may_start(before: str, number: str) -> None:
    seen = placed(composed(f"{before}{number}"))
    start = len(seen) - len(number)
    if may_start(seen, start):
        assert seen[start:] == placed(composed(number))


def test_blanks_around_a_ratio_do_not_count() -> None:
    assert fold("3 : 1") == fold("3:1")
    assert fold("1 / 2") == fold("1/2")
    assert fold("No 5 / A") == fold("no5a")


@given(st.text("1245 .,:/;·-a|^", max_size=12))
def test_placing_moves_nothing_but_by_noughts(text: str) -> None:
    made = placed(composed(text))
    assert len(made) - len(text) == made.count("0.")
    assert fold(fold(text)) == fold(text)
