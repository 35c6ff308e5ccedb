from __future__ import annotations

import base64
import gzip
import json

from support.repositories.sample_run import make_run

from dslm.reporting.run_report.case_views import packed, worst, worst_cases
from dslm.reporting.run_report.grounding_words import grounding_words
from dslm.reporting.run_report.page_sections import facts
from dslm.reporting.run_report.report_data import ReportData


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


def test_a_case_says_how_each_grounded_value_was_found() -> None:
    run = make_run(200)
    views = worst_cases(run, 200)
    told = {field.found for view in views for field in view.fields if field.found}
    assert {"to the letter", "not in the input"} <= told
    for view in views:
        for field in view.fields:
            grounded = field.name in run.contract.grounded and not field.answer_is_null
            assert bool(field.found) == grounded


def test_every_packed_case_has_it_too() -> None:
    run = make_run(40)
    blob, _ = packed(run)
    all_cases = json.loads(gzip.decompress(base64.b64decode(blob)))
    shown = {view.row.id: view for view in worst_cases(run, 40)}
    for place, name in enumerate(all_cases["id"]):
        found = {all_cases["fields"][int(f)]: all_cases["foundWords"][w]
                 for f, w in all_cases["found"][place].items()}  # fmt: skip
        if name in shown:
            assert found == {f.name: f.found for f in shown[name].fields if f.found}


def test_words_say_what_else_a_form_may_mean() -> None:
    run = make_run(1)
    answer = {"number": "R 7", "supplier": "Nord", "total": "-5.10"}
    found = grounding_words(run.contract, "r-7 of NORD (5.10)", answer)
    assert found == {"supplier": "folded", "number": "folded",
                     "total": "as a number; may be -5.1 or 5.1"}  # fmt: skip
