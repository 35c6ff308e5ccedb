"""How often the gate passes what it must not, when cases come in groups.

    python tests/bench/grouped_gate.py --worlds 1000 --out docs/measurements/gate.json
    python tests/bench/grouped_gate.py --of certificates --out docs/measurements/gate.json

Takes nothing; draws worlds (`grouped_cases`) over layouts of groups, likeness within them and
shares of differing cases. Gives for each cell the share of worlds in which a candidate that is
worse by exactly the margin passes (aim: at most alpha, plus the error of simulating), by right
answers and by cost; in which an equal one does (power) or is called worse; how often an interval
covers the truth, and how wide it is. About a minute for each hundred worlds on one core.

Of certificates: the share of worlds in which a threshold is given out whose risk is not below the
bound (aim: at most 1 - confidence), where answers are wrong as often as the bound at every
confidence, where they are twice as often and less so the more confident, and where larger groups
are the worse ones; how often any is certified, and of how many answers, for a good model and for
one that is wrong twice as often as the bound. The ladder of before on the same worlds beside it.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[1]))  # grouped_cases

from support.simulations.certified_answers import certified, certified_before
from support.simulations.grouped_cases import Layout, cost_pairs, draw, pairs, ranked_groups

from dslm.scoring.calibration import Answers
from dslm.statistics.group_bounds import mean_bounds, p_below

ALPHA, MARGIN, MONEY_MARGIN, DEAREST = 0.05, 0.05, 0.2, 15.0
LAYOUTS = (
    Layout(50, (1,)), Layout(200, (1,)), Layout(1000, (1,)), Layout(10, (20,)), Layout(20, (10,)),
    Layout(50, (4,)), Layout(83, (1, 1, 1, 5, 5)), Layout(100, (2,)), Layout(100, (10,)),
    Layout(200, (5,)), Layout(60, (1, 1, 2, 3, 20)),
)  # fmt: skip
ALIKE = (0.0, 0.1, 0.3, 0.6, 1.0)
DISCORDANT = (0.06, 0.12, 0.2)
Numbers = NDArray[Any]


def passes(sums: Numbers, sizes: Numbers, margin: float, most: float) -> bool:
    """The gate's answer: the candidate's loss is shown to be below the margin."""
    return p_below(-sums, sizes, margin, most) <= ALPHA


def share(answers: Iterable[bool]) -> float:
    """How many are true, of all."""
    return round(float(np.mean(list(answers))), 4)


def cell(layout: Layout, alike: float, discordant: float, worlds: int) -> dict[str, Any]:
    """One layout, likeness and share of differing cases."""
    rng = np.random.default_rng(
        [layout.groups, len(layout.sizes), int(alike * 10), int(discordant * 100)]
    )
    at_margin = [draw(rng, layout, *pairs(discordant, MARGIN), alike) for _ in range(worlds)]
    equal = [draw(rng, layout, *pairs(discordant, 0.0), alike) for _ in range(worlds)]
    money = [draw(rng, layout, *cost_pairs(discordant, MONEY_MARGIN), alike) for _ in range(worlds)]
    right = [
        draw(rng, layout, np.array([0, 1]), np.array([0.1, 0.9]), alike) for _ in range(worlds)
    ]
    bounds = [mean_bounds(*one, 0.0, 1.0, 0.025) for one in right]
    found = [one for one in bounds if one is not None]
    return {
        "groups": layout.groups, "sizes": list(layout.sizes), "alike": alike,
        "discordant": discordant,
        "passes_at_margin": share(passes(*one, MARGIN, 1.0) for one in at_margin),
        "power": share(passes(*one, MARGIN, 1.0) for one in equal),
        "called_worse_when_equal": share(p_below(*one, 0.0, 1.0) <= ALPHA for one in equal),
        "cost_passes_at_margin": share(passes(*one, MONEY_MARGIN, DEAREST) for one in money),
        "covers": share(low <= 0.9 <= high for low, high in found),
        "median_width": round(float(np.median([high - low for low, high in found])), 4),
    }  # fmt: skip


RISK, CONFIDENCE = 0.08, 0.9
CALIBRATED = (
    Layout(57, (1,)), Layout(162, (1,)), Layout(600, (1,)), Layout(10, (20,)), Layout(30, (10,)),
    Layout(54, (3,)), Layout(200, (3,)), Layout(83, (1, 1, 2, 2, 3)), Layout(80, (1, 1, 2, 5)),
    Layout(100, (10,)), Layout(60, (1, 1, 2, 3, 20)), Layout(400, (1, 1, 1, 2)),
)  # fmt: skip
# Risk of all answers, slope over confidence, larger groups worse.
KINDS: dict[str, tuple[float, float, bool]] = {
    "at_bound": (RISK, 0.0, False), "sloped": (2 * RISK, 2.0, False),
    "larger_worse": (RISK, 0.0, True), "good": (RISK / 2, 1.5, False),
}  # fmt: skip


def certificates(layout: Layout, alike: float, worlds: int) -> dict[str, Any]:
    """One layout and likeness: thresholds given out by the certificate, and by that of before."""
    rng = np.random.default_rng([17, layout.groups, len(layout.sizes), int(alike * 10)])
    found: dict[str, Any] = {"groups": layout.groups, "sizes": list(layout.sizes), "alike": alike}
    for kind, (risk, slope, larger) in KINDS.items():
        drawn = [
            Answers(*ranked_groups(rng, layout, risk, alike, slope=slope, larger_worse=larger))
            for _ in range(worlds)
        ]
        now = [certified(one, RISK, CONFIDENCE) for one in drawn]
        before = [certified_before(one.wrong, RISK, CONFIDENCE) for one in drawn]
        for name, taken in (("now", now), ("before", before)):
            limit = 1 - (RISK / risk) ** (1 / slope) if slope and risk > RISK else 0.0
            broken = [
                count > 0 and risk >= RISK and (not slope or one.confidences[count - 1] < limit)
                for count, one in zip(taken, drawn, strict=True)
            ]
            shares = [c / len(one.wrong) for c, one in zip(taken, drawn, strict=True)]
            found[f"{kind}_{name}"] = {
                "broken": share(broken), "certified": share(count > 0 for count in taken),
                "coverage": round(float(np.mean(shares)), 4),
            }  # fmt: skip
    return found


def certificate_cells(worlds: int) -> list[dict[str, Any]]:
    """Every layout and likeness; single cases have none."""
    cells = []
    for layout, alike in itertools.product(CALIBRATED, ALIKE):
        if max(layout.sizes) > 1 or alike == 0.0:
            cells.append(certificates(layout, alike, worlds))
            print(f"{layout} {json.dumps(cells[-1])}", file=sys.stderr)
    return cells


def worst_broken(cells: list[dict[str, Any]], name: str) -> float:
    """The largest share of worlds in which the bound is broken."""
    return max(one[f"{kind}_{name}"]["broken"] for one in cells for kind in KINDS)


def gate_cells(worlds: int) -> list[dict[str, Any]]:
    """Every layout, likeness and share of differing cases."""
    cells, began = [], time.monotonic()
    every = itertools.product(LAYOUTS, ALIKE, DISCORDANT)
    plan = [one for one in every if max(one[0].sizes) > 1 or one[1] == 0.0]
    for done, (layout, alike, discordant) in enumerate(plan, 1):
        cells.append(cell(layout, alike, discordant, worlds))
        left = (time.monotonic() - began) / done * (len(plan) - done)
        print(
            f"{done}/{len(plan)} {layout} {json.dumps(cells[-1])} {left:.0f} s left",
            file=sys.stderr,
        )
    return cells


def main() -> None:
    """Draw, print, write; of a file that is there the other half stays."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=1000)
    parser.add_argument("--of", choices=("checks", "certificates"), default="checks")
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    there = given.out is not None and given.out.is_file()
    document = json.loads(given.out.read_text()) if there else {}
    if given.of == "checks":
        cells = gate_cells(given.worlds)
        worst = max(max(one["passes_at_margin"], one["cost_passes_at_margin"]) for one in cells)
        document |= {"worlds": given.worlds, "alpha": ALPHA, "margin": MARGIN, "worst": worst,
                     "cells": cells}  # fmt: skip
        print(f"worst share that passes at the margin: {worst}, of {len(cells)} cells")
    else:
        cells = certificate_cells(given.worlds)
        now, before = worst_broken(cells, "now"), worst_broken(cells, "before")
        document["certificates"] = {
            "worlds": given.worlds, "risk": RISK, "confidence": CONFIDENCE,
            "worst": now, "worst_before": before, "cells": cells,
        }  # fmt: skip
        print(f"worst share that breaks the bound: {now}, before {before}, of {len(cells)} cells")
    if given.out:
        given.out.write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()
