import itertools

import numpy as np
import pytest
from scipy.special import gammaln, xlogy

from dslm.gating.statistics import (
    gate_bounds,
    mcnemar_exact,
    normal_quantile,
    shown_above,
    tango_bounds,
    tango_statistic,
    worse_p,
)  # fmt: skip

Z95, Z975 = normal_quantile(0.95), normal_quantile(0.975)


def test_tango_gives_the_published_test() -> None:
    # Tango 1998, Stat. Med. 17:891: disinfection of contact lenses, 44 pairs, margin 0.1
    assert float(tango_statistic(0, 1, 44, -0.1)) == pytest.approx(1.709, abs=5e-4)


def test_tango_gives_the_published_intervals() -> None:
    # Cavo et al. 2012 and Bentur et al. 2009 in Fagerland, Lydersen & Laake, Statistical Analysis
    # of Contingency Tables (2017), ch. 8; first also in the tests of R's contingencytables
    assert tango_bounds(6, 16, 161, Z975) == pytest.approx((-0.1240, -0.0054), abs=5e-5)
    assert tango_bounds(1, 7, 21, Z975) == pytest.approx((-0.517, -0.026), abs=5e-4)


def test_mcnemar_gives_the_published_p_value() -> None:
    assert mcnemar_exact(6, 16) == pytest.approx(0.052479, abs=5e-7)  # the same source
    assert mcnemar_exact(0, 0) == mcnemar_exact(5, 5) == 1.0


def test_pairs_without_difference_leave_wilsons_doubt() -> None:
    low, high = tango_bounds(0, 0, 100, Z95)
    assert high == pytest.approx(-low)
    assert high == pytest.approx(Z95**2 / (100 + Z95**2))


def test_a_certain_difference_has_a_statistic() -> None:
    assert float(tango_statistic(10, 0, 10, 0.999999)) < 1
    assert float(tango_statistic(0, 0, 10, 0.0)) == 0.0


@pytest.mark.parametrize(("gained", "lost"), [(0, 0), (3, 9), (20, 1), (50, 50)])
def test_swapping_the_models_mirrors_the_bounds(gained: int, lost: int) -> None:
    low, high = gate_bounds(gained, lost, 200, Z95)
    assert gate_bounds(lost, gained, 200, Z95) == pytest.approx((-high, -low))
    assert low <= (gained - lost) / 200 <= high


def _pairs(n: int, gained: float, lost: float):
    """Counts of gained and lost pairs and the exact probability of each."""
    most = min(n, int(n * max(gained, lost) + 12 * np.sqrt(n * max(gained, lost)) + 15))
    b, c = np.meshgrid(np.arange(most + 1), np.arange(most + 1), indexing="ij")
    rest = np.maximum(n - b - c, 0)
    log = gammaln(n + 1) - gammaln(b + 1) - gammaln(c + 1) - gammaln(rest + 1)
    log += xlogy(b, gained) + xlogy(c, lost) + xlogy(rest, 1 - gained - lost)
    return b, c, np.where(b + c <= n, np.exp(log), 0.0)


def _passes(n: int, discordant: float, difference: float, bound: float, z: float = Z95) -> float:
    """Exact chance to show that a difference is above `bound`, at 5 % or another level."""
    b, c, p = _pairs(n, (discordant + difference) / 2, (discordant - difference) / 2)
    assert p.sum() == pytest.approx(1, abs=1e-6)
    return float(p[shown_above(b, c, n, bound, z)].sum())


@pytest.mark.slow
def test_a_candidate_worse_by_the_margin_passes_in_at_most_5_of_100_runs() -> None:
    cases, margins = (50, 100, 150, 213, 300, 1000), (0.01, 0.02, 0.03, 0.05, 0.1, 0.15)
    shares = (0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.3)
    for n, margin, share in itertools.product(cases, margins, shares):
        if share >= margin:
            assert _passes(n, share, -margin, -margin) <= 0.05, (n, margin, share)


def test_a_candidate_short_of_the_wanted_gain_passes_in_at_most_5_of_100_runs() -> None:
    for n, gain, share in itertools.product((50, 213, 500), (0.1, 0.4), (0.45, 0.6, 0.9)):
        assert _passes(n, share, gain, gain) <= 0.05, (n, gain, share)


def test_an_equal_candidate_is_called_worse_in_at_most_5_of_100_runs() -> None:
    for n, share in itertools.product((50, 213, 500), (0.02, 0.05, 0.1, 0.3)):
        b, c, p = _pairs(n, share / 2, share / 2)
        assert float(p[shown_above(c, b, n, 0.0, Z95)].sum()) <= 0.05


# The largest alpha, the usual one at its first look at gold, and what the second and fifth spend.
@pytest.mark.parametrize("level", [0.1, 0.0417, 0.0038, 0.00046])
def test_a_gain_of_just_what_is_asked_is_shown_no_more_often_than_its_level_says(level) -> None:
    """Nor is a loss of just the margin called a failure: that is the same of the other model."""
    gains, more = (0.01, 0.03, 0.05, 0.1, 0.2), (1.0, 1.5, 4.0)
    for n, gain, times in itertools.product((50, 100, 300, 1000), gains, more):
        found = _passes(n, gain * times, gain, gain, normal_quantile(1 - level))
        assert found <= level, (n, gain, times)


def test_a_loss_of_just_the_margin_passes_no_more_often_at_the_largest_alpha_either() -> None:
    for n, margin in itertools.product((20, 50, 70, 200, 1000), (0.01, 0.02, 0.03, 0.1)):
        for level in (0.0833, 0.1):
            found = _passes(n, margin, -margin, -margin, normal_quantile(1 - level))
            assert found <= level, (n, margin, level)


@pytest.mark.parametrize(("n", "margin", "gained"), [(30, 0.5, 0.15), (50, 0.5, 0.15),
                                                     (100, 0.3, 0.2)])  # fmt: skip
def test_no_wide_margin_makes_a_later_look_spend_more_than_its_share(n, margin, gained) -> None:
    """Where models differ on more than a third, it was passed up to 2.3 times as often."""
    for level in (0.000284, 0.0000916, 0.0000213):
        found = _passes(n, margin + 2 * gained, -margin, -margin, normal_quantile(1 - level))
        assert found <= 1.06 * level


def test_naive_gates_pass_what_this_one_stops() -> None:
    b, c, p = _pairs(200, 0.02, 0.04)
    assert float(p[b >= c].sum()) > 0.13
    assert _passes(200, 0.06, -0.02, -0.02) < 0.05


def test_a_loss_is_as_sure_as_a_fair_coin_says() -> None:
    assert worse_p(0, 6) == pytest.approx(0.5**6)
    assert worse_p(0, 0) == 1.0
