"""The first words that a reader meets: who gets the cases, what it saves, and the real news."""

from __future__ import annotations

import dataclasses

import pytest
from support.repositories.sample_run import make_run, verdict_of

from dslm.records import Check, Metric
from dslm.reporting.run_report.certificate import almost_certified
from dslm.reporting.run_report.report_data import ReportData
from dslm.reporting.run_report.summary_sentence import first_sentence
from dslm.reporting.run_report.verdict_headline import headline


def run_with(
    outcomes: dict[str, int], cost: tuple[float, float, float], risk: tuple[float, float]
) -> ReportData:
    """A run whose candidate has these outcomes, cost and risk interval; a review costs 3.20."""
    run = make_run(8)
    cases = sum(outcomes.values())
    model = run.scorecard.models["candidate"]
    metrics = model.metrics | {
        "cost_per_case": Metric(value=cost[0], low=cost[1], high=cost[2], n=cases),
        "selective_risk": Metric(value=0.1, low=risk[0], high=risk[1], n=cases),
    }
    model = model.model_copy(update={"outcomes": outcomes, "metrics": metrics})
    card = run.scorecard.model_copy(
        update={"gold_cases": cases, "models": run.scorecard.models | {"candidate": model}}
    )
    return dataclasses.replace(run, scorecard=card)


@pytest.mark.parametrize(
    ("outcomes", "cost", "said"),
    [
        ({"straight_through": 39, "wrong_proceed": 7, "held_back": 54}, (3.06, 2.6, 3.6),
         "Of 100 cases 46 go through, 7 of them wrong (4 to 12); 54 go to a person; "
         "that saves 0.14 EUR a case against people alone, which is not certain."),
        ({"straight_through": 90, "rightly_held": 10}, (0.32, 0.2, 0.5),
         "Of 100 cases 90 go through, none of them wrong (0 to 23); 10 go to a person; "
         "that saves 2.88 EUR a case against people alone."),
        ({"straight_through": 1, "wrong_proceed": 1, "held_back": 1}, (9.0, 4.0, 20.0),
         "Of 3 cases 2 go through, 1 of them wrong (0 to 1); 1 goes to a person; "
         "that costs 5.80 EUR a case more than people alone."),
        ({"held_back": 8}, (3.2, 3.2, 3.2),
         "Of 8 cases none goes through; 8 go to a person; that costs the same as people alone."),
        ({"straight_through": 5}, (0.0, 0.0, 0.9),
         "Of 5 cases 5 go through, none of them wrong (0 to 2); none is held back; "
         "that saves 3.20 EUR a case against people alone."),
    ],
)  # fmt: skip
def test_the_first_sentence_tells_who_gets_the_cases_and_what_it_saves(
    outcomes: dict[str, int], cost: tuple[float, float, float], said: str
) -> None:
    found = first_sentence(run_with(outcomes, cost, (0.087, 0.25)))
    assert found.replace("\u00a0", " ") == said


def failing(*checks: tuple[str, str, str, str, str]) -> tuple[Check, ...]:
    return tuple(
        Check(id=i, metric=m, status="FAIL", asked=asked, seen=seen, why=why)
        for i, m, asked, seen, why in checks
    )


CUT = ("readable", "schema_valid_rate", "every case", "2 of 8 cases fail", "no failing case is …")
NONE_WENT = ("risk", "selective_risk", "at most 0.1, on the value", "nothing", "was not measured")
ALARM = ("slices", "case_exact_match", "no slice worse than the champion's by 0.150 or more",
         "2 slices, worst: language=fr -0.300 (0 better, 9 worse of 30)",
         "significantly worse: language=fr -0.300 (p = 0.0021), channel=ocr -0.160 (p = 0.03)",
)  # fmt: skip


def test_that_nothing_goes_through_is_the_news_and_not_the_answer_that_was_cut() -> None:
    run = run_with({"held_back": 8}, (3.2, 3.2, 3.2), (0.0, 1.0))
    why = ("no threshold can be certified: 8 wrong among the 57 most confident answers, too many "
           "for risk 0.2 at confidence 0.9; nothing proceeds")  # fmt: skip
    card = run.scorecard.model_copy(update={"threshold": None})
    run = dataclasses.replace(
        run, verdict=verdict_of("FAIL", checks=failing(CUT, NONE_WENT)), scorecard=card,
        calibration={"why": why, "threshold": None},
    )  # fmt: skip
    said = headline(run)
    assert said.reason == (
        "Nothing proceeds, because no confidence could be certified: 8 wrong among the 57 "
        "most confident answers, too many for risk 0.2 at confidence 0.9."
    )
    assert "decision.max_selective_risk" in said.next_step
    model = card.models["candidate"]
    few = model.metrics | {"case_exact_match": Metric(value=0.183, low=0.1, high=0.3, n=8)}
    models = card.models | {"candidate": model.model_copy(update={"metrics": few})}
    little = headline(
        dataclasses.replace(run, scorecard=card.model_copy(update={"models": models}))
    )
    assert "Only 18.3" in little.reason
    assert "training.epochs" in little.next_step
    assert "decision.max_selective_risk" not in little.next_step
    assert "artifacts/invoice_intake/report.html" in said.next_step


def test_what_came_nearest_to_a_certificate_is_told() -> None:
    tried = [
        {"answers": 46, "groups": 46, "wrong": 3, "p": 0.02, "level": 0.01, "certified": False,
         "risk": 0.137},
        {"answers": 57, "groups": 57, "wrong": 8, "p": 0.17, "level": 0.01, "certified": False,
         "risk": 0.221},
    ]  # fmt: skip
    said = almost_certified({"steps": tried})
    assert (
        said.replace("\u00a0", " ")
        == "Nearest: 46 answers had 3 wrong, enough for a bound of 13.7 %"
    )
    assert almost_certified({"steps": [tried[0] | {"certified": True}]}) == ""
    assert almost_certified({"why": "of before"}) == ""
    run = run_with({"held_back": 8}, (3.2, 3.2, 3.2), (0.0, 1.0))
    card = run.scorecard.model_copy(update={"threshold": None})
    told = {"why": "too many wrong", "threshold": None, "steps": tried}
    run = dataclasses.replace(
        run, verdict=verdict_of("FAIL", checks=failing(NONE_WENT)), scorecard=card, calibration=told
    )
    assert "46 answers had 3 wrong" in headline(run).reason


def test_a_slice_that_fell_weighs_more_than_an_answer_that_is_no_object() -> None:
    run = dataclasses.replace(make_run(8), verdict=verdict_of("FAIL", checks=failing(CUT, ALARM)))
    said = headline(run).reason
    assert said == ("Cases right in every field fell by 30.0 points on language=fr and by 16.0 "
                    "points on channel=ocr. 1 more check fails.")  # fmt: skip


@pytest.mark.parametrize("own", ["evidence", "first_release"])
def test_what_cannot_be_judged_at_all_is_said_before_everything(own: str) -> None:
    check = Check(id=own, metric=own, status="FAIL", asked="a", seen="the rows are gone", why="w")
    run = dataclasses.replace(make_run(8), verdict=verdict_of("FAIL", checks=(check,)))
    assert "the rows are gone." in headline(run).reason
