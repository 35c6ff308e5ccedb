"""Looks for known values in texts, however they are separated.

A value is the words it consists of, joined and folded: "DE89 3704", "de893704" and "DE89-3704" are
one. A text is read word by word; where the next characters begin a known value, the joined words
are looked up in a set. A set was chosen over an Aho-Corasick automaton: values begin and end with
words, so a text of n words asks about n short prefixes, without a library, without building time,
and a million values take as much memory as their characters and a hash each. Called by
`replacing`, `spreading` and `proof`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import accumulate
from typing import NamedTuple

from dslm.curation.personal.finding import Identity

_WORD = re.compile(r"[^\W_]+")
_PREFIX = 3


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
        self.starts = frozenset(key[: self.prefix] for key in known)
        self.longest = max(map(len, known), default=0)

    def hits(self, text: str) -> list[Hit]:
        """Every known value in a text, by place; of those that begin alike the longest."""
        if not self.known:
            return []
        words = _WORD.findall(text.casefold())
        whole = "".join(words)
        begins = [0, *accumulate(map(len, words))]
        starts, prefix = self.starts, self.prefix
        likely = [n for n, at in enumerate(begins[:-1]) if whole[at : at + prefix] in starts]
        return self._checked(text, whole, begins, likely) if likely else []

    def _checked(self, text: str, whole: str, begins: list[int], likely: list[int]) -> list[Hit]:
        spans = [match.span() for match in _WORD.finditer(text)]
        if len(spans) != len(begins) - 1:  # folding made two words of one: go by unfolded text
            whole = "".join(text[start:end].lower() for start, end in spans)
            begins = [0, *accumulate(end - start for start, end in spans)]
            likely = list(range(len(spans)))
        found: list[Hit] = []
        free = 0
        for first in likely:
            if first < free:
                continue
            if last := self._longest_from(whole, begins, first):
                key = whole[begins[first] : begins[last]]
                found.append(Hit(spans[first][0], spans[last - 1][1], key))
                free = last
        return found

    def _longest_from(self, whole: str, begins: list[int], first: int) -> int:
        """The word behind the longest known value that begins at a word, 0 for none."""
        at, best = begins[first], 0
        for last in range(first + 1, len(begins)):
            if begins[last] - at > self.longest:
                break
            if whole[at : begins[last]] in self.known:
                best = last
        return best
