"""A text as the row of its letters and digits, each with its place: what spellings have in common.

Case, accents, blanks and punctuation are gone; spoken digits ("four double five") are digits, and
in e-mail addresses the words that stand for signs ("kavi at gmail dot com") are gone too. Used by
`close_index` to look for a value in every spelling, and by `free_form` to write one alike.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
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
_SPOKEN = re.compile(rf"(?i)\b(?:{'|'.join([*_UNITS, *_TEENS, *_TENS])})")
_HEARD_OTHERWISE = re.compile(
    rf"(?i)\b(?:{'|'.join([*_UNITS, *_TEENS, *_TENS, *_TIMES, *_NOUGHTS, *_SIGNS])})\b"
)
SPOKEN_DIGITS = {digit: word for word, digit in reversed(_UNITS.items())}
_ASCII_WORD = re.compile(r"[a-z0-9]+")
_ACCENTS = range(0x300, 0x370)
# Thai, Lao, Burmese, Khmer, kana and Han: scripts that write no blanks between words.
UNSPACED = (
    "\u0e01-\u0eff\u1000-\u109f\u1780-\u17ff\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\U00020000-\U0003134f"
)
_UNSPACED = re.compile(f"[{UNSPACED}]")


class Word(NamedTuple):
    """A run of letters and digits: folded characters, each with where it begins and ends."""

    chars: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]


class Stream(NamedTuple):
    """Folded letters and digits of a text.

    Attributes:
        chars: The characters.
        starts: Where each begins in the text.
        ends: Where it ends there; of a spoken digit its word's end.
        words: The number of the word that each belongs to.
    """

    chars: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]
    words: tuple[int, ...]


def part(before: str, after: str) -> bool:
    """Whether two characters that touch may belong to two words.

    Digits and letters may, and letters of scripts that write no blanks between words.
    """
    if before.isdigit() != after.isdigit():
        return True
    if before.isascii() and after.isascii():
        return False
    return bool(_UNSPACED.match(before) or _UNSPACED.match(after))


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


def _words(text: str) -> Iterator[Word]:
    if text.isascii():  # most texts, several times as fast
        for found in _ASCII_WORD.finditer(text.lower()):
            start, end = found.span()
            yield Word(found[0], tuple(range(start, end)), tuple(range(start + 1, end + 1)))
    else:
        yield from _folded_words(text)


def _folded_words(text: str) -> Iterator[Word]:
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


def _as_digits(word: Word, digits: str) -> Word:
    """The digits in the place of a word or words."""
    return Word(digits, (word.starts[0],) * len(digits), (word.ends[-1],) * len(digits))


def _heard(words: list[Word]) -> Iterator[Word]:
    """Words with those that say digits replaced by these."""
    place = 0
    while place < len(words):
        taken, digits = _digits_at(words, place)
        if taken:
            whole = Word("", words[place].starts, words[place + taken - 1].ends)
            yield _as_digits(whole, digits)
        else:
            yield words[place]
        place += taken or 1


def _digits_at(words: list[Word], place: int) -> tuple[int, str]:
    """How many words from a place on say digits together, and which; 0 for none."""
    said = words[place].chars
    following = words[place + 1].chars if place + 1 < len(words) else ""
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
    if said in _NOUGHTS:
        near = (_beyond_noughts(words[:place][::-1]), _beyond_noughts(words[place + 1 :]))
        if any(word in _UNITS or word.isdigit() or word in _TIMES for word in near):
            return 1, "0"
    return 0, ""


def _beyond_noughts(words: list[Word]) -> str:
    """The first word that is no nought: "oh oh nine"."""
    return next((word.chars for word in words if word.chars not in _NOUGHTS), "")


def stream_of(text: str, hearing: Hearing = "letters") -> Stream:
    """A text's letters and digits.

    Args:
        text: Any.
        hearing: `letters` as they are written; `digits`: spoken ones too; `address`: those, and
            the spoken signs of an e-mail address left out.
    """
    words = list(_words(text))
    if hearing != "letters":
        words = list(_heard(words))
    if hearing == "address":
        words = [word for word in words if word.chars not in _SIGNS]
    return Stream(
        "".join(word.chars for word in words),
        tuple(start for word in words for start in word.starts),
        tuple(end for word in words for end in word.ends),
        tuple(number for number, word in enumerate(words) for _ in word.chars),
    )


def words_at(stream: Stream) -> list[tuple[int, int]]:
    """Where each word begins and ends among the characters."""
    numbers = stream.words
    firsts = [n for n in range(len(numbers)) if n == 0 or numbers[n - 1] != numbers[n]]
    return list(pairwise([*firsts, len(numbers)])) if firsts else []


def heard(text: str, hearing: Hearing) -> str:
    """The letters and digits alone."""
    return "".join(word.chars for word in (
        _words(text) if hearing == "letters" else _heard(list(_words(text)))
    ) if hearing != "address" or word.chars not in _SIGNS)  # fmt: skip


def heard_words(text: str) -> list[str]:
    """The words of a text, folded, spoken digits as digits."""
    return [word.chars for word in _heard(list(_words(text)))]


def is_heard_as_written(text: str) -> bool:
    """Whether a text is the same however it is heard, which is soon said of an ASCII one."""
    return text.isascii() and _HEARD_OTHERWISE.search(text.replace("_", " ")) is None


def is_spoken(text: str) -> bool:
    """Whether some digits of a text are spoken."""
    return _SPOKEN.search(text) is not None
