"""Who meets whom: texts that share a number, as pairs of places, some at a time.

Takes the numbers of texts, gives candidates. All of it is NumPy: no object is made for a text or a
pair, and of the texts that meet none nothing is left. Called by `near_pairs`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

MOST_PAIRS = 5_000_000  # candidates held together, unless one text has more
HALF = np.uint64(32)

Keys = npt.NDArray[np.uint64]
Places = npt.NDArray[np.int64]
Pairs = tuple[Places, Places]


@dataclass(frozen=True)
class SortedKeys:
    """Numbers in their order, each with the place it belongs to; equal ones by place."""

    numbers: Keys
    places: Places

    @classmethod
    def of(cls, keys: Keys) -> SortedKeys:
        """All numbers of `keys` but 0, shape (texts, numbers a text).

        Half of a number's bits are kept, and its place put behind them: sorting such is ten times
        faster than sorting places by numbers. Two that share their half by chance meet for nothing.
        """
        places = np.repeat(np.arange(len(keys), dtype=np.uint64), keys.shape[1])
        flat = keys.ravel()
        some = flat != 0
        packed = (flat[some] >> HALF << HALF) | places[some]
        packed.sort()
        mask = np.uint64((1 << 32) - 1)
        return cls(packed >> HALF, (packed & mask).astype(np.int64))


@dataclass(frozen=True)
class CandidatePairs:
    """Places, sorted, each with the stretch of other places that it meets.

    Attributes:
        left: One place a stretch; a place may have several.
        low: Where in `right` its stretch begins.
        high: Where it ends.
        right: The other places, number by number.
    """

    left: Places
    low: Places
    high: Places
    right: Places

    @classmethod
    def _gathered(
        cls, parts: Iterable[tuple[Places, Places, Places]], places: Iterable[Places]
    ) -> CandidatePairs:
        right = list(places)
        starts = np.cumsum([0, *map(len, right)])[:-1].tolist()
        shifted = [(one, low + at, high + at)
                   for at, (one, low, high) in zip(starts, parts, strict=True)]  # fmt: skip
        left, low, high = (np.concatenate(column) for column in zip(*shifted, strict=True))
        order = np.argsort(left, kind="stable")
        return cls(left[order], low[order], high[order], np.concatenate(right))

    @classmethod
    def within(cls, known: Iterable[SortedKeys], *, earlier: bool = False) -> CandidatePairs:
        """Each place with the later ones that share a number with it, or with the earlier ones."""
        known = list(known)
        parts = []
        for one in known:
            new = np.r_[True, one.numbers[1:] != one.numbers[:-1]][: len(one.numbers)]
            firsts = np.flatnonzero(new)
            sizes = np.diff(np.r_[firsts, len(one.numbers)])
            at = np.arange(len(one.numbers))
            low, high = np.repeat(firsts, sizes), np.repeat(firsts + sizes, sizes)
            low, high = (low, at) if earlier else (at + 1, high)
            some = low < high
            parts.append((one.places[some], low[some], high[some]))
        return cls._gathered(parts, [one.places for one in known])

    @classmethod
    def of(cls, keys: Iterable[Keys], known: Iterable[SortedKeys]) -> CandidatePairs:
        """The places of `keys`, each with those known that share a number with it."""
        known = list(known)
        parts = []
        for asked, one in zip(map(SortedKeys.of, keys), known, strict=True):
            low = np.searchsorted(one.numbers, asked.numbers)
            high = np.searchsorted(one.numbers, asked.numbers, "right")
            some = high > low
            parts.append((asked.places[some], low[some], high[some]))
        return cls._gathered(parts, [one.places for one in known])

    def __len__(self) -> int:
        return len(self.left)

    def _only(self, some: npt.NDArray[np.bool_]) -> CandidatePairs:
        return CandidatePairs(self.left[some], self.low[some], self.high[some], self.right)

    def without(self, places: Collection[int]) -> CandidatePairs:
        """Those of all places but some."""
        gone = np.fromiter(places, dtype=np.int64, count=len(places))
        return self._only(~np.isin(self.left, gone))

    def first(self, count: int) -> CandidatePairs:
        """The first so many of each stretch."""
        return CandidatePairs(
            self.left, self.low, np.minimum(self.low + count, self.high), self.right
        )

    def after(self, count: int) -> CandidatePairs:
        """What is left of each stretch after the first so many."""
        left = CandidatePairs(self.left, self.low + count, self.high, self.right)
        return left._only(left.low < left.high)

    def slices(self) -> Iterator[Pairs]:
        """All pairs, each once, sorted; not too many together."""
        counts = self.high - self.low
        total = np.cumsum(counts)
        start = 0
        while start < len(self):
            done = total[start] - counts[start]
            end = int(np.searchsorted(total, done + MOST_PAIRS, "right"))
            end = max(end, start + 1)
            if end < len(self):  # a place's stretches stay together, so that its pairs come once
                whole = int(np.searchsorted(self.left, self.left[end]))
                end = (
                    whole
                    if whole > start
                    else int(np.searchsorted(self.left, self.left[start], "right"))
                )
            yield self._pairs(slice(start, end))
            start = end

    def _pairs(self, part: slice) -> Pairs:
        low = self.low[part]
        counts = self.high[part] - low
        left = np.repeat(self.left[part], counts)
        before = np.repeat(np.cumsum(counts) - counts, counts)
        right = self.right[np.repeat(low, counts) + np.arange(len(left)) - before]
        order = np.lexsort((right, left))
        left, right = left[order], right[order]
        new = np.r_[True, (left[1:] != left[:-1]) | (right[1:] != right[:-1])][: len(left)]
        return left[new], right[new]
