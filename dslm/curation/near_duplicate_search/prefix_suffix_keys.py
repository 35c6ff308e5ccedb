"""Numbers that two texts share when they begin and end alike.

Takes folded texts, gives a row of numbers each, all at once: one pass of NumPy over all their
characters. Texts that begin with the same p and end with the same s bytes are alike by their ends
where p + s is the share t of the longer one's length or more. So each text is cut, for a few totals
T of a geometric series between t and 1 of its own length, into `CUTS` ways to divide T between
beginning and end, rounded down by one part: two alike texts share both stretches of one of them,
(CUTS - 1) / CUTS of T in all. Called by `minhash_signatures` and `source_table`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

LEVELS = 3  # totals from t times a text's length to the whole of it, a factor of √(1/t) apart
CUTS = 4
END_COLUMNS = 1 + LEVELS * CUTS
RELIABLE = 20  # bytes from which a text's ends tell anything
BASE = np.uint64(0x9E3779B97F4A7C15)  # odd: it has an inverse modulo 2^64
INVERSE = np.uint64(pow(int(BASE), -1, 1 << 64))

Numbers = npt.NDArray[np.uint64]


class _Sums:
    """Polynomial hashes of any stretch of some bytes, by differences of their running sums."""

    def __init__(self, data: npt.NDArray[np.uint8]):
        self.back = self._powers(INVERSE, len(data) + 1)
        weighted = (data.astype(np.uint64) + np.uint64(1)) * self._powers(BASE, len(data))
        self.sums = np.concatenate([np.zeros(1, np.uint64), np.cumsum(weighted, dtype=np.uint64)])

    @staticmethod
    def _powers(base: np.uint64, count: int) -> Numbers:
        powers = np.empty(count, dtype=np.uint64)
        powers[:1] = 1
        done = 1
        while done < count:  # twice as many each time: no product waits for the one before it
            more = powers[done : 2 * done]
            factor = np.uint64(pow(int(base), done, 1 << 64))
            np.multiply(powers[: len(more)], factor, out=more)
            done *= 2
        return powers

    def of(self, starts: npt.NDArray[np.int64], lengths: npt.NDArray[np.int64]) -> Numbers:
        """The hash of each stretch; equal bytes have equal hashes, wherever they stand."""
        hashed = (self.sums[starts + lengths] - self.sums[starts]) * self.back[starts]
        return np.asarray(hashed, dtype=np.uint64)


def prefix_suffix_keys(texts: Sequence[str], threshold: float) -> Numbers:
    """Numbers of which two texts share one if enough of their ends is the same.

    Args:
        texts: Folded.
        threshold: The share of the longer one that is enough.

    Returns:
        Shape (texts, END_COLUMNS). First a text's size in bytes, then its numbers; 0 where that
        would be too few characters to tell anything.
    """
    encoded = [text.encode() for text in texts]
    sizes = np.array([len(text) for text in encoded], dtype=np.int64)
    starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)])[:-1]
    sums = _Sums(np.frombuffer(b"".join(encoded), dtype=np.uint8))
    base = max(threshold**-0.5, 1.02)
    lowest = np.floor(np.log(np.maximum(1.0, threshold * sizes)) / np.log(base) + 1e-9)
    keys = np.zeros((len(encoded), END_COLUMNS), dtype=np.uint64)
    keys[:, 0] = sizes
    for step in range(LEVELS):
        level = lowest + step
        total = np.floor(base**level).astype(np.int64)
        told = (total >= threshold * RELIABLE / base) & (total <= sizes)
        total = np.where(told, total, 0)
        for cut in range(CUTS):
            first, last = total * cut // CUTS, total * (CUTS - 1 - cut) // CUTS
            tag = level.astype(np.uint64) * np.uint64(CUTS) + np.uint64(cut)
            mixed = (sums.of(starts, first) ^ tag) * BASE
            mixed = (mixed ^ (mixed >> np.uint64(29)) ^ sums.of(starts + sizes - last, last)) * BASE
            keys[:, 1 + step * CUTS + cut] = np.where(told, mixed | np.uint64(1), np.uint64(0))
    return keys
