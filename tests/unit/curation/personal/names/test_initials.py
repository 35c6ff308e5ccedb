"""A letter beside a family name: an initial, or a word of the language that stays."""

from __future__ import annotations

import pytest

from dslm.curation.personal.found_values import Identity, longest
from dslm.curation.personal.known_values.group_index import GroupIndex


def found(name: str, text: str) -> list[str]:
    index = GroupIndex([(Identity("name", "", name), name.title())])
    return [one.text for one in longest(index.findings(text))]


@pytest.mark.parametrize(
    ("name", "text"),
    [("simon kellner", "Kellner's claim"), ("simon kellner", "Kellner’s"),
     ("sabine kellner", "Kellners Schaden"), ("jean kellner", "kellner. j'ai ouvert"),
     ("ian kellner", "Mr Kellner I have"), ("ian kellner", "Kellner. I have"),
     ("amélie kellner", "Kellner a encore appelé"), ("ana kellner", "llamé a Kellner"),
     ("ana kellner", "le dije a kellner"), ("oliver kellner", "d'Kellner o'Kellner"),
     ("zofia kellner", "Kellner z żoną"), ("anna kellner", "Kellner A-12")],
)  # fmt: skip
def test_a_word_of_one_letter_stays_beside_a_name(name: str, text: str) -> None:
    assert {one.casefold() for one in found(name, text)} == {"kellner"}


@pytest.mark.parametrize(
    "text",
    ["Kellner, A.", "KELLNER A", "akellner", "kellnera", "A. Kellner", "a. kellner", "A Kellner",
     "a kellner", "a.kellner", "kellner_a", "(Kellner, A)", "KELLNER A. wrote", "Kellner A Tel",
     "kellner a, geboren", "A.Kellner"],
)  # fmt: skip
def test_an_initial_goes_with_the_name(text: str) -> None:
    assert found("anna kellner", text) == [text.strip("()").removesuffix(" wrote").removesuffix(
        " Tel").removesuffix(", geboren").removesuffix(".")]  # fmt: skip
    assert found("anna kellner", f"name: {text}\n")


def test_a_name_whose_first_word_is_one_letter_goes_as_it_is() -> None:
    assert found("r kellner", "this is joseph r kellner and") == ["r kellner"]
    both = [(Identity("name", "", name), name) for name in ("r kellner", "robin kellner")]
    assert "r kellner" in [one.text for one in GroupIndex(both).findings("this is r kellner and")]


def test_an_ending_goes_with_a_name_that_is_too_short_to_be_found_without_it() -> None:
    assert found("sara böhm", "Böhms Schaden") == ["Böhms"]
