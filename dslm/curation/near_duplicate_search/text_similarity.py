"""When two texts are nearly the same, and how alike pairs truly are, all pairs at once.

Takes folded texts; gives thresholds of the search and the true measures in NumPy. Called by the
near-duplicate search and by the gate.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

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


AT_ONCE = 4_000_000  # letters compared together, unless one pair has more
MOST = 1 << 62  # that a key may be
PADDING = "\0" * (NGRAM - 1)  # so that a text below three letters has a 3-gram of its own

Numbers = npt.NDArray[np.int64]
Truths = npt.NDArray[np.bool_]
Measure = Callable[["Letters", Numbers, Numbers, float], Truths]


@dataclass(frozen=True)
class Letters:
    """Texts as the numbers of their letters.

    Attributes:
        codes: Of all texts, one after another, each with padding; from 0 to `kinds` less one.
        kinds: How many different letters there are.
        sizes: Letters of each text.
    """

    codes: Numbers
    kinds: int
    sizes: Numbers

    @classmethod
    def of(cls, texts: Sequence[str]) -> Letters:
        """Those of some texts."""
        sizes = np.array([len(text) for text in texts], dtype=np.int64)
        joined = "".join(text + PADDING for text in texts)
        points = np.frombuffer(joined.encode("utf-32-le"), dtype="<u4")
        used = np.zeros(0x110000, dtype=bool)
        used[points] = True
        ranks = np.cumsum(used) - 1
        return cls(ranks[points], int(used.sum()), sizes)

    @cached_property
    def starts(self) -> Numbers:
        """Where each text begins."""
        return np.asarray(np.cumsum(self.sizes + len(PADDING)) - self.sizes - len(PADDING))

    @cached_property
    def grams(self) -> tuple[Numbers, Numbers, int]:
        """All different 3-grams of each text, one text after another, and how many each has.

        The third is a number above every 3-gram's.
        """
        counts = np.maximum(1, self.sizes - NGRAM + 1)
        at = _stretches(self.starts, counts)
        grams = np.zeros(len(at), dtype=np.int64)
        for step in range(NGRAM):
            grams = grams * self.kinds + self.codes[at + step]
        span = self.kinds**NGRAM
        if len(counts) * span > MOST:  # a million texts of more than 16,000 different letters
            grams = np.unique(grams, return_inverse=True)[1]
            span = int(grams.max()) + 1
        keys = np.sort(np.repeat(np.arange(len(counts)), counts) * span + grams)
        keys = keys[np.r_[True, keys[1:] != keys[:-1]][: len(keys)]]
        owners, different = np.divmod(keys, span)
        return different, np.bincount(owners, minlength=len(counts)), span

    def parts(self, left: Numbers, right: Numbers) -> Iterator[slice]:
        """Pairs that are compared together: what they take stays bounded, and fits 62 bits."""
        most = max(1, MOST // self.kinds**NGRAM)
        done = np.cumsum(self.sizes[left] + self.sizes[right])
        start = 0
        while start < len(left):
            before = done[start - 1] if start else 0
            end = int(np.searchsorted(done, before + AT_ONCE, "right"))
            end = min(max(end, start + 1), start + most)
            yield slice(start, end)
            start = end


def _stretches(starts: Numbers, counts: Numbers) -> Numbers:
    """All places of stretches, one stretch after another."""
    before = np.repeat(np.cumsum(counts) - counts, counts)
    return np.asarray(np.repeat(starts, counts) + np.arange(len(before)) - before)


def same_grams(letters: Letters, left: Numbers, right: Numbers, threshold: float) -> Truths:
    """For each pair whether the Jaccard similarity of its 3-grams is enough."""
    grams, counts, span = letters.grams
    starts = np.cumsum(counts) - counts
    pairs = np.arange(len(left)) * span
    keys = np.concatenate([
        np.repeat(pairs, counts[side]) + grams[_stretches(starts[side], counts[side])]
        for side in (left, right)
    ])  # fmt: skip
    keys.sort()
    twice = keys[1:][keys[1:] == keys[:-1]] // span
    both = np.bincount(twice, minlength=len(left))
    return np.asarray(both / (counts[left] + counts[right] - both) >= threshold)


def same_ends(letters: Letters, left: Numbers, right: Numbers, threshold: float) -> Truths:
    """For each pair whether the share of the longer text that both begin and end with is enough."""
    one, other = letters.sizes[left], letters.sizes[right]
    shorter, longer = np.minimum(one, other), np.maximum(one, other)
    enough = (shorter >= threshold * longer) & (shorter > 0)
    left, right, shorter, longer = left[enough], right[enough], shorter[enough], longer[enough]
    if not len(left):
        return enough
    within = _stretches(np.zeros_like(shorter), shorter)
    firsts = np.cumsum(shorter) - shorter
    size = np.repeat(shorter, shorter)
    agreeing = np.zeros_like(shorter)
    for at_end in (False, True):
        at = [letters.starts[side] + (letters.sizes[side] - shorter if at_end else 0)
              for side in (left, right)]  # fmt: skip
        mine, theirs = (letters.codes[np.repeat(start, shorter) + within] for start in at)
        reached = size - 1 - within if at_end else within
        agreeing += np.minimum.reduceat(np.where(mine == theirs, size, reached), firsts)
    enough[enough] = np.minimum(agreeing, shorter) / longer >= threshold
    return enough


def true_similarity(
    texts: Sequence[str], left: Numbers, right: Numbers, measure: Measure, threshold: float
) -> Truths:
    """For each pair whether a measure finds it alike.

    Args:
        texts: What `left` and `right` number.
        left: One text of each pair.
        right: The other one.
        measure: `same_grams` or `same_ends`.
        threshold: The share that is enough.
    """
    letters = Letters.of(texts)
    found = [measure(letters, left[p], right[p], threshold) for p in letters.parts(left, right)]
    return np.concatenate(found) if found else np.zeros(0, dtype=bool)
