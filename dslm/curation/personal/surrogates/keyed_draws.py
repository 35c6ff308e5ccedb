"""Keyed draws: the same key and value give the same digits and letters, on every machine.

HMAC-SHA256 of the value seeds Python's Mersenne Twister, whose `random()` is documented to stay
the same. Neither key nor value can be had back from what is drawn, since the seed cannot. Called by
the surrogates.
"""

from __future__ import annotations

import hmac
import random
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import TypeVar

Item = TypeVar("Item")
_DIGITS = "0123456789"
VOWELS, CONSONANTS = "aeiou", "bdfgklmnprstv"


@lru_cache(maxsize=16)
def _mac(key: bytes) -> hmac.HMAC:
    """What has read a key and nothing else."""
    return hmac.new(key, digestmod="sha256")


class KeyedDraws:
    """A source of choices for one value."""

    def __init__(self, key: bytes, *value: str):
        made = _mac(key).copy()
        made.update("\0".join(value).encode())
        self._random = random.Random(int.from_bytes(made.digest(), "big")).random

    def below(self, count: int) -> int:
        """A whole number from 0 to count - 1."""
        return int(self._random() * count)

    def digits(self, count: int) -> str:
        """Some digits."""
        return "".join([_DIGITS[int(self._random() * 10)] for _ in range(count)])

    def one_of(self, items: Sequence[Item]) -> Item:
        """One of some items."""
        return items[self.below(len(items))]

    def word(self, length: int) -> str:
        """Letters that can be spoken: consonants and vowels in turn."""
        turn = self.below(2)
        return "".join(self.one_of((CONSONANTS, VOWELS)[(turn + n) % 2]) for n in range(length))

    def like(self, text: str) -> str:
        """Each run of letters a word of the same length, each digit a digit, the rest as it is."""
        if text.isdecimal():
            return self._digits_like(text)
        made, run = "", 0
        for char in [*text, ""]:
            if char.isalpha() or unicodedata.category(char or " ")[0] == "M":
                run += 1
                continue
            made += self.word(run) + (self.digits(1) if char.isnumeric() else char)
            run = 0
        return made

    def _digits_like(self, text: str) -> str:
        """As `like`, which draws for the word before each digit and behind the last, of none."""
        drawn = [self._random() for _ in range(2 * len(text) + 1)]
        return "".join([_DIGITS[int(one * 10)] for one in drawn[1::2]])
