"""Where groups limit what is promised: large groups that are rare, and slice alarms.

    python tests/bench/group_limits.py --worlds 300

Takes nothing; draws worlds. Of certificates: how often a threshold is given out whose true risk is
beyond the bound where one group in many is large, wrong throughout, and mostly not met by the
calibration split. Of alarms: how often one rings of four slices of which one is truly worse, by the
gate's own test, and how often a false one does.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))  # certified_answers, grouped_cases

from support.simulations.certified_answers import certified
from support.simulations.grouped_cases import Layout, Numbers, draw

from dslm.scoring.calibration import Answers
from dslm.statistics.group_bounds import p_below
from dslm.statistics.holm import holm

RISK, CONFIDENCE, ALPHA, WORSE_BY, SLICES = 0.08, 0.9, 0.05, 0.15, 4
RARE = ((60, 0.02, 10), (100, 0.01, 20), (100, 0.02, 5), (200, 0.005, 50), (200, 0.01, 10))
ALARMED = (Layout(60, (1,)), Layout(30, (2,)), Layout(15, (4,)))
SAME = np.array([0.06, 0.88, 0.06])


def rare_large(groups: int, chance: float, size: int, worlds: int) -> dict[str, Any]:
    """Groups of one right answer, but for rare ones of `size` wrong answers."""
    rng = np.random.default_rng([groups, size])
    certified_in = 0
    for _ in range(worlds):
        large = rng.random(groups) < chance
        of = np.repeat(np.arange(groups), np.where(large, size, 1))
        of = rng.permutation(of)  # the confidence says nothing
        falling = [1 - place / len(of) for place in range(len(of))]
        answers = Answers(falling, large[of].tolist(), [str(group) for group in of])
        certified_in += certified(answers, RISK, CONFIDENCE) > 0
    true = chance * size / (chance * size + 1 - chance)
    return {"groups": groups, "one_in": round(1 / chance), "of": size, "true_risk": round(true, 3),
            "certified": round(certified_in / worlds, 3)}  # fmt: skip


def rings(slices: list[tuple[Numbers, Numbers]]) -> bool:
    """The alarm's answer on slices with groups."""
    adjusted = holm([p_below(sums, sizes, 0.0, 1.0) for sums, sizes in slices])
    drops = [float(sums.sum() / sizes.sum()) for sums, sizes in slices]
    return any(p <= ALPHA and d <= -WORSE_BY for p, d in zip(adjusted, drops, strict=True))


def alarms(layout: Layout, alike: float, loss: float, worlds: int) -> float:
    """How often one of four slices rings of which the first lost so much."""
    rng = np.random.default_rng([layout.groups, int(10 * alike), int(100 * loss)])
    values, lost = np.array([-1, 0, 1]), np.array([loss, 1 - loss, 0.0])
    chances = [lost if loss else SAME, *[SAME] * (SLICES - 1)]
    return (
        sum(
            rings([draw(rng, layout, values, one, alike) for one in chances]) for _ in range(worlds)
        )
        / worlds
    )


def main() -> None:
    """Draw and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=300)
    worlds = parser.parse_args().worlds
    for groups, chance, size in RARE:
        print(json.dumps(rare_large(groups, chance, size, worlds)))
    for layout in ALARMED:
        for alike in (0.0, 0.3, 1.0):
            rung = {str(loss): alarms(layout, alike, loss, worlds) for loss in (0.0, 0.2, 0.35)}
            print(json.dumps({"layout": str(layout), "alike": alike, "rings_at_loss": rung}))


if __name__ == "__main__":
    main()
