"""Looking values up by their beginnings finds what asking of every run of words finds."""

from __future__ import annotations

import random

import pytest

from dslm.curation.personal.found_values import Identity, longest
from dslm.curation.personal.known_values.group_index import GroupIndex
from dslm.curation.personal.known_values.word_index import WordIndex
from dslm.curation.personal.surrogates.keyed_draws import KeyedDraws

NAMES = ("Li Wu", "bo", "anna weber", "annalena", "mira", "tom riddle", "佐藤 さくら", "kit")
NUMBERS = ("415", "4151", "41517", "415170", "415170228", "k4", "ab12cd", "12345")
SAID = ("li", "wu", "liwu", "bo", "anna", "weber", "annaweber", "mir", "a", "mira", "佐藤さくら",
        "four", "one", "five", "4", "15", "17", "0228", "415", "41517", "415170", "k", "4151",
        "kit", "ab12", "cd", "tomriddle", "tom", "riddle", "1234", "5")  # fmt: skip


class EveryRun(WordIndex):
    """Asks of every run of words."""

    def may_be_in(self, words):
        return True

    def _spans(self, words, *, spoken=False):
        for first in range(len(words)):
            for last in range(len(words), first, -1):
                if (key := "".join(words[first:last])) in self.known:
                    yield first, last, key


@pytest.mark.parametrize("seed", range(200))
def test_no_run_of_words_is_overlooked(seed):
    rng = random.Random(seed)
    names = {"".join(name.casefold().split()): name for name in rng.sample(NAMES, 3)}
    known = {key: Identity("name", "", name.casefold()) for key, name in names.items()}
    known |= {key: Identity("id", "free", key) for key in rng.sample(NUMBERS, 3)}
    text = "".join(rng.choice(SAID) + rng.choice((" ", " ", "-", ", ", ".")) for _ in range(12))
    assert WordIndex(known).hits(text) == EveryRun(known).hits(text)


@pytest.mark.parametrize(
    "text", ["415170228", "Anna Weber", "anna-weber", "ANNA", "li wu", "k4", "four", "(415)",
             "Anna ", "+415170", "tom bo", "4 15"],
)  # fmt: skip
def test_a_text_that_is_a_value_is_found_as_the_longest_of_all_findings(text):
    index = GroupIndex(
        (Identity(kind, form, value), text)
        for kind, form, value, text in (
            ("name", "", "anna weber", "Anna Weber"), ("name", "", "li wu", "Li Wu"),
            ("id", "free", "415170228", "415170228"), ("id", "free", "k4", "K 4"),
            ("id", "free", "415", "four one five"), ("phone", "49", "415170", "+49 415170"),
            ("email", "", "anna@tom.bo", "anna@tom.bo"), ("name", "", "tom bo", "tom bo"),
        )
    )  # fmt: skip
    if one := index.whole(text):
        assert [one] == longest(index.findings(text))


@pytest.mark.parametrize("digits", ["7", "415170228", "٣٤"])
def test_digits_are_drawn_as_among_other_characters(digits):
    alone, among = KeyedDraws(b"a key", "x"), KeyedDraws(b"a key", "x")
    assert alone.like(digits) + "-" == among.like(f"{digits}-")


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [("דוד גולדשטיין", "זה קרה גם לדוד גולדשטיין, פוליסה", "דוד גולדשטיין"),
     ("רוזנברג תמר", "שלרוזנברג, תמר", "רוזנברג, תמר"), ("محمد حداد", "مع ومحمد حداد", "محمد حداد"),
     ("دنيا حداد", "والدنيا حداد", "دنيا حداد"), ("דוד לוי", "לדודה לויה", None),
     ("דוד גולדשטיין", "בידוד גולדשטיין", None), ("anna weber", "lanna weber", None)],
)  # fmt: skip
def test_a_long_name_is_found_behind_the_words_that_arabic_and_hebrew_write_before_it(
    name, text, found
):
    index = WordIndex({"".join(name.split()): Identity("name", "", name)})
    said = [text[hit.start : hit.end] for hit in index.hits(text)]
    assert said == ([found] if found else [])
