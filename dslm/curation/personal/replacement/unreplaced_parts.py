"""Whether a part of somebody's address or day of birth stands in an input after all was replaced.

Its label has changed as a whole: the case would say one thing in its text and another in its label.
Takes a label as it was and as it became, and the input as it became. Called by `label_still_right`.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from dslm.contract.model.personal_fields import PersonalKind
from dslm.curation.personal.names.common_words import COMMON_WORDS, FUNCTION_WORDS, PLACES
from dslm.curation.personal.names.english_words import english_words
from dslm.curation.personal.variants.birth_dates import month_names
from dslm.curation.personal.variants.letters_and_digits import folded_words, is_unspaced
from dslm.curation.personal.variants.name_variants import WORD
from dslm.curation.personal.variants.spelling_variants import OF_ADDRESSES
from dslm.curation.personal.variants.value_separators import joined

LETTERS, DIGITS = 4, 3  # of a word that is hardly there by chance
IN_SMALL = 7  # letters, where the label's capital is missing: "lange", of Lange Straße
SIGNS = 5  # of a script without blanks


def part_stands(
    kind: PersonalKind, old: str, new: str, text: str, given: Iterable[str] = ()
) -> bool:
    """Whether a part of a label that changed stands in a text as it was.

    Args:
        kind: Of the label's field.
        old: The label as it was.
        new: As it became.
        text: The input as it became.
        given: What else was written there in place of values.
    """
    if kind == "address":
        return _words_stand(old, " ".join([new, *given]), text) or _signs_stand(old, text)
    if kind == "date" and joined(new) not in joined(text):
        months = month_names() & set(folded_words(old)) - {"may", "mai", "mars"}
        return not months.isdisjoint(folded_words(text))
    return False


def _words_stand(old: str, given: str, text: str) -> bool:
    """Whether a telling word of an address stands there, or two that follow each other in it.

    Common words are in texts by chance: "great thank you", of 35 Great Avenue.
    """
    words, said = folded_words(old), folded_words(text)
    left = {word for word in words if _is_long(word)} - set(folded_words(given)) - OF_ADDRESSES
    there = left.intersection(said)
    if any(word not in _common() and not _is_in_small(word, old, text) for word in there):
        return True
    return any(
        not there.isdisjoint(pair) and FUNCTION_WORDS.isdisjoint(pair)
        for pair in set(pairwise(words)) & set(pairwise(said) if there else ())
    )


def _is_long(word: str) -> bool:
    return len(word) >= (DIGITS if word.isdigit() else LETTERS)


def _common() -> frozenset[str]:
    """Words that mean no place."""
    return (COMMON_WORDS - PLACES) | english_words()


def _is_in_small(word: str, label: str, text: str) -> bool:
    """Whether a word that the label has in capitals stands in a text with capitals without."""
    if len(word) >= IN_SMALL or text.islower():
        return False
    return _begins_small(word, text) and not _begins_small(word, label)


def _begins_small(word: str, text: str) -> bool:
    """Whether a word stands somewhere and nowhere with a capital."""
    return all(char.islower() for char in _first_letters(word, text))


def _first_letters(word: str, text: str) -> Iterable[str]:
    return (one[0] for one in WORD.findall(text) if joined(one) == word)


def _signs_stand(old: str, text: str) -> bool:
    """Whether several signs in a row of a script without blanks stand there."""
    value, said = joined(old), joined(text)
    runs = (value[at : at + SIGNS] for at in range(len(value) - SIGNS + 1))
    return any(is_unspaced(run[:2]) and run in said for run in runs)
