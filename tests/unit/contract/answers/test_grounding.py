from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from dslm.contract import Contract
from dslm.contract.answers.grounding import grounding, groundings, occurs, ungrounded
from dslm.contract.model.contract_model import Compare
from dslm.contract.text.characters import is_mark
from dslm.contract.text.folding import composed, fold


def contract(mini: Contract, how: str | None, locale: str | None = None) -> Contract:
    compare = {"number": Compare.model_validate({"as": how})} if how else {}
    return mini.model_copy(update={"compare": compare, "locale": locale})


@pytest.mark.parametrize(
    ("how", "value", "text", "there"),
    [
        ("text", "A-17", "order a 17", True),
        ("text", "A-17", "order A-18", False),
        ("text", "A7731", "Rechnung A77311", False),  # a number that lost its last digit
        ("text", "A7731", "A77311, A7731", True),
        ("text", "7731", "A7731", False),
        ("text", "Kranz", "Kranzdruck", False),
        ("text", "Kranz Druck", "KRANZ-DRUCK GmbH", True),
        ("text", "G-229", "Rg.-Nr.:G-229", True),
        ("text", "北京", "寄往北京市", True),  # a script without blanks
        ("text", "서울", "서울에서", True),  # with a particle
        ("text", "กา", "ร้านกาแฟ", True),
        ("text", "กา", "ร้านก้าแฟ", False),  # another tone
        ("text", "चीनी", "5 किलो चना भेजिए", False),
        ("text", "चना", "5 किलो चना भेजिए", True),
        ("text", "चना", "5 किलो चनाक भेजिए", False),
        ("text", "नी", "चीनी", False),
        ("text", "كتاب", "الكتاب", False),
        ("text", "Groß", "GROSS", True),
        ("text", "C", "we write C++ here", False),
        ("text", "C", "we write C here", True),
        ("text", "C++", "in C++.", True),
        ("text", "A", "A+B", True),
        ("text", "5", "-5 degrees", False),
        ("text", "-5", "−5 degrees", True),
        ("text", "12", "12,50 EUR", False),
        ("text", "2024", "on 04.03.2024", True),  # part of a date
        ("text", "30", "at 10:30", True),
        ("text", "10", "10² m", False),
        ("text", "👍", "fine 👍", True),
        ("text", "👎", "fine 👍", False),
        (None, "A-17", "order A-17", True),
        ("decimal", "9.50", "EUR 9,50", True),
        ("decimal", "RM 1,007.50", "TOTAL RM1007.50", True),
        ("decimal", "nine", "nine", False),
        ("decimal", "EUR 5", "5 EUR", True),
        ("decimal", "USD 5", "5 EUR", False),
        ("decimal", "12.50", "1250 EUR", False),
        ("decimal", "-120.50", "-120,50 EUR", True),
        ("decimal", "-120.50", "EUR −120,50", True),
        ("decimal", "-120.50", "credit 120.50-", True),
        ("decimal", "-120.50", "credit (120.50)", True),
        ("decimal", "-120.50", "EUR -120.50", True),
        ("decimal", "-120.50", "120,50", False),
        ("decimal", "120.50", "-120,50 EUR", False),
        ("decimal", "120.50", "credit 120.50-", False),
        ("decimal", -5, "minus −5 units", True),
        ("exact", 1309, "1.309,00 EUR", True),
        (None, 12, "12,50", False),
        (None, 12.5, "12,50", True),
        (None, [1, 2], "2 of 1", True),
        (None, {"n": 7, "to": "Rome"}, "7 to Rome", True),
        (None, {"n": 8, "to": "Rome"}, "7 to Rome", False),
        ("date", "2025-03-04", "am 4.3.2025", True),
        ("date", "2025-03-04", "4 de marzo de 2025", True),
        ("date", "2025-03-04", "2025年3月4日", True),
        ("date", "tomorrow", "tomorrow", False),
        ("set", ["Rome", "Oslo"], "Oslo to Rome", True),
        ("set", ["Rome", "Paris"], "Oslo to Rome", False),
        ("exact", {"to": ["Rome"], "day": None}, "to Rome", True),
        ("exact", {"to": ["Rome"], "day": "Monday"}, "to Rome", False),
        ("text", None, "", True),
        ("text", "", "", True),
        ("text", "!!", "no", False),
        ("text", "12", "ports 1, 2", False),
        ("text", "2 1/2", "The size is 2 1/2.", True),
        ("text", "4711", "Paket 4711 2/3", True),
        ("text", "DN15", 'Kugelhahn DN15 1/2" Messing', True),
        ("text", "Hauptstr. 5, 12345 Ulm", "Hauptstr. 5\n12345 Ulm", True),
        ("text", "Hauptstr. 5 12345 Ulm", "Hauptstr. 5, 12345 Ulm", True),
    ],
)
def test_what_occurs_is_grounded(
    mini: Contract, how: str | None, value: Any, text: str, there: bool
) -> None:
    missing = ungrounded(contract(mini, how), text, {"kind": "order", "number": value})
    assert missing == (() if there else ("number",))


