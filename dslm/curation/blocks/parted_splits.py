"""Drops training cases that are nearly a calibration or validation case.

Splits are parted by group, but two groups may write nearly the same text, with different answers.
The held-out case stays: dropping moves no case from one split to another.
"""

from __future__ import annotations

from collections.abc import Sequence

from dslm.contract.model import Contract
from dslm.curation.grouping import folded
from dslm.curation.ledger import Drop
from dslm.curation.similarity import near_pairs
from dslm.curation.splitting import SPLITS, split_of
from dslm.records import Case


def parted_splits(cases: Sequence[Case], contract: Contract) -> list[Drop]:
    """Of each near pair across splits the case that is less held out, with the other one."""
    split = [SPLITS.index(split_of(contract, case)) for case in cases]
    drops: dict[int, Drop] = {}
    for one, other in near_pairs([folded(c) for c in cases], None, contract.data.near_duplicate):
        if split[one] == split[other]:
            continue
        out, held = sorted((one, other), key=lambda place: split[place])
        reason = f"near_{SPLITS[split[held]]}"
        drops.setdefault(out, Drop(id=cases[out].id, reason=reason, of=cases[held].id))
    return [drops[place] for place in sorted(drops)]
