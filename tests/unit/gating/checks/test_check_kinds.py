import re
from typing import Any

import pytest
from support.repositories.scored_rows import MINI, answer, cases, first, rows_of

from dslm.gating.checks.paired_difference import compare, noise
from dslm.gating.gate import judge
from dslm.records import NOT_APPLICABLE, Check
from dslm.scoring import make_scorecard
from dslm.scoring.metrics import bounded
from dslm.scoring.outcome import dearest
from dslm.scoring.rows.scored_rows import make_rows

VALID = {"kind": "zero_tolerance", "metric": "schema_valid_rate"}
UNCUT = {"kind": "zero_tolerance", "metric": "truncation_rate"}
BEATS = {"kind": "gain", "metric": "case_exact_match", "over": "base", "at_least": 0.4}
CHEAPER = {"kind": "gain", "metric": "cost_per_case", "over": "base", "at_least": 0.0}
HOLDS = {"kind": "non_inferior", "metric": "case_exact_match", "to": "champion", "margin": 0.05}
COST = {"kind": "non_inferior", "metric": "cost_per_case", "to": "champion", "margin": 1.0}
SLICES = {"kind": "slice_alarm", "metric": "case_exact_match", "against": "champion",
          "worse_by": 0.1, "min_cases": 15}  # fmt: skip


@pytest.fixture
def ask(submit, asking):
    def one(check: dict[str, Any], *answers: Any, **changes: Any) -> Check:
        found, *_ = judge(asking(check), submit(*answers, **changes)).checks
        return found

    return one


def bound(metric: str = "case_exact_match", on: str = "interval", **side: float) -> dict[str, Any]:
    return {"kind": "bound", "metric": metric, "on": on} | side


@pytest.mark.slow
def test_one_unreadable_answer_is_one_too_many(ask, submit, asking) -> None:
    assert ask(VALID).status == ask(UNCUT).status == "PASS"
    assert "1.5% could still be hidden" in ask(VALID).why
    whole = submit()
    answers = [row.prediction for row in whole.rows["candidate"]]
    answers[7] = answer(None)
    rows = {**whole.rows, "candidate": make_rows(MINI, whole.gold, answers, 0.5)}
    card = make_scorecard(MINI, whole.gold, threshold=0.5, rows_by_model=rows, evidence={})
    found = judge(asking(VALID, UNCUT), submit(rows=rows, scorecard=card)).checks
    assert [check.status for check in found] == ["FAIL", "FAIL"]
    assert found[0].seen == "1 of 200 cases fail"


def test_a_bound_on_the_value_asks_the_value_alone(ask) -> None:
    assert ask(bound(on="value", at_least=0.95)).status == "PASS"
    assert ask(bound(on="value", at_least=0.951)).status == "FAIL"
    risk = bound("selective_risk", "value", unproved="gold is too small for it")
    assert ask(risk | {"at_most": 0.01}).status == "FAIL"
    found = ask(risk | {"at_most": 0.07})
    assert (found.status, found.why) == (
        "PASS", "the measured value meets the bound; not shown with confidence: gold is too "
                "small for it"
    )  # fmt: skip


def test_a_risk_of_too_few_cases_that_proceeded_is_not_judged(ask) -> None:
    risk = bound("selective_risk", at_most=0.5)
    assert ask(risk).status == "PASS"
    few = ask(risk | {"least_cases": 161})
    assert (few.status, few.needed_cases) == ("INCONCLUSIVE", None)
    assert few.why == "only 160 cases proceeded, at least 161 are needed to judge"
    assert ask(risk | {"least_cases": 161, "at_most": 0.01}).status == "FAIL"


def test_a_bound_on_the_interval_has_three_answers(ask) -> None:
    # 190 of 200: 0.95, at least 0.917 and at most 0.973 with confidence 0.95
    clear, across, beyond = (ask(bound(at_least=limit)) for limit in (0.9, 0.93, 0.98))
    assert (clear.status, across.status, beyond.status) == ("PASS", "INCONCLUSIVE", "FAIL")
    assert across.needed_cases is not None
    assert 600 < across.needed_cases < 1100
    assert (
        "the measured value meets the bound, but it is only at least 0.917 with confidence"
        in across.why
    )
    missed = ask(bound(at_least=0.96))
    assert (missed.status, missed.needed_cases) == ("INCONCLUSIVE", None)
    assert "better answers are needed" in missed.why