@pytest.mark.parametrize(
    ("how", "value", "text", "found", "readings"),
    [
        ("text", "Nord-Wind", "by Nord-Wind AG", "verbatim", ()),
        ("text", "Nord-Wind", "by NORD WIND", "normalised", ()),
        ("text", "Nord", "by Süd", "missing", ()),
        ("decimal", "1309.00", "1309.00 EUR", "verbatim", ()),
        ("decimal", "1309.00", "1.309,00 EUR", "number", ()),
        ("decimal", "1234", "1.234 EUR", "number", ("1.234", "1234")),
        ("decimal", "-5.10", "total (5.10)", "number", ("-5.1", "5.1")),
        ("decimal", "-5.10", "total -5.10", "verbatim", ()),
        ("decimal", "5.10", "total (5.10) is 5.10", "verbatim", ()),
        ("date", "2025-03-04", "on 2025-03-04", "verbatim", ()),
        ("date", "2025-03-04", "on 4 March 2025", "date", ()),
        ("date", "2025-03-04", "on 03/04/2025", "date", ("2025-03-04", "2025-04-03")),
        (None, 7, "7 pieces", "verbatim", ()),
        (None, ["Rome", 1309], "ROME 1.309,00", "number", ()),
    ],
)
def test_a_grounding_says_how_the_value_was_found(
    mini: Contract, how: str | None, value: Any, text: str, found: str, readings: tuple[str, ...]
) -> None:
    answer = {"kind": "order", "number": value}
    one = groundings(contract(mini, how), text, answer)["number"]
    assert (one.how, one.readings) == (found, readings)
    assert one.ambiguous == bool(readings)


def test_the_locale_decides_what_a_form_means(mini: Contract) -> None:
    text = "1.234 EUR on 03/04/2025"
    german = {"kind": "order", "number": "1234"}
    for how, right, wrong, locale in [
        ("decimal", "1234", "1.2340", "de_DE"), ("decimal", "1.2340", "1234", "en_US"),
        ("date", "2025-04-03", "2025-03-04", "de_DE"),
        ("date", "2025-03-04", "2025-04-03", "en_US"),
    ]:  # fmt: skip
        made = contract(mini, how, locale)
        assert not groundings(made, text, german | {"number": right})["number"].ambiguous
        assert ungrounded(made, text, german | {"number": wrong}) == ("number",)
        undecided = contract(mini, how)
        for value in (right, wrong):
            assert groundings(undecided, text, german | {"number": value})["number"].ambiguous


def test_of_a_list_or_object_the_weakest_leaf_is_named() -> None:
    value = {"to": ["Rome", "oslo"], "n": 1309, "gone": "Paris"}
    found = grounding("text", value, "Rome, Oslo 1.309,00")
    assert (found.how, found.place) == ("missing", ".gone")
    found = grounding("text", {"to": ["Rome", "oslo"]}, "Rome, Oslo")
    assert (found.how, found.place) == ("normalised", ".to[1]")


def test_null_needs_no_ground(mini: Contract) -> None:
    assert groundings(mini, "x", {"kind": "order", "number": None}) == {}


WORDS = st.lists(
    st.text(st.characters(categories=["L", "Mn", "Mc", "Nd", "So", "Sc"]), min_size=1, max_size=6),
    min_size=1, max_size=5,
)  # fmt: skip


