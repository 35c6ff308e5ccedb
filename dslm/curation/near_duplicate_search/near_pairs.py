"""Which texts are nearly the same as which: LSH candidates, then a true comparison.

Takes texts with their marks, gives places. Bands of equal hashes or equal ends make two texts
candidates, their share of all equal hashes keeps them so, and the texts themselves decide. Called
by the blocks that compare cases.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from dslm.curation.near_duplicate_search.candidate_pairs import (
    CandidatePairs,
    Keys,
    Pairs,
    SortedKeys,
)
from dslm.curation.near_duplicate_search.minhash_signatures import MIX, Places, Shares, Texts
from dslm.curation.near_duplicate_search.text_similarity import (
    SURELY_LESS,
    Measure,
    least_jaccard,
    rows_per_band,
    same_ends,
    same_grams,
    surely_below,
    true_similarity,
)

AT_ONCE = 50_000  # texts looked up together: bounds the memory of their keys
SIZE_MARGIN = 0.8
COMPARED = 50_000  # pairs whose texts are held together
FIRST_LOOK = 1  # candidates by each number that a text is compared with before it is with more


@dataclass(frozen=True)
class Route:
    """One way in which alike texts meet.

    Attributes:
        known: The numbers they meet by, one or several a text.
        least: Share of equal hashes from which a pair is compared.
        same: The measure that decides.
    """

    known: tuple[SortedKeys, ...]
    least: float
    same: Measure


class Index:
    """Finds, for other texts, those of its own that are nearly the same."""

    def __init__(self, texts: Texts, threshold: float, kinds: Places | None = None):
        """Texts of different kinds are not compared; without `kinds` all are of one."""
        self.texts, self.threshold, self.kinds = texts, threshold, kinds
        self.width = rows_per_band(threshold)
        self._sizes = texts.sizes()
        self.routes = tuple(
            Route(tuple(SortedKeys.of(self._of_kind(one)) for one in keys), least, same)
            for keys, (least, same) in zip(self._keys(texts), self._measures(), strict=True)
        )

    def _keys(self, texts: Texts) -> tuple[Iterable[Keys], ...]:
        """By which numbers texts meet, route by route."""
        return texts.bands(self.width), [texts.ends()]

    def _of_kind(self, keys: Keys) -> Keys:
        """The numbers as those of other kinds do not have them; 0 stays none."""
        if self.kinds is None:
            return keys
        salted = (keys ^ self.kinds.astype(np.uint64)[:, None]) * MIX | np.uint64(1)
        return np.where(keys == 0, keys, salted)

    def _measures(self) -> tuple[tuple[float, Measure], ...]:
        return (
            (surely_below(self.threshold), same_grams),
            (SURELY_LESS * least_jaccard(self.threshold), same_ends),
        )

    def within(self) -> set[tuple[int, int]]:
        """All pairs of its own texts that are nearly the same, the smaller place first."""
        found: set[tuple[int, int]] = set()
        for route in self.routes:
            for pairs in CandidatePairs.within(route.known).slices():
                found |= _as_set(self.truly(self.texts, pairs, route))
        return found

    def near(self, others: Texts) -> set[tuple[int, int]]:
        """All pairs (place in `others`, place here) that are nearly the same."""
        found: set[tuple[int, int]] = set()
        for start, part, route, meetings in self._met(others):
            for pairs in meetings.slices():
                left, right = self.truly(part, pairs, route)
                found |= _as_set((left + start, right))
        return found

    def one_near(self, others: Texts) -> dict[int, int]:
        """For each place in `others` that has one, a place here that is nearly the same.

        A text is compared with few candidates at first, and with more only where none was the
        same: a template that occurs ten thousand times on both sides does not cost its square.
        """
        found: dict[int, int] = {}
        for start, part, route, meetings in self._met(others):
            look = FIRST_LOOK
            left = meetings.without({place - start for place in found})
            while left:
                true: dict[int, int] = {}
                for pairs in left.first(look).slices():
                    places, firsts = self.truly(part, pairs, route)
                    true |= dict(zip(places[::-1].tolist(), firsts[::-1].tolist(), strict=True))
                found |= {start + place: own for place, own in true.items()}
                left, look = left.after(look).without(true), 4 * look
        return dict(sorted(found.items()))

    def _met(self, others: Texts) -> Iterator[tuple[int, Texts, Route, CandidatePairs]]:
        """Where parts of other texts meet those here, route by route."""
        for start in range(0, len(others), AT_ONCE):
            part = others.part(start, start + AT_ONCE)
            for keys, route in zip(self._keys(part), self.routes, strict=True):
                yield start, part, route, CandidatePairs.of(keys, route.known)

    def truly(self, others: Texts, pairs: Pairs, route: Route) -> Pairs:
        """The candidates that are the same by a route's measure."""
        left, right = self._of_a_size(others.sizes(), *pairs)
        likely = others.agreement(left, self.texts, right) >= route.least
        left, right = left[likely], right[likely]
        found = []
        for start in range(0, len(left), COMPARED):
            some = slice(start, start + COMPARED)
            own, place_of_own = np.unique(left[some], return_inverse=True)
            met, place_of_met = np.unique(right[some], return_inverse=True)
            texts = [*map(others.text, own.tolist()), *map(self.texts.text, met.tolist())]
            found.append(
                true_similarity(
                    texts, place_of_own, place_of_met + len(own), route.same, self.threshold
                )
            )
        true = np.concatenate([*found, np.zeros(0, dtype=bool)])
        return left[true], right[true]

    def _of_a_size(self, sizes: Shares, left: Places, right: Places) -> Pairs:
        """The pairs whose sizes are near enough: neither measure lets the shorter be too short.

        A Jaccard similarity of t needs at least t as many 3-grams; a little is let go for those
        that a text has twice, and for characters of several bytes.
        """
        one, other = sizes[left], self._sizes[right]
        fit = np.minimum(one, other) >= SIZE_MARGIN * self.threshold * np.maximum(one, other)
        return left[fit], right[fit]


def _as_set(pairs: Pairs) -> set[tuple[int, int]]:
    return set(zip(*(places.tolist() for places in pairs), strict=True))


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
        return sorted(Index(left, threshold).within())
    return sorted(Index(right, threshold).near(left))
