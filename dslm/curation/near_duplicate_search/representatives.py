"""Which texts nearly repeat an earlier one that is itself no repeat.

Takes texts with their marks, gives each repeat with what it repeats. A template that occurs ten
thousand times is not compared with itself ten thousand times over: a text is compared with the
first few that it meets, and only where none of them is alike and stays, with four times as many.
Called by the blocks `near_duplicates` and `near_disagreements`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

import numpy as np

from dslm.curation.near_duplicate_search.candidate_pairs import CandidatePairs, Places
from dslm.curation.near_duplicate_search.minhash_signatures import Texts
from dslm.curation.near_duplicate_search.near_pairs import FIRST_LOOK, Index


def repeats(
    texts: Texts, kinds: Places, threshold: float, same: Callable[[int, int], bool]
) -> dict[int, int]:
    """Texts that nearly repeat an earlier one which is itself no repeat, with such a one.

    Args:
        texts: Folded texts.
        kinds: Texts of different kinds are never compared.
        threshold: As for `neighbours.near_pairs`.
        same: Whether the later one of two alike texts may be dropped for the earlier.
    """
    index = Index(texts, threshold, kinds)
    left = [CandidatePairs.within(route.known, earlier=True) for route in index.routes]
    known, look = Known(), FIRST_LOOK
    while any(map(len, left)):
        for route, meetings in zip(index.routes, left, strict=True):
            for later, earlier in meetings.first(look).slices():
                gone = np.fromiter(known.found, dtype=np.int64, count=len(known.found))
                open_ = ~np.isin(earlier, gone)
                pairs = index.truly(texts, (later[open_], earlier[open_]), route)
                for place, met in zip(*(side.tolist() for side in pairs), strict=True):
                    if same(met, place):
                        known.alike[place].append(met)
        left = [meetings.after(look) for meetings in left]
        known.settle({place for meetings in left for place in np.unique(meetings.left).tolist()})
        left, look = [meetings.without(known.found) for meetings in left], 4 * look
    return dict(sorted(known.found.items()))


class Known:
    """What is known so far of texts that may be repeats.

    Attributes:
        alike: Earlier texts that each is nearly the same as.
        found: Repeats, with what they repeat.
        unsure: Those that may be repeats of texts which they were not compared with yet, or of
            others that are unsure.
    """

    def __init__(self) -> None:
        self.alike: defaultdict[int, list[int]] = defaultdict(list)
        self.found: dict[int, int] = {}
        self.unsure: set[int] = set()

    def settle(self, waiting: set[int]) -> None:
        """Say what can be said, in order, so that what a text depends on is settled before it.

        Args:
            waiting: Those that were not yet compared with all that they meet.
        """
        for place in sorted({*waiting, *self.unsure, *self.alike} - self.found.keys()):
            left = [met for met in self.alike.get(place, ()) if met not in self.found]
            stays = [met for met in left if met not in self.unsure]
            self.unsure.discard(place)
            if stays:
                self.found[place] = min(stays)
            elif left or place in waiting:
                self.unsure.add(place)