@pytest.mark.slow
def test_the_needed_cases_would_decide_a_bound(ask) -> None:
    needed = ask(bound(at_least=0.93)).needed_cases
    assert needed is not None
    gold = cases(needed + 60)
    assert ask(bound(at_least=0.93), first(round(0.95 * len(gold)), len(gold)),
               first(60, len(gold)), gold=gold).status == "PASS"  # fmt: skip


def test_a_metric_that_was_not_measured_does_not_pass(ask, submit) -> None:
    nothing = [False] * 200
    whole = submit()
    held = rows_of(whole.gold, nothing, confidence=[0.1] * 200)
    rows = {**whole.rows, "candidate": held}
    card = make_scorecard(MINI, whole.gold, threshold=0.5, rows_by_model=rows, evidence={})
    found = ask(bound("selective_risk", at_most=0.5), rows=rows, scorecard=card)
    assert (found.status, found.seen) == ("FAIL", "nothing")


@pytest.mark.slow
def test_a_gain_has_to_be_shown_not_just_measured(ask) -> None:
    assert ask(BEATS).status == "PASS"
    assert ask(BEATS, first(142, 200)).status == "INCONCLUSIVE"
    assert ask(BEATS, first(80, 200)).status == "FAIL"
    assert ask(CHEAPER).status == "PASS"
    assert ask(CHEAPER, first(60, 200), first(190, 200)).status == "FAIL"
    # identical models show no gain, however alike they are
    assert ask(CHEAPER, first(60, 200), first(60, 200)).status == "INCONCLUSIVE"


def test_equal_models_hold_the_margin(ask) -> None:
    found = ask(HOLDS, champion=first(190, 200))
    assert (found.status, found.needed_cases) == ("PASS", None)
    assert "better on 0 and worse on 0 of 200 cases, McNemar p = 1" in found.seen
    assert ask(COST, champion=first(190, 200)).status == "PASS"


def test_a_drop_beyond_the_margin_fails(ask) -> None:
    found = ask(HOLDS, first(160, 200), champion=first(190, 200))
    assert found.status == "FAIL"
    assert "below -0.050 with confidence 0.95" in found.why
    real = ask(HOLDS, first(178, 200), champion=first(190, 200))
    assert (real.status, real.why[:6]) == ("FAIL", "a loss")
    assert ask(COST, first(160, 200), champion=first(190, 200)).status == "FAIL"


def test_what_could_be_chance_is_inconclusive_and_says_how_many_cases_would_decide(ask) -> None:
    champion = [i not in range(0, 12) for i in range(200)]
    candidate = [i not in range(8, 26) for i in range(200)]
    found = ask(HOLDS, candidate, champion=champion)
    assert found.status == "INCONCLUSIVE"
    assert found.needed_cases is not None
    assert 200 < found.needed_cases < 3000
    assert "better on 8 and worse on 14 of 200" in found.seen
    dear = ask(COST | {"margin": 2.0}, candidate, champion=champion)
    assert dear.status == "INCONCLUSIVE"
    assert dear.needed_cases is not None


@pytest.mark.slow
def test_swapping_the_models_turns_the_verdict(ask) -> None:
    good, bad = first(190, 200), first(150, 200)
    assert ask(HOLDS, good, champion=bad).status == "PASS"
    assert ask(HOLDS, bad, champion=good).status == "FAIL"


def test_the_first_release_has_no_champion_to_be_compared_with(ask) -> None:
    for check in (HOLDS, COST, SLICES):
        found = ask(check)
        assert (found.status, found.why) == (
            NOT_APPLICABLE,
            "first release: nothing to compare with",
        )


def test_a_slice_that_falls_raises_the_alarm_though_the_average_holds(ask) -> None:
    german = [i % 2 == 1 or i > 30 for i in range(200)]  # 16 of 100 German cases lost
    found = ask(SLICES, german, champion=[True] * 200)
    assert found.status == "FAIL"
    assert found.why.startswith("significantly worse: language=de -0.160")
    assert ask(HOLDS | {"margin": 0.15}, german, champion=[True] * 200).status == "PASS"


def test_chance_in_a_slice_raises_no_alarm(ask) -> None:
    few = [i not in (2, 4, 6) for i in range(200)]
    found = ask(SLICES, few, champion=[True] * 200)
    assert found.status == "PASS"
    assert "language=de -0.030 (0 better, 3 worse of 100)" in found.seen


