"""When two texts are nearly the same, and how surely such a pair is found.

Takes folded texts. Characters rather than words: one edited field in a text of 20 words leaves 0.7
of its word 3-grams but 0.9 of its character 3-grams, and OCR noise breaks words, so words miss what
must be found. Still, 3-grams count an edit twice in a short text (a closing line added to 90
characters gives 0.79), hence the second measure. Below some ten characters an edit leaves too few
3-grams for a pair to become a candidate: such texts are compared reliably only when equal.

LSH: Leskovec, Rajaraman, Ullman, Mining of Massive Datasets, chapter 3. Used by `neighbours`.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from itertools import takewhile

NGRAM = 3
HASHES = 128
# Of the pairs that are only just alike, at most this share is missed. They are those that one
# stretch makes differ: such a pair's Jaccard similarity is the lowest, and far below the threshold.
MISSED = 0.02
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


def _agreeing(left: Iterable[str], right: Iterable[str]) -> int:
    """How many characters from the start are the same."""
    return sum(
        1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(left, right, strict=False))
    )


def common_ends(left: str, right: str) -> float:
    """The share of the longer text that both begin and end with: 1 less the one stretch edited."""
    shorter, longer = sorted((len(left), len(right)))
    start = _agreeing(left, right)
    end = _agreeing(reversed(left), reversed(right))
    return min(start + end, shorter) / longer


def alike(left: str, right: str, threshold: float) -> bool:
    """Whether two texts are nearly equal, by either measure."""
    shorter, longer = sorted((len(left), len(right)))
    if shorter >= threshold * longer and common_ends(left, right) >= threshold:
        return True
    return jaccard(shingles(left), shingles(right)) >= threshold


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
    fitting = [r for r in (16, 8, 4, 2) if (1 - similarity**r) ** (HASHES // r) <= MISSED]
    return fitting[0] if fitting else 1
