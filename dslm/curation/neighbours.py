"""Which texts are nearly the same as which: LSH candidates, then a true comparison.

Takes texts with their marks, gives places. Bands of equal hashes or equal ends make two texts
candidates, their share of all equal hashes keeps them so, and the texts themselves decide. Called
by the blocks that compare cases.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

from dslm.curation.signatures import MIX, Places, Shares, Texts
from dslm.curation.similarity import (
    SURELY_LESS,
    alike,
    least_jaccard,
    rows_per_band,
    same_ends,
    same_grams,
    surely_below,
)

AT_ONCE = 50_000  # texts looked up together: bounds the memory of their keys
SIZE_MARGIN = 0.8
MOST_PAIRS = 5_000_000  # candidates held together, unless one text has more

Keys = npt.NDArray[np.uint64]
Spans = list[tuple[Places, Places, Places]]


def _sorted(keys: Keys) -> tuple[Keys, Places]:
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
        self.width = rows_per_band(threshold)
        self._bands = [_sorted(keys) for keys in texts.bands(self.width)]
        self._ends = [_sorted(texts.ends())]
        self._sizes = texts.sizes()

    def near(self, others: Texts, *, within: bool = False) -> Iterator[tuple[int, int]]:
        """Pairs (place in `others`, place here) that are nearly the same, sorted.

        Args:
            others: The texts to look for.
            within: They are the texts of this index: each pair once, the smaller place first.
        """
        sizes = others.sizes()
        for start in range(0, len(others), AT_ONCE):
            part = others.part(start, start + AT_ONCE)
            bands = _spans(self._bands, part.bands(self.width))
            ends = _spans(self._ends, [part.ends()])
            for first, last in _slices(_counts(bands) + _counts(ends)):
                found: set[tuple[int, int]] = set()
                for spans, least, same in (
                    (bands, surely_below(self.threshold), same_grams),
                    (ends, SURELY_LESS * least_jaccard(self.threshold), same_ends),
                ):
                    left, right = _expanded(spans, first, last, start=start, within=within)
                    left, right = self._of_a_size(sizes, left, right)
                    likely = others.agreement(left, self.texts, right) >= least
                    found |= self._truly(others, left[likely], right[likely], same)
                yield from sorted(found)

    def _of_a_size(self, sizes: Shares, left: Places, right: Places) -> tuple[Places, Places]:
        """The pairs whose sizes are near enough: neither measure lets the shorter be too short.

        A Jaccard similarity of t needs at least t as many 3-grams; a little is let go for those
        that a text has twice, and for characters of several bytes.
        """
        one, other = sizes[left], self._sizes[right]
        fit = np.minimum(one, other) >= SIZE_MARGIN * self.threshold * np.maximum(one, other)
        return left[fit], right[fit]

    def first_near(self, others: Texts) -> dict[int, int]:
        """For each place in `others` that has one, the first place here nearly the same."""
        first: dict[int, int] = {}
        for place, own in self.near(others):
            first.setdefault(place, own)
        return first

    def _truly(
        self, others: Texts, left: Places, right: Places, same: Callable[[str, str, float], bool]
    ) -> set[tuple[int, int]]:
        """The candidates that are the same by one measure."""
        found: set[tuple[int, int]] = set()
        text, at = "", -1
        for place, own in zip(left.tolist(), right.tolist(), strict=True):
            if place != at:
                text, at = others.text(place), place
            if same(text, self.texts.text(own), self.threshold):
                found.add((place, own))
        return found


def _spans(known: Sequence[tuple[Keys, Places]], asked: Iterable[Keys]) -> Spans:
    """For each number asked for, from where to where it stands among those known."""
    return [
        (np.searchsorted(numbers, column), np.searchsorted(numbers, column, "right"), places)
        for (numbers, places), keys in zip(known, asked, strict=True)
        for column in keys.T
    ]


def _counts(spans: Spans) -> Places:
    """How many candidates each text has."""
    return np.asarray(np.sum([high - low for low, high, _ in spans], axis=0), dtype=np.int64)


def _slices(counts: Places) -> Iterator[tuple[int, int]]:
    """Stretches of texts that have candidates, of not too many together."""
    first, held = 0, 0
    for place, count in enumerate(counts.tolist()):
        if held and held + count > MOST_PAIRS:
            yield first, place
            first, held = place, 0
        held += count
    if held:
        yield first, len(counts)


def _expanded(
    spans: Spans, first: int, last: int, *, start: int, within: bool
) -> tuple[Places, Places]:
    """Every pair that the spans of some texts name, each once, sorted; texts count from `start`."""
    lefts, rights = [], []
    for low, high, places in spans:
        begin = low[first:last]
        counts = high[first:last] - begin
        left = np.repeat(np.arange(first, last), counts)
        before = np.repeat(np.cumsum(counts) - counts, counts)
        right = places[np.repeat(begin, counts) + np.arange(len(left)) - before]
        kept = left + start < right if within else slice(None)
        lefts.append(left[kept] + start)
        rights.append(right[kept])
    left, right = np.concatenate(lefts), np.concatenate(rights)
    order = np.lexsort((right, left))
    left, right = left[order], right[order]
    new = np.r_[True, (left[1:] != left[:-1]) | (right[1:] != right[:-1])][: len(left)]
    return left[new], right[new]


def near_pairs(left: Texts, right: Texts | None, threshold: float) -> list[tuple[int, int]]:
    """All pairs of nearly equal texts, sorted.

    Args:
        left: Folded texts.
        right: Those to compare them with; None for the pairs within `left`, each once with the
            smaller place first.
        threshold: From which Jaccard similarity of 3-grams, or share of common beginning and end,
            texts are nearly equal.
    """
    if right is None:
        return list(Index(left, threshold).near(left, within=True))
    return list(Index(right, threshold).near(left))


def repeats(
    texts: Texts, kinds: Places, threshold: float, same: Callable[[int, int], bool]
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
        met = np.array(sorted({one for bucket in buckets[place] for one in kept[bucket]}), np.int64)
        likely = texts.agreement(np.full(len(met), place), texts, met) >= SURELY_LESS * least
        text = texts.text(place)
        for earlier in met[likely].tolist():
            if alike(texts.text(earlier), text, threshold) and same(earlier, place):
                found[place] = earlier
                break
        else:
            for bucket in buckets[place]:
                kept[bucket].append(place)
    return found


def _buckets(texts: Texts, kinds: Places, width: int) -> dict[int, list[int]]:
    """The buckets of each place that shares at least one."""
    buckets: defaultdict[int, list[int]] = defaultdict(list)
    salt = kinds.astype(np.uint64)[:, None]
    used = 0
    for keys in (*texts.bands(width), texts.ends()):
        ordered, places = _sorted(np.where(keys == 0, keys, (keys ^ salt) * MIX | np.uint64(1)))
        same = np.r_[False, ordered[1:] == ordered[:-1]]
        shared = same | np.r_[same[1:], False]
        numbers = used + np.cumsum(~same)
        for place, bucket in zip(places[shared].tolist(), numbers[shared].tolist(), strict=True):
            buckets[place].append(bucket)
        used += len(ordered)
    return buckets
