"""Drops what a source gives beyond its `at_most`.

What poisons a model is the absolute number of bad cases, not their share (some 250 documents,
whatever the model's size: Souly et al. 2025, arXiv 2510.07192), so the control is a cap on how many
cases of one source are kept. Kept are those whose ids have the lowest hashes: as good as a random
draw, the same on every machine, and one more case displaces at most one other.

Runs last, so that it counts cases that are kept.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dslm.curation.case_table import CaseTable, number_of
from dslm.curation.ledger import Drop


def over_source_cap(cases: CaseTable, caps: Sequence[int | None]) -> dict[int, Drop]:
    """The cases over the cap of their source, which is one for each entry of `data.sources`."""
    drops: dict[int, Drop] = {}
    capped = {source: most for source, most in enumerate(caps) if most is not None}
    if not capped:
        return drops
    of = cases.numbers("source")
    for source, most in capped.items():
        places = np.flatnonzero(of == source).tolist()
        over = sorted(places, key=lambda place: number_of(cases.id(place)))[most:]
        drops |= {place: Drop(id=cases.id(place), reason="over_source_cap") for place in over}
    return drops
