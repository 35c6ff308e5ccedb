"""Drops held-out cases whose group was there before, where splits are parted by time.

A customer who wrote last year and last week would stand in training and in calibration. The earlier
cases stay, so that later ones never move or remove what was trained on.
"""

from __future__ import annotations

import numpy as np

from dslm.curation.case_table import CaseTable
from dslm.curation.ledger import Drop
from dslm.curation.splits import SPLITS


def group_across_splits(cases: CaseTable, may_cross: bool) -> dict[int, Drop]:
    """The cases of a group that also stands in an earlier split.

    Args:
        cases: What is left of all cases.
        may_cross: Whether a group can: not where cases have none, or splits go by group.
    """
    if not may_cross:
        return {}
    split, groups = cases.among("split", SPLITS), cases.numbers("group_number")
    drops: dict[int, Drop] = {}
    for number in range(1, len(SPLITS)):
        earlier = np.unique(groups[split < number])
        for place in np.flatnonzero((split == number) & np.isin(groups, earlier)).tolist():
            drops[place] = Drop(id=cases.id(place), reason="group_in_earlier_split")
    return drops
