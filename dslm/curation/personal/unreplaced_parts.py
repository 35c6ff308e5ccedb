"""Whether a part of somebody's address or day of birth stands in an input after all was replaced.

Its label has changed as a whole: the case would say one thing in its text and another in its label.
Takes a label as it was and as it became, and the input as it became. Called by `label_holds`.
"""

from __future__ import annotations

from dslm.contract.personal import PersonalKind
from dslm.curation.personal.days import month_names
from dslm.curation.personal.spelling import joined
from dslm.curation.personal.spellings import OF_ADDRESSES
from dslm.curation.personal.streams import folded_words, is_unspaced

LETTERS, DIGITS = 4, 3  # of a word that is hardly there by chance
SIGNS = 5  # of a script without blanks


def part_stands(kind: PersonalKind, old: str, new: str, text: str) -> bool:
    """Whether a part of a label that changed stands in a text as it was.

    Args:
        kind: Of the label's field.
        old: The label as it was.
        new: As it became.
        text: The input as it became.
    """
    there = set(folded_words(text))
    if kind == "address":
        left = set(folded_words(old)) - set(folded_words(new)) - OF_ADDRESSES
        return not there.isdisjoint(w for w in left if _is_telling(w)) or _signs_stand(old, text)
    if kind == "date" and joined(new) not in joined(text):
        return not there.isdisjoint(month_names() & set(folded_words(old)) - {"may", "mai", "mars"})
    return False


def _is_telling(word: str) -> bool:
    return len(word) >= (DIGITS if word.isdigit() else LETTERS)


def _signs_stand(old: str, text: str) -> bool:
    """Whether several signs in a row of a script without blanks stand there."""
    value, said = joined(old), joined(text)
    runs = (value[at : at + SIGNS] for at in range(len(value) - SIGNS + 1))
    return any(is_unspaced(run[:2]) and run in said for run in runs)
