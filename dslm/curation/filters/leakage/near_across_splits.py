"""Drops training cases that are nearly a calibration or validation case.

Splits are parted by group, but two groups may write nearly the same text, with different answers.
The held-out case stays: dropping moves no case from one split to another.
"""

from __future__ import annotations

import numpy as np

from dslm.curation.case_table import CaseTable
from dslm.curation.ledger import Drop
from dslm.curation.near_duplicate_search import Index
from dslm.curation.splits import SPLITS


def parted_splits(cases: CaseTable, share: float) -> dict[int, Drop]:
    """Of each near pair across splits the case that is less held out, with the other one."""
    split = cases.among("split", SPLITS)
    drops: dict[int, Drop] = {}
    for number in range(len(SPLITS) - 1):
        outer, held = np.flatnonzero(split == number), np.flatnonzero(split > number)
        if not len(outer) or not len(held):
            continue
        index = Index(cases.only(held).texts(), share)
        for place, own in index.one_near(cases.only(outer).texts()).items():
            other = held[own].item()
            reason = f"near_{SPLITS[split[other].item()]}"
            out = outer[place].item()
            drops[out] = Drop(id=cases.id(out), reason=reason, of=cases.id(other))
    return drops
