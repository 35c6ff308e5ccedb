"""The simulation of `tests/bench/repeated_looks.py`, reduced."""

from __future__ import annotations

import numpy as np
import pytest
from support.simulations.grouped_cases import Layout
from support.simulations.repeated_looks import (
    ALPHA,
    CANDIDATES,
    GROWTHS,
    growing,
    many,
    passes,
    shares,
)

WORLDS = 150
ALONE = Layout(200, (1,))


@pytest.mark.parametrize(
    ("tried", "looks", "uncounted"), [(many, CANDIDATES, 0.2), (growing, GROWTHS, 0.08)]
)
def test_a_candidate_at_the_margin_passes_no_oftener_however_often_it_is_tried(
    tried, looks: int, uncounted: float
) -> None:
    rng, spent = np.random.default_rng(3), shares(looks)
    before = counted = 0
    for _ in range(WORLDS):
        seen = list(tried(rng, ALONE, 0.12))
        before += any(passes(one, ALPHA) for one in seen)
        counted += any(passes(one, ALPHA * s) for one, s in zip(seen, spent, strict=True))
    assert before / WORLDS > uncounted
    assert counted / WORLDS <= ALPHA + 2 * (ALPHA * (1 - ALPHA) / WORLDS) ** 0.5
