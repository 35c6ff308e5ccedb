from __future__ import annotations

from sample_run import make_run

from dslm.reporting.casebook import worst, worst_cases
from dslm.reporting.data import ReportData
from dslm.reporting.page import facts


def test_wrong_cases_that_proceeded_come_first_the_dearest_before_all(run: ReportData) -> None:
    rows = worst(run.rows["candidate"], 50)
    kinds = [row.outcome.kind for row in rows]
    wrong = kinds.count("wrong_proceed")
    assert wrong > 0
    assert set(kinds[:wrong]) == {"wrong_proceed"}
    costs = [row.outcome.cost for row in rows[:wrong]]
    assert costs == sorted(costs, reverse=True)


def test_cases_that_went_well_are_not_among_the_worst(run: ReportData) -> None:
    shown = worst(run.rows["candidate"], 10_000)
    assert all(r.outcome.kind != "straight_through" for r in shown)
    assert not any(r.outcome.kind == "rightly_held" and r.outcome.exact for r in shown)


def test_wrong_fields_are_marked_and_reasons_are_in_words(run: ReportData) -> None:
    for view in worst_cases(run, 40):
        marked = {field.name for field in view.fields if field.wrong}
        assert marked == set(view.row.outcome.wrong_fields)
        assert len(view.reasons) == len(view.row.decision.reasons)
        assert not any(reason.startswith("rule:") for reason in view.reasons)


def test_an_answer_that_is_none_shows_what_the_model_wrote() -> None:
    views = worst_cases(make_run(600), 600)
    broken = [view for view in views if view.row.prediction.object is None]
    assert broken
    assert all(view.raw and view.raw.startswith('{"kind"') for view in broken)
    assert all(view.raw is None for view in views if view not in broken)


def test_a_stages_summary_is_flattened_and_counted() -> None:
    shown = facts({"read": 3, "dropped": {"near_gold": 1, "none": {}}, "losses": list(range(20))})
    assert shown == [("read", "3"), ("dropped › near gold", "1"), ("dropped › none", "{}"),
                     ("losses", "20 entries")]  # fmt: skip
