"""Looks for known values in texts, however they are separated.

A value is the words it consists of, joined and folded: "DE89 3704", "de893704" and "DE89-3704" are
one. A text is read word by word; where the next characters begin a known value, the joined words
are looked up in a set. A set was chosen over an Aho-Corasick automaton: values begin and end with
words, so a text of n words asks about n short prefixes, without a library, without building time,
and a million values take as much memory as their characters and a hash each. Made by
`known_values`, used by `spreading` and `proof`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from typing import NamedTuple

from dslm.curation.personal.finding import Identity
from dslm.curation.personal.spoken_digits import MAY_SAY_DIGITS
from dslm.curation.personal.streams import Stream, folded_words, heard_words, stream_of

_PREFIX = 3
LEAST_WITHIN = 3  # letters of a value in a text that writes no blanks around it
SURE = 6  # letters and digits that are hardly met by chance
_RUN = 3  # spoken digits that follow each other
_PARTS_AMOUNT = frozenset(".,/:-")


class Hit(NamedTuple):
    """A known value in a text."""

    start: int
    end: int
    key: str


class WordIndex:
    """Known values by their joined words."""

    def __init__(self, known: Mapping[str, Identity]):
        self.known = known
        self._short = min((_PREFIX, *map(len, known)))
        self._starts: dict[str, int] = {}  # and how long the longest is that begins so
        for key in known:
            start = key[: SURE if len(key) >= SURE else self._short]
            self._starts[start] = max(len(key), self._starts.get(start, 0))

    def may_be_in(self, words: Sequence[str]) -> bool:
        """Whether a text of these folded words may hold a value, which is soon said."""
        if not self.known:
            return False
        if next(self._spans(words), None):
            return True
        return (
            _is_spoken(words) and next(self._spans(heard_words(words, "digits")), None) is not None
        )

    def hits(self, text: str) -> list[Hit]:
        """Every known value in a text, by place; of those that begin alike the longest."""
        words = folded_words(text)
        if not self.may_be_in(words):
            return []
        found = self._in(stream_of(text), text)
        if _is_spoken(words):
            found = _together(found, self._in(stream_of(text, "digits"), text, spoken=True))
        return found

    def _in(self, stream: Stream, text: str, *, spoken: bool = False) -> list[Hit]:
        found: list[Hit] = []
        free = 0
        for first, last, key in self._spans([word.chars for word in stream.words]):
            start, end = stream.words[first].starts[0], stream.words[last - 1].ends[-1]
            hit = Hit(start, end, key)
            if first >= free and self._may_be(hit, text, 1 if spoken else last - first):
                found.append(hit)
                free = last
        return found

    def _spans(self, words: Sequence[str]) -> Iterator[tuple[int, int, str]]:
        """From which word to before which a known value stands, the longest from each first."""
        whole = "".join(words)
        begins = [0, *accumulate(map(len, words))]
        starts, known, short = self._starts, self.known, self._short
        for first, at in enumerate(begins):
            long = whole[at : at + SURE]
            if long in starts or long[:short] in starts:
                longest = starts.get(long) or starts[long[:short]]
                for last in range(bisect_right(begins, at + longest) - 1, first, -1):
                    if (key := whole[at : begins[last]]) in known:
                        yield first, last, key

    def _may_be(self, hit: Hit, text: str, words: int) -> bool:
        """Whether a short number is one: in one word, and no part of an amount or a date.

        One word of a name is one word: "Robin's" is no Robins.
        """
        identity = self.known[hit.key]
        if len(hit.key) < LEAST_WITHIN and _goes_on(text, hit):
            return False
        if identity.kind == "name":
            return words == 1 or hit.key not in folded_words(identity.value)
        return len(hit.key) >= SURE or (words == 1 and not _is_in_amount(hit, text))


def _goes_on(text: str, hit: Hit) -> bool:
    """Whether letters or digits touch a hit, as they may in a text that writes no blanks."""
    around = text[hit.start - 1 : hit.start], text[hit.end : hit.end + 1]
    return any(char.isalnum() for char in around)


def _is_in_amount(hit: Hit, text: str) -> bool:
    after, before = text[hit.end : hit.end + 2], text[max(0, hit.start - 2) : hit.start][::-1]
    return any(
        len(near) == 2 and near[0] in _PARTS_AMOUNT and near[1].isdigit()
        for near in (after, before)
    )


def _is_spoken(words: Sequence[str]) -> bool:
    """Whether digits are spoken, some after each other."""
    run = 0
    if not MAY_SAY_DIGITS.isdisjoint(words):
        for word in words:
            run = run + 1 if word in MAY_SAY_DIGITS else 0
            if run == _RUN:
                return True
    return False


def _together(found: list[Hit], more: list[Hit]) -> list[Hit]:
    """Hits of both by place; of two that share a character the first's."""
    left = [
        two for two in more if all(two.end <= one.start or one.end <= two.start for one in found)
    ]
    return sorted([*found, *left])
