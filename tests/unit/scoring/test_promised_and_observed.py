"""Answers on cases kept aside stand beside what was promised, with honest intervals."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.repositories.scored_rows import MINI, cases, first, rows_of
from support.repositories.small_repository import write_lines

from dslm.errors import InputError, Problems
from dslm.records import Metric
from dslm.scoring import make_scorecard
from dslm.scoring.intervals import clopper_pearson
from dslm.scoring.promised_and_observed import COMPARED, compare_answers, promise


def line(case: Any, right: bool = True, **changes: Any) -> dict[str, Any]:
    wrong = {"kind": "order", "number": "A"}
    return {"id": case.id, "object": case.target if right else wrong, "action": "proceed"} | changes


def files(tmp_path: Path, answers: list[dict[str, Any]], labels: list[Any]) -> tuple[Path, Path]:
    write_lines(tmp_path / "out.jsonl", answers)
    write_lines(tmp_path / "labels.jsonl", [case.model_dump(mode="json") for case in labels])
    return tmp_path / "out.jsonl", tmp_path / "labels.jsonl"


def promised(right: int, count: int = 200) -> Any:
    gold = cases(count)
    rows = {"candidate": rows_of(gold, first(right, count))}
    return make_scorecard(MINI, gold, threshold=0.5, evidence={}, rows_by_model=rows)


def test_the_numbers_are_those_that_scoring_would_find(tmp_path: Path) -> None:
    held = cases(50, prefix="h")
    out = [line(case, n % 5 != 1) for n, case in enumerate(held)]
    found, _ = compare_answers(MINI, *files(tmp_path, out, held), None)
    by_name = {one.metric: one for one in found.promises}
    assert tuple(by_name) == COMPARED
    assert by_name["case_exact_match"].found.value == 0.8
    assert by_name["straight_through_rate"].found.value == 0.6  # every fifth may not proceed
    assert by_name["selective_risk"].found.value == 0.4
    assert {one.kept for one in found.promises} == {"nothing promised"}


@pytest.mark.parametrize(("right", "kept"), [(180, "worse"), (120, "as promised"), (20, "better")])
def test_a_difference_beyond_chance_is_told_and_one_within_it_is_not(
    tmp_path: Path, right: int, kept: str
) -> None:
    held = cases(100, prefix="h")
    out = [line(case, n < 60) for n, case in enumerate(held)]
    found, _ = compare_answers(MINI, *files(tmp_path, out, held), promised(right))
    assert found.promises[0].kept == kept


def test_cases_without_a_partner_are_counted_and_left_out(tmp_path: Path) -> None:
    held = cases(10, prefix="h")
    out = [line(case) for case in [*held[:8], *cases(3, prefix="x")]]
    found, _ = compare_answers(MINI, *files(tmp_path, out, held), None)
    assert (found.cases, found.unlabelled, found.unanswered) == (8, 3, 2)


def test_files_of_different_cases_are_refused(tmp_path: Path) -> None:
    paths = files(tmp_path, [line(cases(1, prefix="x")[0])], cases(2))
    with pytest.raises(InputError, match="none of its 2 cases has an answer"):
        compare_answers(MINI, *paths, None)


@pytest.mark.parametrize(
    ("change", "says"),
    [({"action": "shrug"}, "action: Input should be"), ({"object": {"kind": "oder"}}, "object."),
     ({"id": "h-000"}, "a second answer to case 'h-000'"), ({"extra": 1}, "extra: Extra inputs")],
)  # fmt: skip
def test_a_line_that_is_no_answer_is_named(tmp_path: Path, change: Any, says: str) -> None:
    held = cases(3, prefix="h")
    out = [line(held[0]), line(held[1]) | change]
    with pytest.raises(Problems, match=r"out\.jsonl:2: ") as told:
        compare_answers(MINI, *files(tmp_path, out, held), None)
    assert says in str(told.value)


def metric(hits: int, count: int) -> Metric:
    low, high = clopper_pearson(hits / count, count)
    return Metric(value=hits / count, low=low, high=high, n=count)


@given(st.integers(0, 40), st.integers(0, 40))
def test_what_is_better_one_way_is_worse_the_other_way(one: int, other: int) -> None:
    there, back = (
        promise("case_exact_match", metric(a, 40), metric(b, 40))
        for a, b in ((one, other), (other, one))
    )
    turned = {"better": "worse", "worse": "better", "as promised": "as promised"}
    assert turned[there.kept] == back.kept
    assert there.low == pytest.approx(-(back.high or 0))
    risk = promise("selective_risk", metric(one, 40), metric(other, 40))
    assert risk.kept == turned[there.kept]


def test_a_model_that_keeps_its_promise_is_told_off_in_about_one_of_twenty_draws() -> None:
    rng = random.Random(4)
    draws = 2000
    told = 0
    for _ in range(draws):
        found, gold = (sum(rng.random() < 0.6 for _ in range(n)) for n in (300, 200))
        told += promise("case_exact_match", metric(found, 300), metric(gold, 200)).kept != (
            "as promised"
        )
    assert 0.03 < told / draws < 0.07


def test_json_of_what_was_found_can_be_written(tmp_path: Path) -> None:
    held = cases(5, prefix="h")
    paths = files(tmp_path, [line(c, action="abstain") for c in held], held)
    found, _ = compare_answers(MINI, *paths, promised(150))
    risk = found.promises[2]
    assert (risk.found.value, risk.kept) == (None, "not measured")
    json.dumps(found.model_dump(mode="json"), allow_nan=False)
