"""How often the intervals of gold weighted by traffic cover what traffic comes to.

    python tests/bench/gold_weights.py --worlds 200 --out docs/measurements/gold_weights.json

Takes nothing; draws worlds (`weighed_gold`) over layouts of groups, likeness within them, shares
of the hard slice in gold and in traffic, and groups within a slice or across both. Gives for each
cell how often each 95 % interval covers the truth (aim: at least 93 of 100), its median width, and
how far the mean of the estimates is from the truth. About 5 minutes for 100 worlds on one core.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))  # weighed_gold

from support.simulations.grouped_cases import Layout
from support.simulations.weighed_gold import World

LAYOUTS = (
    Layout(50, (1,)), Layout(200, (1,)), Layout(800, (1,)), Layout(20, (10,)), Layout(50, (4,)),
    Layout(83, (1, 1, 1, 5, 5)), Layout(200, (4,)),
)  # fmt: skip
ALIKE = (0.0, 0.3, 1.0)
SHARES = ((0.5, 0.5), (0.5, 0.1), (0.5, 0.9), (0.15, 0.6))  # of the hard slice: gold, traffic


def cell(world: World, worlds: int) -> dict[str, Any]:
    """One kind of world."""
    rng = np.random.default_rng(
        [world.layout.groups, max(world.layout.sizes), int(world.alike * 10),
         int(world.hard_in_gold * 100), int(world.hard_in_traffic * 100), world.crossing]
    )  # fmt: skip
    drawn = [one for _ in range(worlds) if (one := world.intervals(rng)) is not None]
    told: dict[str, Any] = {
        "layout": str(world.layout), "alike": world.alike, "hard_in_gold": world.hard_in_gold,
        "hard_in_traffic": world.hard_in_traffic, "crossing": world.crossing,
        "not_estimable": worlds - len(drawn),
    }  # fmt: skip
    for name, truth in world.truth.items():
        values, low, high = np.array([one[name] for one in drawn]).T
        told[name] = {
            "covers": round(float(np.mean((low <= truth) & (truth <= high))), 4),
            "above_low": round(float(np.mean(low <= truth)), 4),
            "below_high": round(float(np.mean(truth <= high)), 4),
            "median_width": round(float(np.median(high - low)), 4),
            "truth": round(truth, 4), "mean": round(float(values.mean()), 4),
        }  # fmt: skip
    return told


def cells(worlds: int) -> list[dict[str, Any]]:
    """Every cell; single cases are neither alike nor of several slices."""
    found = []
    for layout, alike, shares, crossing in itertools.product(
        LAYOUTS, ALIKE, SHARES, (False, True)
    ):  # fmt: skip
        if max(layout.sizes) > 1 or (alike == 0.0 and not crossing):
            found.append(cell(World(layout, alike, *shares, crossing), worlds))
            print(json.dumps(found[-1]), file=sys.stderr)
    return found


def main() -> None:
    """Writes the table and says the least coverage."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--worlds", type=int, default=200)
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    table = cells(asked.worlds)
    metrics = ("cost_per_case", "straight_through_rate", "selective_risk")
    least = {name: min(one[name]["covers"] for one in table) for name in metrics}
    text = json.dumps({"worlds": asked.worlds, "least_coverage": least, "cells": table}, indent=1)
    if asked.out:
        asked.out.write_text(text + "\n")
    print(json.dumps({"cells": len(table), "least_coverage": least}))


if __name__ == "__main__":
    main()
