from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy.stats import binom

from dslm.statistics.certificate_ladder import binomial_tail, chance_to_pass_any, level_of, rungs_of
from dslm.statistics.group_bounds import mean_bounds
from dslm.statistics.power_and_sample_size import hidden_share, needed_right, p_without_failure


def test_binomial_tails_are_exact() -> None:
    assert binomial_tail(0, 45, 0.05) == pytest.approx(0.95**45)
    assert binomial_tail(1, 3, 0.5) == pytest.approx(0.5)
    assert binomial_tail(3, 3, 0.5) == 1.0


def test_rungs_are_the_fewest_answers_that_pass_with_one_wrong_more_each() -> None:
    assert rungs_of(162, 0.08, 0.9) == (40, 63, 82, 101, 118, 136, 153, 162)
    assert rungs_of(45, 0.05, 0.9) == (45,)
    assert rungs_of(44, 0.05, 0.9) == ()
    for wrong, rung in enumerate(rungs_of(162, 0.08, 0.9)[:-1]):
        level = level_of(rungs_of(162, 0.08, 0.9), 0.08, 0.9)
        assert binomial_tail(wrong, rung, 0.08) <= level < binomial_tail(wrong + 1, rung, 0.08)


@pytest.mark.parametrize(
    ("answers", "risk", "confidence"),
    [(57, 0.2, 0.9), (162, 0.08, 0.9), (600, 0.05, 0.95), (120, 0.2, 0.9999)],
)
def test_one_level_keeps_the_error_over_all_rungs(answers, risk, confidence) -> None:
    rungs = rungs_of(answers, risk, confidence)
    level = level_of(rungs, risk, confidence)
    error = 1 - confidence
    assert error / len(rungs) <= level <= error  # no less than the error split over all of them
    assert chance_to_pass_any(rungs, level, risk) <= error * (1 + 1e-6)
    assert chance_to_pass_any(rungs, level + error / 5, risk) > error or level == error


def test_the_chance_to_pass_any_rung_is_that_of_draws() -> None:
    rungs, level, risk = (17, 26, 33, 41, 55, 80, 114), 0.04, 0.2
    drawn = np.random.default_rng(3).random((40_000, 114)) < risk
    wrong = np.cumsum(drawn, axis=1)[:, np.array(rungs) - 1]
    passed = (binom.cdf(wrong, rungs, risk) <= level).any(axis=1).mean()
    assert chance_to_pass_any(rungs, level, risk) == pytest.approx(passed, abs=0.004)


def test_fewer_rungs_have_a_larger_level_and_the_last_one_all_of_the_error() -> None:
    rungs = rungs_of(250, 0.05, 0.9)
    levels = [level_of(rungs[first:], 0.05, 0.9) for first in range(len(rungs))]
    assert levels == sorted(levels)
    assert levels[-1] == pytest.approx(0.1)


def test_ten_thousand_answers_have_rungs_at_once() -> None:
    rungs = rungs_of(10_000, 0.2, 0.9)
    assert len(rungs) < 150
    assert rungs[-1] == 10_000
    assert all(later >= 1.05 * rung for rung, later in pairwise(rungs[:-1]))


@pytest.mark.parametrize(("risk", "needed"), [(0.05, 45), (0.02, 114), (0.1, 22), (0.01, 230)])
def test_the_fewest_right_answers_that_certify_are_the_first_rung(risk, needed) -> None:
    assert needed_right(risk, 0.9) == needed
    assert rungs_of(needed, risk, 0.9) == (needed,)
    assert rungs_of(needed - 1, risk, 0.9) == ()


def test_what_no_failure_leaves_hidden_is_the_exact_rule_of_three() -> None:
    assert hidden_share([1] * 100) == pytest.approx(0.0295, abs=1e-4)
    assert pytest.approx(1 - (1 - hidden_share([1] * 59)) ** 59) == 0.95
    assert hidden_share([]) == 1.0


def test_groups_of_different_sizes_hide_more_failing_cases_than_as_many_single_ones() -> None:
    sizes = [1] * 60 + [5] * 20
    hidden = hidden_share(sizes)
    assert hidden_share([4] * 80) == hidden_share([1] * 80) < hidden < hidden_share([1] * 20)
    assert p_without_failure(sizes, hidden) == pytest.approx(0.05)
    assert mean_bounds(np.zeros(80), np.asarray(sizes), 0.0, 1.0, 0.05)[1] == pytest.approx(hidden)
