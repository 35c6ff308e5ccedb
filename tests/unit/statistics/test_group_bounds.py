from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom
from support.simulations.grouped_cases import Layout, cost_pairs, draw, pairs

from dslm.scoring.intervals import clopper_pearson
from dslm.statistics.group_bounds import chance_below_zero, mean_bounds, p_below

ALPHA = 0.05


def test_right_and_wrong_cases_have_the_exact_binomial_bounds() -> None:
    for right, cases in ((0, 20), (1, 29), (13, 16), (81, 263), (200, 200), (9_990, 10_000)):
        sums = np.array([1] * right + [0] * (cases - right))
        found = mean_bounds(sums, np.ones(cases), 0, 1, 0.025)
        assert found == pytest.approx(clopper_pearson(right / cases, cases), abs=1e-9)


def test_the_chance_is_the_binomial_s_to_many_digits() -> None:
    for cases in (1, 2, 5, 50, 1_000, 10_000):
        for wrong in sorted({0, min(1, cases - 1), cases // 10, cases // 2, cases - 1}):
            for risk in (0.001, 0.05, 0.5, 0.95, 0.999):
                values, counts = np.array([1 - risk, -risk]), np.array([wrong + 1.0, cases - wrong])
                exact = 1 - binom.cdf(wrong, cases, risk)
                assert chance_below_zero(values, counts) == pytest.approx(exact, abs=1e-9)


def test_the_chance_is_that_of_draws_whatever_the_values() -> None:
    rng = np.random.default_rng(4)
    for _ in range(20):
        values, counts = rng.normal(size=5) * 10.0 ** rng.integers(-2, 2, 5), rng.integers(1, 9, 5)
        drawn = (rng.gamma(counts, size=(40_000, 5)) @ values <= 0).mean()
        assert chance_below_zero(values, counts.astype(float)) == pytest.approx(drawn, abs=0.012)


def test_groups_that_show_no_variance_leave_all_the_doubt_there_is() -> None:
    two = mean_bounds(np.array([100, 100]), np.array([100, 100]), 0, 1, 0.025)
    assert two == pytest.approx((np.sqrt(0.025), 1.0))
    one = mean_bounds(np.array([200]), np.array([200]), 0, 1, 0.025)
    assert one == pytest.approx((0.025, 1.0))


def test_identical_models_and_two_cases_show_nothing() -> None:
    none = mean_bounds(np.zeros(200), np.ones(200), -15, 15, ALPHA)
    assert none is not None
    assert none[0] < 0 < none[1]
    few = mean_bounds(np.array([3, 3]), np.ones(2), -15, 15, ALPHA)
    assert few is not None
    assert few[0] < 0


def test_groups_without_cases_and_copies_of_cases_tell_nothing_new() -> None:
    sums, sizes = np.array([3, 1, 4, 0, 2]), np.array([4, 2, 4, 1, 2])
    once = mean_bounds(sums, sizes, 0, 1, ALPHA)
    with_empty = mean_bounds(np.append(sums, 0), np.append(sizes, 0), 0, 1, ALPHA)
    assert with_empty == once
    # each case thrice, under its group's name: the mean of every group stays
    assert mean_bounds(3 * sums, 3 * sizes, 0, 1, ALPHA) == pytest.approx(once)
    assert mean_bounds(np.zeros(2), np.zeros(2), 0, 1, ALPHA) is None


def test_swapped_models_mirror_the_bounds_and_p_values_fit_them() -> None:
    sums, sizes = np.array([-2, 0, 1, -3, 0, 0, 1, -1]), np.array([5, 5, 4, 3, 5, 1, 1, 1])
    found, other = mean_bounds(sums, sizes, -1, 1, ALPHA), mean_bounds(-sums, sizes, -1, 1, ALPHA)
    assert found is not None
    assert other is not None
    assert found == pytest.approx((-other[1], -other[0]))
    assert p_below(sums, sizes, found[1], 1.0) == pytest.approx(ALPHA)
    assert p_below(sums, sizes, found[1] + 0.1, 1.0) < ALPHA < p_below(sums, sizes, 0.0, 1.0)


LAYOUTS = (Layout(20, (10,)), Layout(50, (4,)), Layout(83, (1, 1, 1, 5, 5)), Layout(100, (10,)))


@pytest.mark.slow
@pytest.mark.parametrize("layout", LAYOUTS, ids=str)
@pytest.mark.parametrize("alike", [0.0, 0.3, 1.0])
def test_a_candidate_worse_by_the_margin_passes_in_at_most_5_of_100_worlds(
    layout: Layout, alike: float
) -> None:
    """`tests/bench/grouped_gate.py` has every layout, and the powers."""
    rng, worlds, margin = np.random.default_rng(11), 150, 0.05
    shares = sum(
        p_below(-sums, sizes, margin, 1.0) <= ALPHA
        for sums, sizes in (draw(rng, layout, *pairs(0.12, margin), alike) for _ in range(worlds))
    )
    money = sum(
        p_below(-sums, sizes, 0.2, 15.0) <= ALPHA
        for sums, sizes in (draw(rng, layout, *cost_pairs(0.2, 0.2), alike) for _ in range(worlds))
    )
    most = ALPHA + 3 * np.sqrt(ALPHA * (1 - ALPHA) / worlds)
    assert shares / worlds <= most
    assert money / worlds <= most


@pytest.mark.slow
@pytest.mark.parametrize("alike", [0.0, 0.3, 1.0])
def test_intervals_cover_at_least_93_of_100_worlds(alike: float) -> None:
    rng, worlds, hits = np.random.default_rng(12), 120, 0
    for _ in range(worlds):
        sums, sizes = draw(rng, LAYOUTS[2], np.array([0, 1]), np.array([0.1, 0.9]), alike)
        found = mean_bounds(sums, sizes, 0, 1, 0.025)
        assert found is not None
        hits += found[0] <= 0.9 <= found[1]
    assert hits / worlds >= 0.93 - 0.02  # of so few worlds
