"""Which texts are nearly the same as which: LSH candidates, then a true comparison.

Takes texts with their marks, gives places. Bands of equal hashes or equal ends make two texts
candidates, their share of all equal hashes keeps them so, and the texts themselves decide. Called
by the blocks that compare cases.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

from dslm.curation.signatures import MIX, Texts
from dslm.curation.similarity import SURELY_LESS, alike, least_jaccard, rows_per_band

AT_ONCE = 50_000  # texts looked up together: bounds the memory of their band keys


def _likely(texts: Texts, place: int, others: Texts, places: list[int], least: float) -> list[int]:
    """Those places whose share of equal hashes is not far below `least`."""
    if not places:
        return []
    estimates = texts.agreement(place, others, places)
    return [p for p, e in zip(places, estimates, strict=True) if e >= SURELY_LESS * least]


def _sorted(keys: npt.NDArray[np.uint64]) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int64]]:
    """All numbers but 0 in their order, and the place each belongs to."""
    flat, places = keys.ravel(), np.repeat(np.arange(len(keys)), keys.shape[1])
    some = flat != 0
    flat, places = flat[some], places[some]
    order = np.argsort(flat, kind="stable")
    return flat[order], places[order]


class Index:
    """Finds, for other texts, those of its own that are nearly the same."""

    def __init__(self, texts: Texts, threshold: float):
        self.texts, self.threshold = texts, threshold
        self.least = least_jaccard(threshold)
        self.width = rows_per_band(threshold)
        self._known = [_sorted(keys) for keys in texts.keys(self.width)]

    def near(self, others: Texts) -> Iterator[tuple[int, int]]:
        """Pairs (place in `others`, place here) that are nearly the same, sorted."""
        for place, met in self._met(others):
            text = others.text(place)
            for own in _likely(others, place, self.texts, met, self.least):
                if alike(text, self.texts.text(own), self.threshold):
                    yield place, own

    def first_near(self, others: Texts) -> dict[int, int]:
        """For each place in `others` that has one, the first place here nearly the same."""
        first: dict[int, int] = {}
        for place, met in self._met(others):
            text = others.text(place)
            for own in _likely(others, place, self.texts, met, self.least):
                if alike(text, self.texts.text(own), self.threshold):
                    first[place] = own
                    break
        return first

    def _met(self, others: Texts) -> Iterator[tuple[int, list[int]]]:
        """Places of `others` with the places here that share a number, both ascending."""
        for start in range(0, len(others), AT_ONCE):
            part = others.part(start, start + AT_ONCE)
            spans = [
                (np.searchsorted(known, asked), np.searchsorted(known, asked, "right"), places)
                for (known, places), keys in zip(self._known, part.keys(self.width), strict=True)
                for asked in keys.T
            ]
            some = np.any([high > low for low, high, _ in spans], axis=0)
            for place in np.flatnonzero(some).tolist():
                met: set[int] = set()
                for low, high, places in spans:
                    if high[place] > low[place]:
                        met.update(places[low[place] : high[place]].tolist())
                yield start + place, sorted(met)


def near_pairs(left: Texts, right: Texts | None, threshold: float) -> list[tuple[int, int]]:
    """All pairs of nearly equal texts, sorted.

    Args:
        left: Folded texts.
        right: Those to compare them with; None for the pairs within `left`, each once with the
            smaller place first.
        threshold: From which Jaccard similarity of 3-grams, or share of common beginning and end,
            texts are nearly equal.
    """
    pairs = Index(left if right is None else right, threshold).near(left)
    return [(one, other) for one, other in pairs if right is not None or one < other]


def repeats(
    texts: Texts, kinds: npt.NDArray[np.int64], threshold: float, same: Callable[[int, int], bool]
) -> dict[int, int]:
    """Texts that nearly repeat an earlier one which is itself no repeat, with that one.

    One pass in order: each text is compared only with those that were kept, so a template that
    occurs ten thousand times costs ten thousand comparisons, not their square.

    Args:
        texts: Folded texts.
        kinds: Texts of different kinds are never compared.
        threshold: As for `near_pairs`.
        same: Whether the later one of two alike texts may be dropped for the earlier.
    """
    least = least_jaccard(threshold)
    buckets = _buckets(texts, kinds, rows_per_band(threshold))
    kept: defaultdict[int, list[int]] = defaultdict(list)
    found: dict[int, int] = {}
    for place in sorted(buckets):
        met = sorted({one for bucket in buckets[place] for one in kept[bucket]})
        text = texts.text(place)
        for earlier in _likely(texts, place, texts, met, least):
            if alike(texts.text(earlier), text, threshold) and same(earlier, place):
                found[place] = earlier
                break
        else:
            for bucket in buckets[place]:
                kept[bucket].append(place)
    return found


def _buckets(texts: Texts, kinds: npt.NDArray[np.int64], width: int) -> dict[int, list[int]]:
    """The buckets of each place that shares at least one."""
    buckets: defaultdict[int, list[int]] = defaultdict(list)
    salt = kinds.astype(np.uint64)[:, None]
    used = 0
    for keys in texts.keys(width):
        ordered, places = _sorted(np.where(keys == 0, keys, (keys ^ salt) * MIX | np.uint64(1)))
        same = np.r_[False, ordered[1:] == ordered[:-1]]
        shared = same | np.r_[same[1:], False]
        numbers = used + np.cumsum(~same)
        for place, bucket in zip(places[shared].tolist(), numbers[shared].tolist(), strict=True):
            buckets[place].append(bucket)
        used += len(ordered)
    return buckets
