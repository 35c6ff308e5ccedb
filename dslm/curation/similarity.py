"""When two texts are nearly the same, and how surely such a pair is found.

Takes folded texts. Characters rather than words: one edited field in a text of 20 words leaves 0.7
of its word 3-grams but 0.9 of its character 3-grams, and OCR noise breaks words, so words miss what
must be found. Still, 3-grams count an edit twice in a short text (a closing line added to 90
characters gives 0.79), hence the second measure: the share of common ends. A pair that is alike by
the first is found by bands of equal hashes, one that is alike by the second by equal ends. Texts
below some ten characters are compared reliably only when equal.

LSH: Leskovec, Rajaraman, Ullman, Mining of Massive Datasets, chapter 3. What
is computed of texts is in `letters`. Used by `neighbours`.
"""

from __future__ import annotations

import math

NGRAM = 3
HASHES = 64
MISSED = 0.01  # at most this share of the pairs that are only just similar shares no band
# A share of equal hashes this far below the least similarity is more than three standard errors
# off (0.05 with 64 hashes); short texts, whose similarity falls lower still, keep their chance.
SURELY_LESS = 0.75


def surely_below(threshold: float) -> float:
    """A share of equal hashes that a pair of this Jaccard similarity falls below once in a hundred.

    It is the mean of so many coin tosses: 2.3 standard errors below. With what bands miss, at most
    one in fifty of the pairs that are only just similar is lost.
    """
    return threshold - 2.33 * math.sqrt(threshold * (1 - threshold) / HASHES)


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
