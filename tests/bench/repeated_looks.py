"""How often the gate passes what it must not, when one gold set is looked at again and again.

    python tests/bench/repeated_looks.py --worlds 2000 --out docs/measurements/looks.json

Takes nothing; draws worlds with the gate's own bounds and the ledger's shares of alpha, and gives
for each way of trying the share of worlds in which a candidate that is worse by exactly the margin
passes at any of the looks: with alpha at every look, as it was, and with what each look may spend.

- many: so many candidates against one champion, one after the other, the best taken.
- growing: one candidate, gold grown while it is undecided, as `gate.md` advises.
- both: a new candidate at each grown gold set.
- branches: two branches of five candidates each, that know nothing of each other.

- recalibrated: models that are wrong as often as the bound says, calibrated on one split until one
  is certified (at 0.9, for a risk of 0.08), which is then a threshold beyond the risk.

Candidates share the champion's answers and the gold set, so that their looks are not independent.
Power: how often an equally good candidate passes at its look.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))  # grouped_cases, repeated_looks

from support.simulations.certified_answers import certified
from support.simulations.grouped_cases import Layout, draw, pairs
from support.simulations.repeated_looks import (
    ALPHA,
    CANDIDATES,
    GROWTHS,
    MARGIN,
    World,
    both,
    growing,
    many,
    passes,
    recalibrated,
    shares,
)

LAYOUTS = (Layout(200, (1,)), Layout(1000, (1,)), Layout(100, (2,)))
DISCORDANT = (0.06, 0.12)
CALIBRATED = (Layout(200, (1,)), Layout(600, (1,)), Layout(200, (3,)))
TRIES, RISK = (1, 3, 5, 10), 0.08
Way = Callable[[np.random.Generator, Layout, float], Iterator[World]]
WAYS: dict[str, tuple[Way, list[float]]] = {
    "many": (many, shares(CANDIDATES)),
    "growing": (growing, shares(GROWTHS)),
    "both": (both, shares(GROWTHS)),
    "branches": (many, shares(CANDIDATES // 2) * 2),
}


def ever(way: str, layout: Layout, discordant: float, worlds: int) -> dict[str, Any]:
    """One cell: how often any look passes, at alpha each time and at what each may spend."""
    draw_looks, spent = WAYS[way]
    rng = np.random.default_rng([len(way), layout.groups, int(discordant * 100)])
    before = after = 0
    for _ in range(worlds):
        seen = list(draw_looks(rng, layout, discordant))
        before += any(passes(world, ALPHA) for world in seen)
        after += any(passes(one, ALPHA * share) for one, share in zip(seen, spent, strict=True))
    return {
        "way": way, "looks": len(spent), "groups": layout.groups, "sizes": list(layout.sizes),
        "discordant": discordant, "alpha_each_time": round(before / worlds, 4),
        "counted": round(after / worlds, 4),
    }  # fmt: skip


def power(layout: Layout, discordant: float, worlds: int, looks: Sequence[int]) -> dict[str, Any]:
    """How often an equally good candidate passes, at the given looks and at all of alpha."""
    rng = np.random.default_rng([7, layout.groups, int(discordant * 100)])
    spent = shares(max(looks))
    equal = [draw(rng, layout, *pairs(discordant, 0.0), 0.0) for _ in range(worlds)]
    at = {str(look): ALPHA * spent[look - 1] for look in looks} | {"uncounted": ALPHA}
    found = {
        name: round(sum(passes(world, level) for world in equal) / worlds, 4)
        for name, level in at.items()
    }
    return {"groups": layout.groups, "sizes": list(layout.sizes), "discordant": discordant} | found


def recalibrations(layout: Layout, worlds: int, tries: Sequence[int]) -> dict[str, Any]:
    """How often one of so many calibrations on one split gives out a threshold beyond the risk."""
    rng = np.random.default_rng([11, layout.groups])
    first = []
    for _ in range(worlds):
        drawn = recalibrated(rng, layout, RISK, max(tries))
        found = (number for number, one in enumerate(drawn, 1) if certified(one, RISK, 0.9))
        first.append(next(found, max(tries) + 1))
    shares = {str(k): round(sum(one <= k for one in first) / worlds, 4) for k in tries}
    return {"groups": layout.groups, "sizes": list(layout.sizes)} | shares


def main() -> None:
    """Draw, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=1000)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    began = time.monotonic()
    cells = []
    for way in WAYS:
        for layout in LAYOUTS:
            for discordant in DISCORDANT:
                cells.append(ever(way, layout, discordant, given.worlds))
                print(json.dumps(cells[-1]), f"{time.monotonic() - began:.0f} s", file=sys.stderr)
    powers = [power(layout, d, given.worlds, (1, 2, 3, 5, 10)) for layout in LAYOUTS[:2]
              for d in DISCORDANT]  # fmt: skip
    for one in powers:
        print(json.dumps(one), file=sys.stderr)
    again = [recalibrations(one, given.worlds, TRIES) for one in CALIBRATED]
    for one in again:
        print(json.dumps(one), file=sys.stderr)
    document = {"worlds": given.worlds, "alpha": ALPHA, "margin": MARGIN, "cells": cells,
                "power": powers, "recalibrated": again}  # fmt: skip
    if given.out:
        given.out.write_text(json.dumps(document, indent=1) + "\n")
    counted = [one for one in cells if one["way"] != "branches"]
    print(f"worst: {max(c['alpha_each_time'] for c in counted)} before, "
          f"{max(c['counted'] for c in counted)} counted")  # fmt: skip


if __name__ == "__main__":
    main()
