from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dslm.contract.answers.risk_coverage import Point, risk_coverage
from dslm.records import Decision, Metric, Outcome, Prediction, Row
from dslm.reporting.charts.risk_coverage_chart import (
    Curve,
    at_threshold,
    curve_svg,
    describe,
    nice_ceiling,
    thinned,
    top_of_scale,
)

ANSWER = Prediction(
    object={"a": 1}, text="", confidence=0.0, finish_reason="stop",
    prompt_tokens=1, answer_tokens=1, latency_ms=1.0,
)  # fmt: skip


def row(confidence: float, *, right: bool = True, reason: str | None = None) -> Row:
    kind = "held_back" if reason else "straight_through" if right else "wrong_proceed"
    return Row(
        id=f"{confidence}{right}{reason}",
        group="g",
        prediction=ANSWER.model_copy(update={"confidence": confidence}),
        decision=Decision(
            action="abstain" if reason else "proceed", reasons=(reason,) if reason else ()
        ),
        outcome=Outcome.model_validate({"kind": kind, "exact": right, "cost": 0.0}),
    )


def test_each_confidence_gives_coverage_and_risk_so_far() -> None:
    rows = [row(0.9), row(0.8, right=False), row(0.7), row(0.6, reason="low_confidence")]
    points = risk_coverage(rows)
    assert [p.coverage for p in points] == [0.25, 0.5, 0.75, 1.0]
    assert [p.risk for p in points] == [0.0, 0.5, pytest.approx(1 / 3), 0.25]


def test_cases_that_rules_hold_back_never_proceed_but_count() -> None:
    points = risk_coverage([row(0.9), row(0.95, reason="rule:adds_up")])
    assert points == [Point(0.9, 0.5, 0.0)]


def test_equal_confidences_proceed_together() -> None:
    assert risk_coverage([row(0.9), row(0.9, right=False)]) == [Point(0.9, 1.0, 0.5)]


def test_what_was_held_with_a_wrong_answer_would_have_been_an_error() -> None:
    points = risk_coverage([row(0.5, right=False, reason="low_confidence")])
    assert points[-1].risk == 1.0


def test_the_threshold_leads_to_the_last_point_that_reaches_it() -> None:
    points = risk_coverage([row(0.9), row(0.8), row(0.3, reason="low_confidence")])
    assert at_threshold(points, 0.8) == points[1]
    assert at_threshold(points, 2.0) is None


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=60))
def test_coverage_grows_and_ends_at_all_the_errors(drawn: list[tuple[float, bool]]) -> None:
    points = risk_coverage([row(c, right=r) for c, r in drawn])
    coverage = [p.coverage for p in points]
    assert coverage == sorted(coverage)
    assert points[-1].coverage == 1.0
    assert points[-1].risk == pytest.approx(sum(not r for _, r in drawn) / len(drawn))


def test_thinning_keeps_both_ends() -> None:
    points = [Point(1 - i / 999, i / 999, 0.0) for i in range(1000)]
    kept = thinned(points, 100)
    assert len(kept) == 100
    assert (kept[0], kept[-1]) == (points[0], points[-1])


@pytest.mark.parametrize(
    ("value", "end"),
    [(0.0, 0.01), (0.034, 0.05), (0.05, 0.05), (0.08, 0.1), (0.11, 0.2), (0.21, 0.25), (3.0, 1.0)],
)
def test_scales_end_at_round_numbers(value: float, end: float) -> None:
    assert nice_ceiling(value) == pytest.approx(end)


def test_the_scale_shows_the_bound_the_curve_and_its_interval() -> None:
    risk = Metric(value=0.1, low=0.05, high=0.31, n=50)
    curve = Curve([Point(0.5, 0.8, 0.1)], [], 0.02, Point(0.5, 0.8, 0.1), risk)
    assert top_of_scale(curve) == 0.5


def test_a_chart_without_points_still_says_what_is_so() -> None:
    curve = Curve([], [], 0.05, None, None)
    assert "may proceed at any threshold" in describe(curve)
    assert "<path" not in curve_svg(curve)


def test_marks_stand_where_the_numbers_say() -> None:
    point = Point(0.8, 0.5, 0.05)
    svg = curve_svg(Curve([point], [], 0.1, point, None))
    middle = 72 + 0.5 * (880 - 72 - 12)
    assert f'<circle class="operating" cx="{middle:.1f}"' in svg
