"""When two texts are nearly the same, and how surely such a pair is found.

Takes folded texts. Characters rather than words: one edited field in a text of 20 words leaves 0.7
of its word 3-grams but 0.9 of its character 3-grams, and OCR noise breaks words, so words miss what
must be found. Still, 3-grams count an edit twice in a short text (a closing line added to 90
characters gives 0.79), hence the second measure: the share of common ends. A pair that is alike by
the first is found by bands of equal hashes, one that is alike by the second by equal ends. Texts
below some ten characters are compared reliably only when equal.

LSH: Leskovec, Rajaraman, Ullman, Mining of Massive Datasets, chapter 3. Used by `neighbours`.
"""

from __future__ import annotations

import math
from functools import lru_cache

NGRAM = 3
HASHES = 128
MISSED = 0.02  # at most this share of the pairs that are only just similar is missed
# A share of equal hashes this far below the least similarity is more than three standard errors
# off (0.04 with 128 hashes); short texts, whose similarity falls lower still, keep their chance.
SURELY_LESS = 0.75


@lru_cache(maxsize=1 << 14)
def shingles(text: str) -> frozenset[str]:
    """A text's character 3-grams; a shorter text is its own."""
    return frozenset(text[i : i + NGRAM] for i in range(max(1, len(text) - NGRAM + 1)))


def jaccard(left: frozenset[str], right: frozenset[str]) -> float:
    """Size of the intersection over that of the union."""
    both = len(left & right)
    return both / (len(left) + len(right) - both)


def _agreeing(left: str, right: str) -> int:
    """How many characters from the start are the same, by halving."""
    low, high = 0, len(left) if len(left) < len(right) else len(right)
    while low < high:
        middle = (low + high + 1) // 2
        if left[low:middle] == right[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def common_ends(left: str, right: str) -> float:
    """The share of the longer text that both begin and end with: 1 less the one stretch edited."""
    shorter, longer = sorted((len(left), len(right)))
    start = _agreeing(left, right)
    end = _agreeing(left[::-1], right[::-1])
    return min(start + end, shorter) / longer


def same_ends(left: str, right: str, threshold: float) -> bool:
    """Whether two texts are nearly equal but for one stretch."""
    shorter, longer = sorted((len(left), len(right)))
    return shorter >= threshold * longer and common_ends(left, right) >= threshold


def same_grams(left: str, right: str, threshold: float) -> bool:
    """Whether two texts are nearly equal by their 3-grams."""
    return jaccard(shingles(left), shingles(right)) >= threshold


def alike(left: str, right: str, threshold: float) -> bool:
    """Whether two texts are nearly equal, by either measure."""
    return same_ends(left, right, threshold) or same_grams(left, right, threshold)


def surely_below(threshold: float) -> float:
    """A share of equal hashes that a pair of this Jaccard similarity has but once in a million.

    It is the mean of so many coin tosses: 4.8 standard errors below.
    """
    return threshold - 4.8 * math.sqrt(threshold * (1 - threshold) / HASHES)


def least_jaccard(threshold: float) -> float:
    """How low the Jaccard similarity of alike texts may be.

    Texts that share t of their length have t / (2 - t), less the 3-grams across the cuts.
    """
    return 0.9 * threshold / (2 - threshold)


def rows_per_band(similarity: float) -> int:
    """The most hashes a band may have so that pairs of a Jaccard similarity are still found.

    A pair of similarity s shares a band of r hashes with probability s^r, and one of the b bands
    with 1 - (1 - s^r)^b.
    """
    fitting = (r for r in range(16, 1, -1) if (1 - similarity**r) ** (HASHES // r) <= MISSED)
    return next(fitting, 1)
