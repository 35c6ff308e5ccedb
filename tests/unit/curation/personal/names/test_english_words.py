"""Words of English at large stay in other groups' cases; names do not, and nothing does at home."""

from __future__ import annotations

from pathlib import Path

import pytest

from dslm.curation.personal.found_values import Identity
from dslm.curation.personal.known_values.known_values import group_index_of, known_of
from dslm.curation.personal.names.english_words import FILE, english_words, file_of, words_of
from dslm.curation.personal.names.frequent_names import NAMES
from dslm.inference.base_models.base_files import embedded_folder

GROUP = 7
WORDLESS: list[dict[str, int]] = [{}]


def held(*values: tuple[str, str]) -> list[tuple[int | None, list[tuple[Identity, str]]]]:
    return [(GROUP, [(Identity(kind, "", text.casefold()), text)]) for kind, text in values]


def hits(text: str, *values: tuple[str, str]) -> set[str]:
    known = known_of(held(*values), lambda: WORDLESS, 1_000)
    return {one.text for one in known.anywhere(text)}


@pytest.mark.parametrize(
    ("kind", "label", "text"),
    [
        ("name", "musical", "two tickets for the musical"),
        ("company", "musical", "two tickets for the musical"),
        ("company", "Musical Instruments Ltd", "we sell musical instruments and more"),
        ("name", "pudding", "is the pudding vegan?"),
    ],
)
def test_a_word_of_english_stays_where_it_is_nobodys(kind: str, label: str, text: str) -> None:
    assert not hits(text, (kind, label)) & {"musical", "instruments", "pudding"}
    index = group_index_of(frozenset(held((kind, label))[0][1]))
    assert index.findings(text)  # in the cases of its own group it goes


@pytest.mark.parametrize(
    ("kind", "label", "text", "gone"),
    [
        ("name", "katarina", "katarina called", "katarina"),  # a name of no list of ours
        ("name", "peter", "ask peter", "peter"),
        ("name", "Pudding", "mr pudding called", "pudding"),  # labelled as a name is written
        ("company", "Oracle", "from oracle", "oracle"),
        ("company", "Kolbart Musical", "from kolbart", "kolbart"),
        ("company", "Musical Theatre Ltd", "from musical theatre ltd", "musical theatre ltd"),
    ],
)
def test_what_is_somebodys_goes_everywhere(kind: str, label: str, text: str, gone: str) -> None:
    assert gone in hits(text, (kind, label))


def test_a_word_that_is_a_name_somewhere_is_one_everywhere() -> None:
    values = [("name", "pudding"), ("name", "Pudding")]
    for order in (values, values[::-1]):
        assert hits("mr pudding", *order) == {"pudding"}


def test_the_list_has_words_and_no_names() -> None:
    words = english_words()
    assert len(words) > 10_000
    assert not words & NAMES
    assert {"musical", "opera", "plumbing", "instruments"} <= words
    assert not {"katarina", "jesse", "riley", "alexis", "ruth", "vera", "muthuraja"} & words


def test_a_beginning_of_words_and_what_is_written_with_a_capital_are_left_out() -> None:
    words = ("musical", "chrys", "Vera", "vera", "spot", "spots", "the", "peter")
    tokens = [*(f"Ġ{word}" for word in words), "musical"]
    vocabulary = {token: 9_000 + n for n, token in enumerate(tokens)}
    assert words_of(vocabulary) == ["musical", "spot"]


def test_the_file_is_made_again_of_the_bases_vocabulary() -> None:
    tokenizer = embedded_folder("smollm2-135m-instruct") / "tokenizer.json"
    if not Path(tokenizer).is_file():
        pytest.skip("the embedded base is not prepared here")
    assert file_of(tokenizer) == FILE.read_text()
