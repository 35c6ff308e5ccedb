"""A text as the row of its letters and digits, each with its place: what spellings have in common.

Case, accents, blanks and punctuation are gone; spoken digits are digits (`spoken_digits`), and
in e-mail addresses the words that stand for signs ("kavi at gmail dot com") are gone too. Used by
`group_index` to look for a value in every spelling, and by `free_form_surrogates` to write one
alike.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import cached_property, lru_cache
from itertools import accumulate
from typing import Literal, NamedTuple

from dslm.curation.personal.variants.escaped_characters import placed_chars, unescaped
from dslm.curation.personal.variants.spoken_digits import MAY_SAY_DIGITS, as_digits

Hearing = Literal["letters", "digits", "address"]

_SPOKEN_SIGNS = (
    "at dot point period underscore dash hyphen minus plus punkt klammeraffe unterstrich "
    "bindestrich arobase arrobase tiret bas arroba punto guion bajo chiocciola trattino basso "
    "ponto hifen underline apenstaartje punt streepje собака точка"
)
_SIGNS = frozenset(_SPOKEN_SIGNS.split())
MAY_SOUND_OTHERWISE = MAY_SAY_DIGITS | _SIGNS  # than they are written
_ASCII_WORD = re.compile(r"[a-z0-9]+")
# Letters that are apostrophes, accents, vowel signs that Arabic and Hebrew may leave out, strokes
# that only lengthen (and part numbers in Japanese: ０９０ー１８２６), frames.
_LEFT_OUT = frozenset([
    *range(0x2B9, 0x2C0), *range(0x300, 0x370), *range(0x591, 0x5C8), 0x640, *range(0x64B, 0x660),
    0x670, 0x30FC, 0xFF70, *range(0x1DC0, 0x1E00), *range(0x20D0, 0x2100), *range(0xFE00, 0xFE10),
])  # fmt: skip
# Arabic letters that keyboards of Persian, Urdu and Egypt write otherwise: ya, kaf, ha, ta marbuta.
_ARABIC = {"ی": "ي", "ى": "ي", "ک": "ك", "ہ": "ه", "ھ": "ه", "ة": "ه"}
_PLAIN = {"ø": "o", "ł": "l", "đ": "d", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "ð": "d",
          "þ": "th"} | _ARABIC  # fmt: skip
# Scripts that put no blanks between words: Thai, Lao, Myanmar, Khmer, kana, Han (and their 々).
_UNSPACED = ((0xE00, 0xEFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x3005, 0x30FF), (0x3400, 0x9FFF),
             (0xF900, 0xFAFF), (0x20000, 0x3FFFF))  # fmt: skip


class Word(NamedTuple):
    """A run of letters and digits: folded characters, each with where it begins and ends.

    Digits that are spoken begin and end where their words do.
    """

    chars: str
    starts: Sequence[int]
    ends: Sequence[int]
    spoken: bool = False


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


class _AsciiStream(Stream):
    """Of an ASCII text, most of which is never asked where it stands."""

    def __init__(self, text: str):
        lower = text.lower()
        self._spans = [found.span() for found in _ASCII_WORD.finditer(lower)]
        self.chars = "".join(_ASCII_WORD.findall(lower))
        self.firsts = [0, *accumulate([end - start for start, end in self._spans])]

    @cached_property
    def words(self) -> list[Word]:  # type: ignore[override]
        return [
            Word(self.chars[first : first + end - start], range(start, end),
                 range(start + 1, end + 1))
            for first, (start, end) in zip(self.firsts, self._spans, strict=False)
        ]  # fmt: skip

    def start(self, place: int) -> int:
        word = self.word(place)
        return self._spans[word][0] + place - self.firsts[word]

    def end(self, place: int) -> int:
        return self.start(place) + 1


@lru_cache(maxsize=1 << 12)
def _folded(char: str) -> str | None:
    """A character folded: empty where it is not seen, None where it separates."""
    kind = unicodedata.category(char)
    if kind == "Cf" or ord(char) in _LEFT_OUT:
        return ""
    if kind == "Nd":
        return str(unicodedata.digit(char))
    if not (char.isalnum() or kind[0] == "M"):
        return None
    split = unicodedata.normalize("NFKD", char).casefold()
    plain = "".join(_PLAIN.get(c, c) for c in split if ord(c) not in _LEFT_OUT)
    return plain if all(c.isalnum() or unicodedata.category(c)[0] == "M" for c in plain) else char


def is_unspaced(text: str) -> bool:
    """Whether a folded text is of a script that puts no blanks between words."""
    return not text.isascii() and all(
        any(first <= ord(char) <= last for first, last in _UNSPACED) for char in text
    )


class _Folding(dict[int, str]):
    """Characters folded, as `str.translate` asks for them: what separates becomes a blank."""

    def __missing__(self, code: int) -> str:
        folded = _folded(chr(code))
        if folded is None:
            folded = " "
        elif is_unspaced(folded):
            folded = f" {folded} "
        self[code] = folded
        return folded


_FOLDING = _Folding()


def folded_words(text: str) -> list[str]:
    """The words of a text, folded: as the words of its stream in letters, without their places."""
    if text.isascii() and text.isalnum():
        return [text.lower()]
    return unescaped(text).translate(_FOLDING).split()


def _words(text: str) -> list[Word]:
    # most texts are ASCII, several times as fast
    return _AsciiStream(text).words if _is_plain(text) else [*_placed_words(text)]


def _is_plain(text: str) -> bool:
    """Whether a text is ASCII, and stands for nothing else."""
    return text.isascii() and unescaped(text) is text


def _placed_words(text: str) -> Iterator[Word]:
    chars: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for char, place, end in placed_chars(text):
        folded = _FOLDING[ord(char)]
        if chars and folded[:1] == " ":
            yield Word("".join(chars), starts, ends)
            chars, starts, ends = [], [], []
        if not folded and ends and ends[-1] == place:
            ends[-1] = end  # an accent belongs to its letter
        for one in folded.strip():
            chars.append(one)
            starts.append(place)
            ends.append(end)
        if chars and folded[-1:] == " ":
            yield Word("".join(chars), starts, ends)
            chars, starts, ends = [], [], []
    if chars:
        yield Word("".join(chars), starts, ends)


def heard_words(words: Sequence[str], hearing: Hearing) -> Sequence[str]:
    """Folded words as heard, without their places: what `stream_of` gives its words."""
    if hearing == "letters":
        return words
    if not MAY_SAY_DIGITS.isdisjoint(words):
        said = [chars for _, _, chars in as_digits(words)]
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
    if hearing == "letters" and _is_plain(text):
        return _AsciiStream(text)
    words = _words(text)
    if hearing != "letters":
        words = [
            words[first] if last == first + 1 and chars == words[first].chars
            else Word(chars, (words[first].starts[0],) * len(chars),
                      (words[last - 1].ends[-1],) * len(chars), spoken=True)
            for first, last, chars in as_digits([word.chars for word in words])
        ]  # fmt: skip
    if hearing == "address":
        words = [word for word in words if word.chars not in _SIGNS]
    return Stream(words)


def heard(text: str, hearing: Hearing) -> str:
    """The letters and digits alone."""
    return "".join(heard_words(folded_words(text), hearing))
