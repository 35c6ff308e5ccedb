"""Numbers that two texts share when they begin or end alike.

Takes folded texts, gives a row of numbers each, all at once: one pass of NumPy over all their
characters. Texts that have the share t of the longer one's length L in common at their ends share
t L / 2 at one of them. So beginnings and endings are hashed at the lengths of a geometric series
near t n / 2 of a text's own length n, which lies between t L and L. Called by `signatures`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

LEVELS = 3  # one for the text's own length, one for a longer text's, one for rounding
END_COLUMNS = 1 + 2 * LEVELS
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
        factors = np.full(count, base, dtype=np.uint64)
        factors[:1] = 1
        return np.asarray(np.multiply.accumulate(factors), dtype=np.uint64)

    def of(self, starts: npt.NDArray[np.int64], lengths: npt.NDArray[np.int64]) -> Numbers:
        """The hash of each stretch; equal bytes have equal hashes, wherever they stand."""
        hashed = (self.sums[starts + lengths] - self.sums[starts]) * self.back[starts]
        return np.asarray(hashed, dtype=np.uint64)


def end_keys(texts: Sequence[str], threshold: float) -> Numbers:
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
    base = max(1 / threshold, 1.02)
    tops = np.floor(np.log(np.maximum(1.0, threshold * sizes / 2)) / np.log(base) + 1e-9)
    least = threshold * RELIABLE / 2 / base
    keys = np.zeros((len(encoded), END_COLUMNS), dtype=np.uint64)
    keys[:, 0] = sizes
    for place in range(LEVELS):
        level = tops - place
        lengths = np.floor(base**level).astype(np.int64)
        told = (lengths >= least) & (lengths <= sizes)
        shown = np.where(told, lengths, 0)
        for end, at in enumerate((starts, starts + sizes - shown)):
            tag = (np.maximum(level, 0).astype(np.uint64) << np.uint64(1)) | np.uint64(end)
            mixed = (sums.of(at, shown) ^ tag) * BASE
            keys[:, 1 + 2 * place + end] = np.where(told, mixed | np.uint64(1), np.uint64(0))
    return keys
