"""How many groups a margin takes, beside how many `dslm check` and the data card say.

    python tests/bench/needed_cases.py --worlds 800

Takes nothing; draws worlds (`grouped_cases`) of two equal models that differ on every twentieth
case, over sizes of groups and likeness within them. Gives for each cell the fewest groups with
which four in five worlds pass the gate's own test, the number that is told, and told by fewest.
About four minutes on one core.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))  # grouped_cases

from support.simulations.grouped_cases import Layout, draw, pairs

from dslm.gating.power.detectable_differences import DISCORDANCE, needed_for
from dslm.statistics.group_bounds import p_below
from dslm.statistics.power_and_sample_size import POWER

ALPHA = 0.05
SIZES = ((1,), (2,), (4,), (10,), (1, 1, 1, 5, 5))
ALIKE = (0.0, 0.1, 0.3, 0.6, 1.0)
MARGINS = (0.05, 0.1)
NEAREST = 0.02  # of the fewest groups, to which they are looked for


def power(groups: int, sizes: tuple[int, ...], alike: float, margin: float, worlds: int) -> float:
    """The share of worlds in which an equal model passes."""
    rng = np.random.default_rng([groups, len(sizes), sum(sizes), int(alike * 10)])
    values, chances = pairs(DISCORDANCE, 0.0)
    drawn = (draw(rng, Layout(groups, sizes), values, chances, alike) for _ in range(worlds))
    return float(np.mean([p_below(-sums, of, margin, 1.0) <= ALPHA for sums, of in drawn]))


def fewest(sizes: tuple[int, ...], alike: float, margin: float, worlds: int) -> int:
    """The fewest groups with the power that is promised."""
    few, many = 2, 8
    while power(many, sizes, alike, margin, worlds) < POWER:
        few, many = many, 2 * many
    while many - few > max(1, NEAREST * many):
        middle = (few + many) // 2
        if power(middle, sizes, alike, margin, worlds) < POWER:
            few = middle
        else:
            many = middle
    return many


def told(sizes: tuple[int, ...], margin: float) -> int:
    """The number of groups that is told of a gold set of such groups."""
    found = needed_for(sizes * 2, margin, ALPHA)  # fewer than any of these takes
    if found is None:
        raise SystemExit(f"no number is told of groups of {sizes}")
    return found.groups


def main() -> None:
    """Print a line a cell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=800)
    worlds = parser.parse_args().worlds
    for margin in MARGINS:
        for sizes in SIZES:
            said = told(sizes, margin)
            for alike in ALIKE if max(sizes) > 1 else ALIKE[:1]:
                found = fewest(sizes, alike, margin, worlds)
                cell = {"margin": margin, "sizes": sizes, "alike": alike, "told": said,
                        "fewest": found, "times": round(said / found, 2)}  # fmt: skip
                sys.stdout.write(json.dumps(cell) + "\n")
                sys.stdout.flush()


if __name__ == "__main__":
    main()