def test_few_groups_are_told_how_many_more_would_decide(ask) -> None:
    gold = cases(200, groups=40)
    found = ask(HOLDS | {"margin": 0.02}, champion=first(190, 200), gold=gold)
    assert found.status == "INCONCLUSIVE"
    assert "of 200 cases in 40 groups" in found.seen
    more = (
        r"about \d+ more groups like these, with \d+ cases, would decide; this gold set has "
        r"200 cases in 40 groups"
    )
    assert re.search(more, found.why)
    assert (found.needed_groups or 0) * 5 == pytest.approx(found.needed_cases, abs=5)


def test_slices_too_small_to_judge_are_named_and_none_to_judge_fails(ask) -> None:
    gold = [case.model_copy(update={"meta": case.meta | {"language": "fr"}}) if i < 5 else case
            for i, case in enumerate(cases(200))]  # fmt: skip
    found = ask(SLICES, champion=first(190, 200), gold=gold)
    assert "too small to judge: language=fr" in found.why
    assert ask(SLICES | {"min_cases": 500}, champion=first(190, 200)).status == "FAIL"


def test_grouped_cases_make_a_comparison_less_sure() -> None:
    champion = [i % 40 != 7 for i in range(200)]
    candidate = [i % 40 != 9 for i in range(200)]
    wide, alone = cases(200, groups=40), cases(200)
    grouped, free = (
        compare("case_exact_match", rows_of(g, candidate), rows_of(g, champion), 0.05, 15.0)
        for g in (wide, alone)
    )
    assert (grouped.groups, free.groups, grouped.cases) == (40, 200, 200)
    assert grouped.low < free.low
    assert grouped.p_worse > free.p_worse
    assert grouped.difference == free.difference == 0.0


def test_digits_that_two_machines_compute_differently_are_in_no_verdict() -> None:
    gold = cases(60, groups=30)
    pair = rows_of(gold, first(60, 60)), rows_of(gold, first(0, 60))
    found = compare("case_exact_match", *pair, 0.05, 15.0)
    assert found.p_equal == 0.0  # to eight places: the sums behind it end at the fourteenth
    assert found.p_worse == 1.0


def test_a_run_against_itself_has_no_noise() -> None:
    rows = rows_of(cases(50), first(40, 50))
    assert noise(rows, rows) == 0.0
    assert noise(rows, rows_of(cases(50), first(45, 50))) == pytest.approx(0.1)
    with pytest.raises(ValueError, match="same cases"):
        noise(rows, rows[1:])


PEOPLE = {"kind": "gain", "metric": "cost_per_case", "over": "person", "at_least": 0.0}


def test_people_alone_are_a_reference_whose_rows_nobody_hands_in(ask, submit, asking) -> None:
    found = ask(PEOPLE, first(200, 200))
    assert (found.status, found.asked) == (
        "PASS", "better than people alone by at least 0.00 EUR"
    )  # fmt: skip
    unsure = ask(PEOPLE)  # ten wrong of 160 cost 2.85 a case, and might cost more than 3.00
    assert unsure.status == "INCONCLUSIVE"
    assert (unsure.needed_cases or 0) > 200
    assert ask(PEOPLE, first(60, 200)).status == "FAIL"
    assert ask(PEOPLE | {"at_least": 2.9}).status == "FAIL"  # nothing costs less than nothing
    worse = {"kind": "non_inferior", "metric": "cost_per_case", "to": "person", "margin": 0.5}
    assert ask(worse).asked == "worse than people alone by less than 0.50 EUR"
    assert (ask(worse, first(200, 200)).status, ask(worse, first(60, 200)).status) == (
        "PASS", "FAIL"
    )  # fmt: skip
    handed = submit(rows={**submit().rows, "person": submit().rows["base"]})
    (refused, *_) = judge(asking(PEOPLE), handed).checks
    assert (refused.id, refused.seen) == ("evidence", "rows of an unknown model 'person'")


def test_cheaper_than_people_is_the_bound_on_the_cost_at_what_a_review_costs(submit) -> None:
    whole = submit()
    people, rows = MINI.costs.review, whole.rows["candidate"]
    most = dearest(MINI)
    pair = compare("cost_per_case", rows, whole.reference("person"), 0.05, most, fixed=people)
    cost = bounded("cost_per_case", rows, most, 0.05)
    assert cost is not None
    assert (pair.low, pair.high) == pytest.approx((people - cost[1], people - cost[0]), abs=1e-7)
