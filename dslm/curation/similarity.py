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
import zlib
from collections.abc import Iterable
from functools import lru_cache
from itertools import takewhile

NGRAM = 3
HASHES = 128
END_LEVELS = 3  # one for the text's own length, one for a longer text's, one for rounding
END_KEYS = 2 * END_LEVELS
LEAST_END = 4  # characters
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
    fitting = (r for r in range(16, 1, -1) if (1 - similarity**r) ** (HASHES // r) <= MISSED)
    return next(fitting, 1)


def end_keys(text: str, threshold: float) -> list[int]:
    """Numbers of which two texts share one if they have enough of their ends in common.

    Texts that share the threshold t of the longer one's length L at both ends share t L / 2 at one
    of them. So the first and the last characters are hashed at the lengths of a geometric series
    near t n / 2 of a text's own length n, which is between t L and L. Six numbers; 0 where that
    would be too few characters to tell anything.
    """
    base = max(1 / threshold, 1.02)
    top = math.floor(math.log(max(1.0, threshold * len(text) / 2), base) + 1e-9)
    keys: list[int] = []
    for level in range(top, top - END_LEVELS, -1):
        length = math.floor(base**level)
        for end, part in enumerate((text[:length], text[-length:])):
            seen = zlib.crc32(part.encode()) << 16 | (level & 0x7FFF) << 1 | end
            keys.append(seen if length >= LEAST_END else 0)
    return keys
