import numpy as np
import pytest
from scipy.stats import binom

from dslm.scoring.intervals import (
    MICRO,
    clopper_pearson,
    effective_cases,
    ints,
    money_metric,
    share_metric,
)  # fmt: skip

ALONE = [f"g{i:03d}" for i in range(1000)]


def ones(n: int) -> np.ndarray:
    return np.ones(n, dtype=np.int64)


def share_of(right: int, n: int, groups: list[str] | None = None):
    return share_metric(ints([i < right for i in range(n)]), ones(n), groups or ALONE[:n])


def test_clopper_pearson_gives_the_published_interval() -> None:
    # Newcombe 1998 (as above), method 5; R package contingencytables: 13/16, 10/10, 0/10
    published = {(81, 263): (0.2527, 0.3676), (13, 16): (0.5435, 0.9595),
                 (10, 10): (0.6915, 1.0), (0, 10): (0.0, 0.3085)}  # fmt: skip
    for (right, n), bounds in published.items():
        assert clopper_pearson(right / n, n) == pytest.approx(bounds, abs=5e-5)


@pytest.mark.parametrize("n", [20, 100, 400])
def test_intervals_cover_in_95_of_100_draws_however_rare_what_is_counted(n: int) -> None:
    """Summed over every outcome; Wilson's cover 84 % at 0.0009 of 200."""
    shown = [share_of(hits, n) for hits in range(n + 1)]
    for rate in (*np.geomspace(1e-5, 0.02, 25), *np.linspace(0.02, 0.5, 13)):
        covers = [m.low <= rate <= m.high for m in shown]
        assert binom.pmf(np.arange(n + 1), n, rate)[covers].sum() >= 0.95 - 1e-9


def test_a_share_of_independent_cases_has_the_exact_interval() -> None:
    found = share_of(180, 200)
    assert (found.value, found.n) == (0.9, 200)
    assert (found.low, found.high) == pytest.approx(clopper_pearson(0.9, 200), abs=1e-9)


def test_perfection_still_leaves_room_for_doubt() -> None:
    found = share_of(200, 200)
    assert found.high == 1.0
    assert found.low == pytest.approx(0.9817, abs=1e-4)


def test_nothing_counted_is_not_measured_rather_than_zero() -> None:
    found = share_metric(ints([0, 0]), ints([0, 0]), ["a", "b"])
    assert (found.value, found.low, found.high, found.n) == (None, None, None, 0)
    assert money_metric(ints([]), [], 1.0).value is None


def test_cases_that_stand_and_fall_together_count_as_one() -> None:
    right = np.repeat(ints([1, 1, 1, 0] * 10), 5)
    groups = list(np.repeat(ALONE[:40], 5))
    cases = effective_cases(right, ones(200), groups)
    assert 35 < cases < 40
    grouped, alone = share_metric(right, ones(200), groups), share_of(150, 200)
    assert grouped.value == alone.value
    assert grouped.high - grouped.low > 1.8 * (alone.high - alone.low)


def test_duplicated_groups_do_not_make_an_interval_narrower() -> None:
    right = ints([1, 0, 1, 1, 0, 1, 1, 1] * 10)
    once = share_metric(right, ones(80), ALONE[:80])
    thrice = share_metric(np.tile(right, 3), ones(240), ALONE[:80] * 3)
    assert thrice.low <= once.low
    assert thrice.high >= once.high


def test_one_group_says_nothing_about_the_next() -> None:
    found = share_of(15, 20, ["only"] * 20)
    assert found.high - found.low > 0.7
    cost = money_metric(ints([MICRO] * 20), ["only"] * 20, 15.0)
    assert (cost.low, cost.high) == pytest.approx((0.025, 1 + 14 * 0.975), abs=1e-6)


@pytest.mark.parametrize("clustered", [False, True])
def test_intervals_cover_the_truth_in_95_of_100_worlds(clustered: bool) -> None:
    rng, hits, worlds = np.random.default_rng(5), 0, 150 if clustered else 800
    groups = list(np.repeat(ALONE[:40], 5)) if clustered else ALONE[:200]
    for _ in range(worlds):
        chance = np.repeat(rng.beta(3.0, 1.0, 40), 5) if clustered else np.full(200, 0.75)
        right = (rng.random(200) < chance).astype(np.int64)
        found = share_metric(right, ones(200), groups)
        hits += found.low <= 0.75 <= found.high
    assert hits / worlds >= 0.93


def test_f1_intervals_cover_the_truth() -> None:
    rng, hits, worlds = np.random.default_rng(6), 0, 150
    for _ in range(worlds):
        wanted = (rng.random(200) < 0.8).astype(np.int64)
        given = np.where(rng.random(200) < 0.95, wanted, 1 - wanted)
        right = wanted * given * (rng.random(200) < 0.9)
        found = share_metric(2 * right, given + wanted, ALONE[:200])
        truth = 2 * 0.8 * 0.95 * 0.9 / (0.8 * 0.95 + 0.2 * 0.05 + 0.8)
        hits += found.low <= truth <= found.high
    assert hits / worlds >= 0.93


@pytest.mark.slow
def test_mean_cost_intervals_cover_the_truth_of_a_skewed_cost() -> None:
    rng, hits, worlds = np.random.default_rng(7), 0, 120
    for _ in range(worlds):
        cost = rng.choice([0, 3, 45], size=200, p=[0.5, 0.44, 0.06]) * MICRO
        found = money_metric(ints(cost), ALONE[:200], 45.0)
        hits += found.low <= 0.44 * 3 + 0.06 * 45 <= found.high
    assert hits / worlds >= 0.93


def test_money_bounds_are_near_the_normal_ones_where_nothing_is_skewed() -> None:
    found = money_metric(ints((np.arange(400) % 20) * MICRO), ALONE[:400], 19.0)
    half = 1.96 * np.std(np.arange(20)) / np.sqrt(400)
    assert (found.low, found.high) == pytest.approx((9.5 - half, 9.5 + half), abs=0.05)
    assert found.high - found.low > 2 * half


def test_intervals_do_not_depend_on_the_order_of_cases() -> None:
    rng = np.random.default_rng(8)
    right, groups = rng.integers(0, 2, 90), [f"s{i % 17}" for i in range(90)]
    cost = rng.integers(0, 50, 90) * MICRO
    order = rng.permutation(90)
    shuffled = [groups[i] for i in order]
    assert share_metric(right, ones(90), groups) == share_metric(right[order], ones(90), shuffled)
    assert money_metric(cost, groups, 50.0) == money_metric(cost[order], shuffled, 50.0)


def test_money_bounds_are_the_same_wherever_they_are_sought() -> None:
    # No random numbers: pinned, so that a change is seen.
    cost = ints([0, 3 * MICRO, 3 * MICRO, 45 * MICRO, 0, 0, 3 * MICRO, 5 * MICRO])
    found = money_metric(cost, ALONE[:8], 45.0)
    assert (found.value, found.low, found.high) == (7.375, 1.50916025, 24.65674116)
