import typing

import pytest
from support.repositories.scored_rows import MINI, WRONG, answer, cases, first, rows_of

from dslm.errors import InputError
from dslm.records import Row
from dslm.scoring.field_scores import field_scores
from dslm.scoring.metrics import METRICS, all_metrics, latency_percentiles, measured
from dslm.scoring.rows.scored_rows import make_rows
from dslm.settings.gate_policy import MetricName, PairedMetric, ShareMetric

GOLD = cases(10)  # cases 0 and 5 are out of scope


def test_every_metric_of_a_known_set_is_what_one_counts_by_hand() -> None:
    answers = [answer(case.target) for case in GOLD]
    answers[1] = answer(WRONG)  # proceeds wrongly
    answers[2] = answer(GOLD[2].target, confidence=0.1)  # held back, though right
    answers[3] = answer(None)  # cut: escalated
    rows = make_rows(MINI, GOLD, answers, 0.5)
    values = {name: metric.value for name, metric in all_metrics(rows, 15.0).items()}
    assert values == {
        "schema_valid_rate": 0.9,
        "case_exact_match": 0.8,
        "straight_through_rate": 0.5,
        "coverage": 0.6,
        "selective_risk": pytest.approx(1 / 6),
        "held_back_rate": 0.2,
        "truncation_rate": 0.1,
        "cost_per_case": pytest.approx((45 + 3 + 5 + 2 * 3) / 10),
    }
    assert measured("selective_risk", rows).n == 6


def test_selective_risk_is_not_measured_where_nothing_proceeds() -> None:
    rows = rows_of(GOLD, first(10, 10), confidence=[0.1] * 10)
    assert measured("selective_risk", rows).value is None
    assert measured("coverage", rows).value == 0.0


def test_field_precision_is_of_values_given_and_recall_of_values_wanted() -> None:
    answers = [answer(case.target) for case in GOLD]
    answers[1] = answer({"kind": "order", "number": None})  # not given
    answers[5] = answer({"kind": "other", "number": "A"})  # given, not wanted
    answers[6] = answer(WRONG)  # given, wrong
    rows = make_rows(MINI, GOLD, answers, 0.5)
    number = field_scores(MINI, GOLD, rows)["number"]
    assert number.precision.value == pytest.approx(6 / 8)
    assert number.recall.value == pytest.approx(6 / 8)
    assert number.f1.value == pytest.approx(2 * 6 / 16)
    assert number.accuracy.value == pytest.approx(0.7)
    assert (number.precision.n, number.recall.n, number.accuracy.n) == (8, 8, 10)


def test_latency_percentiles_are_waits_that_somebody_had() -> None:
    answers = [answer(c.target, latency_ms=float(i + 1)) for i, c in enumerate(GOLD)]
    rows = make_rows(MINI, GOLD, answers, 0.5)
    assert latency_percentiles(rows) == {"p50": 5.0, "p95": 10.0, "p99": 10.0}
    assert latency_percentiles([]) == {}


def test_a_policy_can_name_every_metric_and_no_other() -> None:
    named = {m for part in typing.get_args(MetricName) for m in _names(part)}
    assert named == set(METRICS)
    shares = set(typing.get_args(ShareMetric))
    assert shares < {n for n, m in METRICS.items() if m.unit == "share"}
    per_case = {n for n, m in METRICS.items() if all(m.of(r)[1] == 1 for r in _held_rows())}
    assert {m for part in typing.get_args(PairedMetric) for m in _names(part)} == per_case


def _names(part: object) -> tuple[str, ...]:
    return tuple(n for p in typing.get_args(part) for n in (_names(p) or (p,)))


def _held_rows():
    return rows_of(GOLD, first(10, 10), confidence=[0.1] * 10)


def test_costs_that_cannot_be_added_up_exactly_are_refused() -> None:
    def dear(cost: float) -> list[Row]:
        rows = rows_of(GOLD, first(0, 10))
        return [r.model_copy(update={"outcome": r.outcome.model_copy(update={"cost": cost})})
                for r in rows]  # fmt: skip

    assert measured("cost_per_case", dear(4.0e11), 4.0e11).value == 4.0e11
    for cost in (1.0e12, 1.0e13, 1.0e300):
        with pytest.raises(InputError, match=r"costs of 10 cases are too large .* thousands"):
            measured("cost_per_case", dear(cost), cost)
