from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom
from support.simulations.grouped_cases import Layout, cost_pairs, draw, pairs

from dslm.statistics import group_bounds, power_and_sample_size
from dslm.statistics.group_bounds import p_below
from dslm.statistics.power_and_sample_size import (
    expected,
    needed_for_margin,
    needed_to_show,
    smallest_margin,
    spread,
)


def test_the_needed_cases_show_a_binomial_share_four_times_in_five() -> None:
    wrong = np.array([1] * 4 + [0] * 96)
    needed = needed_to_show(wrong, np.ones(100), 0.08, 1.0, 0.05)
    assert needed is not None
    assert needed.groups == needed.cases > 100
    passes = [k for k in range(100) if binom.cdf(k, needed.cases, 0.08) <= 0.05]
    assert 0.72 <= binom.cdf(max(passes), needed.cases, 0.04) <= 0.88


@pytest.mark.slow
def test_the_needed_groups_show_a_margin_four_times_in_five() -> None:
    rng, layout = np.random.default_rng(5), Layout(50, (4,))
    needed = needed_for_margin([4] * 50, 0.05, 0.05, 0.05)
    assert needed is not None
    many = Layout(needed.groups, layout.sizes)
    for alike, least, most in ((0.0, 0.9, 1.0), (0.3, 0.66, 0.9), (1.0, 0.45, 0.76)):
        worlds = [draw(rng, many, *pairs(0.05, 0.0), alike) for _ in range(120)]
        shown = [p_below(-sums, sizes, 0.05, 1.0) <= 0.05 for sums, sizes in worlds]
        assert least <= np.mean(shown) <= most


def test_the_groups_that_measured_ones_need_show_it_four_times_in_five() -> None:
    """Of money and of large groups that was up to half as many too many."""
    rng = np.random.default_rng(5)
    values, chances = cost_pairs(0.2, -0.1)  # the candidate is cheaper
    for sizes, alike in (((1,), 0.0), ((4,), 0.3), ((10,), 0.0)):
        sums, lengths = draw(rng, Layout(20_000, sizes), -values, chances, alike)
        groups = group_bounds.alike(sums, lengths)
        assert groups is not None
        once = groups.times(1 / 400)
        needed = power_and_sample_size._needed(
            once, 0.5, 40.0, 0.0417, power_and_sample_size._shown_as_measured
        )
        assert needed is not None
        worlds = [draw(rng, Layout(needed.groups, sizes), -values, chances, alike)
                  for _ in range(120)]  # fmt: skip
        shown = [p_below(*world, 0.5, 40.0) <= 0.0417 for world in worlds]
        assert 0.69 <= np.mean(shown) <= 0.92


def test_no_number_of_groups_shows_what_is_not_so() -> None:
    assert needed_to_show(np.array([1, 0, 0, 0]), np.ones(4), 0.25, 1.0, 0.05) is None
    assert needed_to_show(np.zeros(2), np.zeros(2), 0.25, 1.0, 0.05) is None


def test_what_passes_already_needs_no_more() -> None:
    needed = needed_to_show(np.zeros(200), np.ones(200), 0.08, 1.0, 0.05)
    assert needed == (200, 200)


def test_large_groups_need_more_cases_and_see_less() -> None:
    alone, fours = [1] * 200, [4] * 50
    assert smallest_margin(fours, 0.05, 0.05) > 1.5 * smallest_margin(alone, 0.05, 0.05)
    few, many = (needed_for_margin(one, 0.03, 0.05, 0.05) for one in (alone, fours))
    assert few is not None
    assert many is not None
    assert many.cases > 1.5 * few.cases
    assert smallest_margin([20, 20], 0.05, 0.05) > 0.9


def test_expected_groups_add_up_to_what_was_asked() -> None:
    groups = expected([1, 1, 5, 5], ((1.0, 0.02), (-1.0, 0.04)))
    assert groups.cases == pytest.approx(12)
    assert groups.mean == pytest.approx(-0.02)


def test_a_share_is_spread_as_independent_cases_would_be() -> None:
    for sizes, share in (
        ([1] * 9, 0.3),
        ([4] * 5, 0.72),
        ([3_000, 1], 0.85),
        ([7], 0.0),
        ([7], 1.0),
    ):
        groups = spread(sizes, share)
        assert groups.cases == pytest.approx(sum(sizes), rel=1e-4)
        assert groups.mean == pytest.approx(share, abs=1e-4)
