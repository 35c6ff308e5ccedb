"""A text as the row of its letters and digits, each with its place: what spellings have in common.

Case, accents, blanks and punctuation are gone; spoken digits ("four double five") are digits, and
in e-mail addresses the words that stand for signs ("kavi at gmail dot com") are gone too. Used by
`close_index` to look for a value in every spelling, and by `free_form` to write one alike.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import accumulate
from typing import Literal, NamedTuple

Hearing = Literal["letters", "digits", "address"]

_UNITS = {"zero": "0", "nought": "0", "naught": "0", "one": "1", "two": "2", "three": "3",
          "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9",
          "niner": "9"}  # fmt: skip
_TEENS = {"ten": "10", "eleven": "11", "twelve": "12", "thirteen": "13", "fourteen": "14",
          "fifteen": "15", "sixteen": "16", "seventeen": "17", "eighteen": "18",
          "nineteen": "19"}  # fmt: skip
_TENS = {"twenty": "2", "thirty": "3", "forty": "4", "fourty": "4", "fifty": "5", "sixty": "6",
         "seventy": "7", "eighty": "8", "ninety": "9"}  # fmt: skip
_NOUGHTS = frozenset({"o", "oh", "owe"})  # among digits only
_TIMES = {"double": 2, "triple": 3, "treble": 3}
_SIGNS = frozenset(
    {"at", "dot", "point", "period", "underscore", "dash", "hyphen", "minus", "plus"}
)
_MAY_SAY_DIGITS = frozenset([*_UNITS, *_TEENS, *_TENS, *_TIMES, *_NOUGHTS])
_SPOKEN = re.compile(rf"(?i)\b(?:{'|'.join([*_UNITS, *_TEENS, *_TENS])})")
SPOKEN_DIGITS = {digit: word for word, digit in reversed(_UNITS.items())}
_ASCII_WORD = re.compile(r"[a-z0-9]+")
_ACCENTS = range(0x300, 0x370)


class Word(NamedTuple):
    """A run of letters and digits: folded characters, each with where it begins and ends."""

    chars: str
    starts: Sequence[int]
    ends: Sequence[int]


class Stream:
    """Folded letters and digits of a text.

    Attributes:
        chars: The characters.
        words: The words that they belong to.
        firsts: Which character each word begins with, and how many characters there are.
    """

    def __init__(self, words: list[Word]):
        self.words = words
        self.chars = "".join([word.chars for word in words])
        self.firsts = [0, *accumulate([len(word.chars) for word in words])]

    def word(self, place: int) -> int:
        """The number of the word that a character belongs to."""
        return bisect_right(self.firsts, place) - 1

    def start(self, place: int) -> int:
        """Where a character begins in the text."""
        word = self.word(place)
        return self.words[word].starts[place - self.firsts[word]]

    def end(self, place: int) -> int:
        """Where it ends there; of a spoken digit its word's end."""
        word = self.word(place)
        return self.words[word].ends[place - self.firsts[word]]


@lru_cache(maxsize=1 << 12)
def _folded(char: str) -> str | None:
    """A character folded: empty where it is not seen, None where it separates."""
    kind = unicodedata.category(char)
    if kind == "Cf" or ord(char) in _ACCENTS:
        return ""
    if kind == "Nd":
        return str(unicodedata.digit(char))
    if not (char.isalnum() or kind[0] == "M"):
        return None
    split = unicodedata.normalize("NFKD", char).casefold()
    plain = "".join(c for c in split if ord(c) not in _ACCENTS)
    return plain if all(c.isalnum() or unicodedata.category(c)[0] == "M" for c in plain) else char


class _Folding(dict[int, str]):
    """Characters folded, as `str.translate` asks for them: what separates becomes a blank."""

    def __missing__(self, code: int) -> str:
        folded = _folded(chr(code))
        self[code] = " " if folded is None else folded
        return self[code]


_FOLDING = _Folding()


def folded_words(text: str) -> list[str]:
    """The words of a text, folded: as the words of its stream in letters, without their places."""
    return text.translate(_FOLDING).split()