@given(WORDS, st.data())
def test_words_of_a_text_are_grounded_in_it(words: list[str], data: st.DataObject) -> None:
    first = data.draw(st.integers(0, len(words) - 1))
    last = data.draw(st.integers(first, len(words) - 1))
    value = " ".join(words[first : last + 1])
    text = " ".join(words)
    starts_with_mark = fold(value) and any(
        word
        and (
            any(map(is_mark, composed(word)[:1]))
            or fold(f"a{word}") != "a" + fold(word)
            or re.match("[\u1160-\u11ff\ud7b0-\ud7fb]", fold(word))
        )  # a vowel of Hangul
        for word in words
    )
    assume(fold(value) and not starts_with_mark)
    assert occurs("text", value, text)


@given(st.text(max_size=30), st.text(max_size=6), st.sampled_from(["text", "decimal", "date"]))
def test_what_is_grounded_is_there_when_folded(text: str, value: str, how: str) -> None:
    found = grounding(how, value, text)
    assert (found.how == "missing") != occurs(how, value, text)
    if how == "text" and found.how != "missing":
        assert fold(value) in fold(text)


@given(st.sampled_from("कखगद"), st.sampled_from("िीुूेैोौा्ं"), st.text("कखगद", max_size=3))
def test_no_word_is_found_that_lacks_a_vowel_sign(letter: str, sign: str, rest: str) -> None:
    assert not occurs("text", letter + rest, f"5 {letter}{sign}{rest} 7")
    assert not occurs("text", letter + sign + rest, f"5 {letter}{rest} 7")


PATTERNS = [(r"^\d+\.\d{2}$", True), (r"^-?\d+\.\d{2}$", False)]


@pytest.mark.parametrize(("pattern", "there"), PATTERNS)
def test_a_number_that_is_never_negative_is_found_behind_a_minus(
    mini: Contract, pattern: str, there: bool
) -> None:
    properties = mini.output["properties"] | {"number": {"type": "string", "pattern": pattern}}
    made = contract(mini, "decimal").model_copy(
        update={"output": mini.output | {"properties": properties}}
    )
    made = Contract.model_validate(made.model_dump(by_alias=True))
    answer = {"kind": "order", "number": "710.69"}
    assert (ungrounded(made, "Gutschrift, Gesamt -710,69 €", answer) == ()) is there
    assert ungrounded(made, "Gutschrift, Gesamt 710,69 €", answer) == ()
    assert ungrounded(made, "Gutschrift, Gesamt -710,70 €", answer) == ("number",)
    bracketed = groundings(made, "seven hundred and ten (€710.69)", answer)["number"]
    assert bracketed.ambiguous is not there  # a bracket may be a minus, where there can be one


def test_what_may_be_negative_in_a_nested_value_keeps_its_sign(mini: Contract) -> None:
    part = {
        "type": "object", "additionalProperties": False, "required": ["net", "count"],
        "properties": {"net": {"type": "number"}, "count": {"type": "integer", "minimum": 0}},
    }  # fmt: skip
    properties = mini.output["properties"] | {"number": part}
    document = mini.model_dump(by_alias=True) | {"compare": {}}
    document["output"] = mini.output | {"properties": properties}
    made = Contract.model_validate(document)
    text = "-7 pieces for -9,50 EUR"
    right = {"kind": "order", "number": {"net": -9.5, "count": 7}}
    assert ungrounded(made, text, right) == ()
    wrong = {"kind": "order", "number": {"net": 9.5, "count": 7}}
    assert groundings(made, text, wrong)["number"].place == ".net"
    assert ungrounded(made, text, wrong) == ("number",)


def test_an_emoji_is_whole_with_its_tone_and_a_flag_with_both_its_letters() -> None:
    assert occurs("text", "👍🏻", "ok 👍🏻!")
    assert not occurs("text", "👍", "ok 👍🏻!")
    assert occurs("text", "🇩🇪", "🇫🇷🇩🇪🇫🇷")
    assert not occurs("text", "🇪🇩", "🇩🇪🇩🇪")
