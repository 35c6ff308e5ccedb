"""Looks for known values in texts, however they are separated.

A value is the words it consists of, joined and folded: "DE89 3704", "de893704" and "DE89-3704" are
one. A text is read word by word; where the next characters begin a known value, the joined words
are looked up in a set. A set was chosen over an Aho-Corasick automaton: values begin and end with
words, so a text of n words asks about n short prefixes, without a library, without building time,
and a million values take as much memory as their characters and a hash each. Made by
`known_values`, used by `spreading` and `proof`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import accumulate
from typing import NamedTuple

from dslm.curation.personal.finding import Identity
from dslm.curation.personal.streams import UNSPACED, stream_of, words_at

WORD = re.compile(r"[^\W_]+")
# Each character of a script without blanks may begin or end a word.
_PIECE = re.compile(rf"[{UNSPACED}]|[^\W_{UNSPACED}]+")
_HAS_UNSPACED = re.compile(f"[{UNSPACED}]")
_PREFIX = 3
LEAST_WITHIN = 3  # letters of a value in a text that writes no blanks around it
SURE = 6  # letters and digits that are hardly met by chance
_DIGIT = "(?:zero|oh?|one|two|three|four|five|six|seven|eight|nine|double|triple)"
_SPOKEN_RUN = re.compile(rf"(?i)\b{_DIGIT}[\W_]+{_DIGIT}[\W_]+{_DIGIT}\b")
_AMOUNT, _AMOUNT_BEFORE = re.compile(r"\A[.,/:\-]\d"), re.compile(r"\d[.,/:\-]\Z")


class Hit(NamedTuple):
    """A known value in a text."""

    start: int
    end: int
    key: str


class WordIndex:
    """Known values by their joined words."""

    def __init__(self, known: Mapping[str, Identity]):
        self.known = known
        self.prefix = min((_PREFIX, *map(len, known)))
        self.starts: dict[str, int] = {}  # and how long the longest is that begins so
        for key in known:
            start = key[: self.prefix]
            self.starts[start] = max(len(key), self.starts.get(start, 0))

    def hits(self, text: str) -> list[Hit]:
        """Every known value in a text, by place; of those that begin alike the longest."""
        if not self.known:
            return []
        found = self._written(text)
        if _SPOKEN_RUN.search(text):
            found = _together(found, self._spoken(text))
        return found

    def _written(self, text: str) -> list[Hit]:
        words = _words_in(text).findall(text.casefold())
        whole = "".join(words)
        begins = [0, *accumulate(map(len, words))]
        starts, prefix = self.starts, self.prefix
        likely = [n for n, at in enumerate(begins[:-1]) if whole[at : at + prefix] in starts]
        return self._checked(text, whole, begins, likely) if likely else []

    def _spoken(self, text: str) -> list[Hit]:
        """What is hit where spoken digits are read as digits."""
        stream = stream_of(text, "digits")
        spans = words_at(stream)
        begins = [0, *(end for _, end in spans)]
        places = [(stream.starts[first], stream.ends[last - 1]) for first, last in spans]
        return self._from(stream.chars, begins, places, text, range(len(spans)), spoken=True)

    def _checked(self, text: str, whole: str, begins: list[int], likely: list[int]) -> list[Hit]:
        spans = [match.span() for match in _words_in(text).finditer(text)]
        if len(spans) != len(begins) - 1:  # folding made two words of one: go by unfolded text
            whole = "".join(text[start:end].lower() for start, end in spans)
            begins = [0, *accumulate(end - start for start, end in spans)]
            likely = list(range(len(spans)))
        return self._from(whole, begins, spans, text, likely)

    def _from(
        self, whole: str, begins: list[int], spans: list[tuple[int, int]], text: str,
        likely: Iterable[int], *, spoken: bool = False,
    ) -> list[Hit]:  # fmt: skip
        """The hits that begin at some words."""
        found: list[Hit] = []
        free = 0
        for first in likely:
            if first < free:
                continue
            if last := self._longest_from(whole, begins, first):
                key = whole[begins[first] : begins[last]]
                hit = Hit(spans[first][0], spans[last - 1][1], key)
                if self._may_be(hit, text, 1 if spoken else _runs(text, hit)):
                    found.append(hit)
                    free = last
        return found

    def _longest_from(self, whole: str, begins: list[int], first: int) -> int:
        """The word behind the longest known value that begins at a word, 0 for none."""
        at, best = begins[first], 0
        longest = self.starts.get(whole[at : at + self.prefix], 0)
        for last in range(first + 1, len(begins)):
            if begins[last] - at > longest:
                break
            if whole[at : begins[last]] in self.known:
                best = last
        return best

    def _may_be(self, hit: Hit, text: str, words: int) -> bool:
        """Whether a short number is one: in one word, and no part of an amount or a date.

        One word of a name is one word: "Robin's" is no Robins.
        """
        identity = self.known[hit.key]
        if len(hit.key) < LEAST_WITHIN and _goes_on(text, hit):
            return False
        if identity.kind == "name":
            return words == 1 or hit.key not in identity.value.split()
        if len(hit.key) >= SURE:
            return True
        within = _AMOUNT.search(text[hit.end : hit.end + 2]) or _AMOUNT_BEFORE.search(
            text[max(0, hit.start - 2) : hit.start]
        )
        return words == 1 and not within


def _words_in(text: str) -> re.Pattern[str]:
    """What tells the words of a text."""
    return _PIECE if not text.isascii() and _HAS_UNSPACED.search(text) else WORD


def _runs(text: str, hit: Hit) -> int:
    """How many words, as separators part them, a hit has."""
    return len(WORD.findall(text[hit.start : hit.end]))


def _goes_on(text: str, hit: Hit) -> bool:
    """Whether the run of letters goes on before or after a hit, without a blank."""
    around = text[hit.start - 1 : hit.start], text[hit.end : hit.end + 1]
    return any(WORD.match(char) for char in around if char)


def _together(found: list[Hit], more: list[Hit]) -> list[Hit]:
    """Hits of both by place; of two that share a character the first's."""
    left = [
        two for two in more if all(two.end <= one.start or one.end <= two.start for one in found)
    ]
    return sorted([*found, *left])
