"""The power curve of a margin: sure at no loss, blind beyond it, for every margin and layout."""

from __future__ import annotations

from itertools import pairwise

import pytest

from dslm.gating.power.power_curve import power_curve


@pytest.mark.parametrize("margin", [0.01, 0.1, 0.75, 0.9, 1.0])
@pytest.mark.parametrize("sizes", [[1] * 60, [1] * 3, [2] * 30, [1, 2, 5] * 12])
def test_a_larger_loss_passes_no_oftener_and_no_loss_is_more_than_all(
    margin: float, sizes: list[int]
) -> None:
    points = power_curve(sizes, margin, 0.05, 0.05)
    assert [point.loss for point in points] == sorted({point.loss for point in points})
    assert points[0].loss == 0
    assert points[-1].loss <= 1
    chances = [point.chance for point in points]
    assert all(0 <= chance <= 1 for chance in chances)
    assert all(more <= less + 0.05 for less, more in pairwise(chances))
    beyond = [point for point in points if margin <= point.loss < 1]  # all may be lost by 1.0
    assert all(point.chance <= 0.05 + 0.05 for point in beyond)
