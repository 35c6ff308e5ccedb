"""From how many lost cases on the slice alarm rings, by the test that it rings by.

Takes the sizes of each slice's groups; gives a `CheckReach`. Called by `detectable_differences`.
The alarm's p-value where nothing was gained is Gaffke's with the worst group still to come: of
groups of at most M cases that lost x1, x2, … it is the product of M / (M + x). Of single cases that
is a fair coin for each, as the exact test has it; of groups of five each lost case tells a quarter
of that.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from dslm.data_card import CheckReach
from dslm.settings.gate_policy import SliceAlarm


def fewest_lost(sizes: Sequence[int], level: float) -> int | None:
    """The fewest lost cases with which a slice is significantly worse; None where all are too few.

    They tell most where no two of them are of one group, as far as there is room.

    Args:
        sizes: Cases of each group.
        level: That the p-value has to keep.
    """
    largest, asked, lost = max(sizes), -math.log(level) - 1e-9, 0
    for before in range(largest):  # one more of every group that has one more
        told = math.log1p(1 / (largest + before))
        room = sum(size > before for size in sizes)
        if told * room >= asked:
            return lost + max(1, math.ceil(asked / told))
        asked, lost = asked - told * room, lost + room
    return None


def alarm_reach(check: SliceAlarm, slices: Sequence[Sequence[int]], alpha: float) -> CheckReach:
    """What the alarm hears at the earliest: every lost case counts, and none was gained.

    Args:
        check: The alarm.
        slices: Of each slice of gold, cases of each of its groups.
        alpha: Chance of any false alarm.
    """
    judged = [sizes for sizes in slices if sum(sizes) >= check.min_cases]
    asked = f"no slice worse than with the {check.against} by {check.worse_by:.3f}"
    if not slices:
        can = "has nothing to compare: the contract names no `slices`"
        return CheckReach(id=check.id, asked=asked, can=can, needed=None, enough=None)
    if not judged:
        can = f"has no slice of {check.min_cases} cases"
        return CheckReach(id=check.id, asked=asked, can=can, needed=None, enough=False)
    lost = [fewest_lost(sizes, alpha / len(judged)) for sizes in judged]
    deaf = sum(
        few is None or few > round(check.worse_by * sum(sizes), 9)
        for few, sizes in zip(lost, judged, strict=True)
    )
    can = _rings(lost, judged)
    if deaf:
        can += f"; in {deaf} of them a drop of {check.worse_by:.3f} is too small to be detected"
        if all(max(sizes) == 1 for sizes in judged):
            heard = math.ceil(round((lost[0] or max(map(len, judged)) + 1) / check.worse_by, 9))
            can += f", which needs {heard} cases in a slice"
    small = len(slices) - len(judged)
    if small:
        can += f"; {small} are too small to judge"
    return CheckReach(id=check.id, asked=asked, can=can, needed=None, enough=not deaf)


def _rings(lost: Sequence[int | None], judged: Sequence[Sequence[int]]) -> str:
    found = [few for few in lost if few is not None]
    if not found:
        return f"cannot trigger in any of {len(judged)} slices, even if every case became wrong"
    span = f"{min(found)}" + (f" to {max(found)}" if max(found) > min(found) else "")
    grouped = any(max(sizes) > 1 for sizes in judged)
    apart = " (in different groups, as far as there are groups)" if grouped else ""
    worst = max((few or math.inf) / sum(sizes) for few, sizes in zip(lost, judged, strict=True))
    drop = f"that is a drop of {worst:.3f}" if math.isfinite(worst) else "it cannot trigger"
    return (
        f"triggers at {span} newly wrong cases in a slice{apart}; in the least sensitive of the "
        f"{len(judged)} slices {drop}"
    )
