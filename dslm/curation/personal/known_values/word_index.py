"""Looks for known values in texts, however they are separated.

A value is the words it consists of, joined and folded: "DE89 3704", "de893704" and "DE89-3704" are
one. A text is read word by word; where the next characters begin a known value, the joined words
are looked up in a set. A set was chosen over an Aho-Corasick automaton: values begin and end with
words, so a text of n words asks about n beginnings, all at once and most often to be told of none,
without a library, without building time, and a million values take as much memory as their
characters and a hash each. Made by `known_values`, used by `replace_everywhere` and `leftovers`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from typing import NamedTuple

from dslm.curation.personal.found_values import Identity
from dslm.curation.personal.variants.letters_and_digits import (
    Stream,
    folded_words,
    heard_words,
    stream_of,
)
from dslm.curation.personal.variants.spoken_digits import MAY_SAY_DIGITS
from dslm.curation.personal.variants.word_boundaries import is_of_day_or_time, prefixes_of

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
        self._starts: dict[str, int] = {}  # and how long the longest is that begins so
        brief: set[str] = set()
        for key in known:
            if len(key) < SURE:
                brief.add(key)
            else:
                start = key[:SURE]
                self._starts[start] = max(len(key), self._starts.get(start, 0))
        self._brief = frozenset(brief)
        self._sizes = sorted({len(key) for key in brief}, reverse=True)
        # Of the brief ones those that several words may spell: whole names as short as "Li Wu".
        self._parted = frozenset(key for key in brief if self._may_be_parted(key))
        self._parted_sizes = sorted({len(key) for key in self._parted})

    def may_be_in(self, words: Sequence[str]) -> bool:
        """Whether a text of these folded words may hold a value, which is soon said."""
        if not self.known:
            return False
        if next(self._spans(words), None):
            return True
        if not _is_spoken(words):
            return False
        return next(self._spans(heard_words(words, "digits"), spoken=True), None) is not None

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
        said = [word.chars for word in stream.words]
        for first, last, key in self._spans(said, spoken=spoken):
            start = stream.start(stream.firsts[last] - len(key))
            end = stream.words[last - 1].ends[-1]
            hit = Hit(start, end, key)
            if first >= free and self._may_be(hit, text, 1 if spoken else last - first):
                found.append(hit)
                free = last
        return found

    def _spans(
        self, words: Sequence[str], *, spoken: bool = False
    ) -> Iterator[tuple[int, int, str]]:  # fmt: skip
        """From which word to before which a known value stands, the longest from each first.

        Brief ones that no single word spells are left out where none of them may be parted; of
        `spoken` digits each is a word.
        """
        whole = "".join(words)
        begins = [0, *accumulate(map(len, words))]
        cuts = [whole[at : at + SURE] for at in begins]
        starts, known = self._starts, self.known
        brief = spoken or self._has_brief(words, cuts)
        grown = not whole.isascii()
        if not brief and not grown and starts.keys().isdisjoint(cuts):
            return
        for first, cut in enumerate(cuts):
            longest = starts.get(cut) or (self._brief_from(cut) if brief else 0)
            if longest:
                at = begins[first]
                for last in range(bisect_right(begins, at + longest) - 1, first, -1):
                    if (key := whole[at : begins[last]]) in known:
                        yield first, last, key
            if grown and first < len(words):
                yield from self._behind_prefixes(words[first], first, whole, begins)

    def _behind_prefixes(
        self, word: str, first: int, whole: str, begins: Sequence[int]
    ) -> Iterator[tuple[int, int, str]]:
        """Names that stand in one word with "to", "and" or an article before them, if long."""
        for size in prefixes_of(word):
            at = begins[first] + size
            if longest := self._starts.get(whole[at : at + SURE]):
                for last in range(bisect_right(begins, at + longest) - 1, first, -1):
                    key = whole[at : begins[last]]
                    if key in self.known and self.known[key].is_name:
                        yield first, last, key

    def _has_brief(self, words: Sequence[str], cuts: Sequence[str]) -> bool:
        """Whether a word is a brief value, or several words spell one that may be parted."""
        if not self._brief.isdisjoint(words):
            return True
        return any(
            not self._parted.isdisjoint([cut[:size] for cut in cuts]) for size in self._parted_sizes
        )

    def _brief_from(self, cut: str) -> int:
        """How long the longest brief value is that a text begins with; 0 for none."""
        return next((size for size in self._sizes if cut[:size] in self._brief), 0)

    def _may_be_parted(self, key: str) -> bool:
        """Whether a brief value may stand in several words, of which none is spoken."""
        identity = self.known[key]
        return identity.is_name and key not in folded_words(identity.value)

    def _may_be(self, hit: Hit, text: str, words: int) -> bool:
        """Whether a short number is one: in one word, and no part of an amount or a date.

        One word of a name is one word: "Robin's" is no Robins.
        """
        identity = self.known[hit.key]
        if len(hit.key) < LEAST_WITHIN and _goes_on(text, hit):
            return False
        if identity.is_name:
            return words == 1 or hit.key not in folded_words(identity.value)
        if len(hit.key) >= SURE:
            return words == 1 or not is_of_day_or_time(identity.kind, text, hit.start, hit.end)
        return words == 1 and not _is_in_amount(hit, text)


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