def _words(text: str) -> Iterator[Word]:
    if text.isascii():  # most texts, several times as fast
        for found in _ASCII_WORD.finditer(text.lower()):
            start, end = found.span()
            yield Word(found[0], range(start, end), range(start + 1, end + 1))
    else:
        yield from _placed_words(text)


def _placed_words(text: str) -> Iterator[Word]:
    chars: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for place, char in enumerate(text):
        if (folded := _folded(char)) is None:
            if chars:
                yield Word("".join(chars), tuple(starts), tuple(ends))
                chars, starts, ends = [], [], []
            continue
        if not folded and ends and ends[-1] == place:
            ends[-1] = place + 1  # an accent belongs to its letter
        for one in folded:
            chars.append(one)
            starts.append(place)
            ends.append(place + 1)
    if chars:
        yield Word("".join(chars), tuple(starts), tuple(ends))


def _heard(said: Sequence[str]) -> Iterator[tuple[int, int, str]]:
    """Words as heard: from which to before which, and their characters or digits."""
    place = 0
    while place < len(said):
        taken, digits = _digits_at(said, place) if said[place] in _MAY_SAY_DIGITS else (0, "")
        yield (place, place + taken, digits) if taken else (place, place + 1, said[place])
        place += taken or 1


def _digits_at(words: Sequence[str], place: int) -> tuple[int, str]:
    """How many words from a place on say digits together, and which; 0 for none."""
    said = words[place]
    following = words[place + 1] if place + 1 < len(words) else ""
    if said in _UNITS:
        return 1, _UNITS[said]
    if said in _TEENS:
        return 1, _TEENS[said]
    if said in _TENS:
        unit = _UNITS.get(following, "0")
        return (2, _TENS[said] + unit) if unit != "0" else (1, f"{_TENS[said]}0")
    if said in _TIMES:
        again = following if len(following) == 1 and following.isdigit() else _UNITS.get(following)
        again = "0" if following in _NOUGHTS else again
        return (2, again * _TIMES[said]) if again else (0, "")
    near = (_beyond_noughts(words[:place][::-1]), _beyond_noughts(words[place + 1 :]))
    if any(word in _UNITS or word.isdigit() or word in _TIMES for word in near):
        return 1, "0"
    return 0, ""


def _beyond_noughts(words: Sequence[str]) -> str:
    """The first word that is no nought: "oh oh nine"."""
    return next((word for word in words if word not in _NOUGHTS), "")


def heard_words(words: Sequence[str], hearing: Hearing) -> Sequence[str]:
    """Folded words as heard, without their places: what `stream_of` gives its words."""
    if hearing == "letters":
        return words
    if not _MAY_SAY_DIGITS.isdisjoint(words):
        said = [chars for _, _, chars in _heard(words)]
        words = words if said == words else said
    if hearing == "address" and not _SIGNS.isdisjoint(words):
        words = [word for word in words if word not in _SIGNS]
    return words


def stream_of(text: str, hearing: Hearing = "letters") -> Stream:
    """A text's letters and digits.

    Args:
        text: Any.
        hearing: `letters` as they are written; `digits`: spoken ones too; `address`: those, and
            the spoken signs of an e-mail address left out.
    """
    words = list(_words(text))
    if hearing != "letters":
        words = [
            words[first] if last == first + 1 and chars == words[first].chars
            else Word(chars, (words[first].starts[0],) * len(chars),
                      (words[last - 1].ends[-1],) * len(chars))
            for first, last, chars in _heard([word.chars for word in words])
        ]  # fmt: skip
    if hearing == "address":
        words = [word for word in words if word.chars not in _SIGNS]
    return Stream(words)


def heard(text: str, hearing: Hearing) -> str:
    """The letters and digits alone."""
    return "".join(heard_words(folded_words(text), hearing))


def is_spoken(text: str) -> bool:
    """Whether some digits of a text are spoken."""
    return _SPOKEN.search(text) is not None
