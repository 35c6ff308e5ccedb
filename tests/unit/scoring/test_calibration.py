import json

import numpy as np
import pytest
from certified_answers import certified
from grouped_worlds import Layout, ranked_groups
from pydantic import ValidationError
from scored_rows import MINI, cases, first, rows_of

from dslm.contract import Contract
from dslm.contract.deciding import NEVER
from dslm.errors import InputError
from dslm.evidence import nearest
from dslm.scoring import calibrate, load_calibration
from dslm.scoring.calibration import NO_MORE, Answers, certify, p_value, upper_bound
from dslm.scoring.intervals import ints
from dslm.statistics.group_bounds import p_below
from dslm.statistics.ladder import binomial_tail

GOLD = cases(200)
FALLING = [0.999 - i / 1000 for i in range(200)]


def accepted(
    wrong: list[bool], risk: float, confidence: float, groups: list[str] | None = None,
    sure: list[float] | None = None,
) -> int:  # fmt: skip
    """How many of the answers, the most confident first, are certified."""
    names = groups or [str(n) for n in range(len(wrong))]
    falling = sure or [1 - n / 10_000 for n in range(len(wrong))]
    steps = certify(Answers(falling, wrong, names), risk, confidence)
    return max((step.answers for step in steps if step.certified), default=0)


def test_a_wrong_answer_of_the_highest_confidence_does_not_end_everything() -> None:
    assert accepted([i == 0 for i in range(160)], 0.05, 0.9) == 160


def test_the_threshold_stays_above_where_wrong_answers_begin() -> None:
    assert accepted([i >= 110 for i in range(160)], 0.05, 0.9) == 95


@pytest.mark.parametrize("answers", [80, 114, 120, 131])
@pytest.mark.parametrize("where", [(0, 1, 2), (5, 20, 40), (40, 43, 45)])
def test_a_good_top_is_certified_where_the_middle_is_bad(answers: int, where) -> None:
    """A chat workflow: 8 of 57 were wrong, and nothing proceeded, though 3 of the first 46 were."""
    wrong = [i in where or 46 <= i < 51 or (i > 57 and i % 3 == 0) for i in range(answers)]
    assert (sum(wrong[:46]), sum(wrong[:57])) == (3, 8)
    assert 40 <= accepted(wrong, 0.2, 0.9) < 57
    assert binomial_tail(8, 57, 0.2) > 0.1  # where the old ladder began and stopped


def test_answers_of_equal_confidence_are_taken_together_or_not_at_all() -> None:
    equal = [0.9] * 70 + [0.5] * 10
    assert accepted([False] * 80, 0.05, 0.9, sure=equal) == 80
    assert accepted([i >= 60 for i in range(80)], 0.05, 0.9, sure=equal) == 0


def test_a_group_counts_once_however_many_answers_it_has() -> None:
    alone = ints([[0, 1]] * 60)
    assert p_value(alone, 0.08) == pytest.approx(0.92**60)
    assert p_value(ints([[0, 3]] * 20), 0.08) == pytest.approx(0.92**20)
    assert p_value(ints([[0, 1]] * 57 + [[3, 3]]), 0.08) > p_value(
        ints([[1, 1]] * 3 + [[0, 1]] * 57), 0.08
    )
    names = [str(n // 3) for n in range(60)]
    assert accepted([False] * 60, 0.08, 0.9) == 60
    assert accepted([False] * 60, 0.08, 0.9, groups=names) == 0


def test_no_level_is_smaller_than_what_is_rounded_away() -> None:
    """Rounded to nought, a p-value of 4.7e-9 kept a level of 2.5e-9."""
    pairs, falling = [str(n // 2) for n in range(800)], [0.9 - n / 1e4 for n in range(800)]
    answers = Answers(falling, [n >= 780 for n in range(800)], pairs)
    largest = [step for step in certify(answers, 0.1, 1 - 1e-8) if step.certified][-1]
    sums = answers.by_group(largest.answers)
    assert p_below(sums[:, 0], sums[:, 1], 0.1, 1.0) <= largest.level
    assert accepted([False] * 800, 0.1, 1 - 1e-8, groups=pairs) == 800


def test_no_power_is_lost_where_each_answer_has_a_group_of_its_own() -> None:
    wrong = [i in (44, 81) for i in range(162)]
    for step in certify(
        Answers([1 - i / 999 for i in range(162)], wrong, [str(i) for i in range(162)]), 0.08, 0.9
    ):
        assert step.p == pytest.approx(binomial_tail(step.wrong, step.answers, 0.08), abs=1e-9)
        assert (step.risk <= 0.08) == (step.p <= step.level)


def test_a_certificate_names_threshold_counts_and_bound() -> None:
    rows = rows_of(GOLD, first(200, 200), confidence=FALLING, threshold=NEVER)
    found = calibrate(MINI, rows, {"adapter": "sha256:1"})
    assert found.certified
    assert (found.cases, found.could_proceed, found.accepted, found.wrong) == (200, 160, 160, 0)
    assert (found.groups, found.steps[-1].answers, found.steps[-1].certified) == (160, 160, True)
    assert found.threshold == found.cutoff == FALLING[199]
    assert found.upper_bound is not None
    assert found.upper_bound <= found.max_selective_risk
    assert found.coverage == 0.8
    assert found.evidence == {"adapter": "sha256:1"}
    assert "selective risk is at most 0.1 with confidence 0.9" in found.why


def test_the_threshold_does_not_depend_on_the_one_the_rows_were_decided_with() -> None:
    right = [i % 17 > 0 for i in range(200)]
    found = [
        calibrate(MINI, rows_of(GOLD, right, confidence=FALLING, threshold=t), {})
        for t in (0.0, 0.85, NEVER)
    ]
    assert found[0] == found[1] == found[2]


def test_too_few_cases_can_not_certify_and_are_told_how_many_would() -> None:
    found = calibrate(MINI, rows_of(GOLD[:20], first(20, 20)), {})
    assert (found.threshold, found.certified, found.cutoff) == (None, False, NEVER)
    assert (found.accepted, found.upper_bound, found.needed_right) == (0, None, 22)
    assert "needs 22 right answers of as many groups and no wrong one" in found.why
    assert "only 16 answers could proceed" in found.why


def test_too_few_groups_can_not_certify_and_are_told() -> None:
    found = calibrate(MINI, rows_of(cases(200, groups=20), first(200, 200), confidence=FALLING), {})
    assert not found.certified
    assert "160 answers that could proceed are of 16 groups of up to 10" in found.why


def test_a_weak_model_gets_no_threshold_and_the_nearest_miss() -> None:
    found = calibrate(MINI, rows_of(GOLD, [i % 6 > 0 for i in range(200)], confidence=FALLING), {})
    assert (found.threshold, found.certified) == (None, False)
    near = nearest(found.steps)
    assert near is not None
    assert near.risk > 0.1
    assert f"nearest: {near.wrong} wrong among the {near.answers} most confident" in found.why
    assert found.why.endswith("nothing proceeds")


def test_what_almost_certified_and_what_a_smaller_coverage_would_keep_is_recorded() -> None:
    right = [i < 90 or i % 4 > 0 for i in range(200)]
    found = calibrate(MINI, rows_of(GOLD, right, confidence=FALLING), {})
    assert found.certified
    assert "; almost certified: " in found.why
    smaller = [step.risk for step in found.steps if step.certified and not step.wrong]
    assert smaller == sorted(smaller, reverse=True)  # the more right answers, the lower the risk
    assert all((step.p <= step.level) == (step.risk <= 0.1) for step in found.steps)


def test_wrong_answers_that_cluster_are_reported_as_such() -> None:
    grouped = cases(200, groups=20)
    together = [i % 20 not in (1, 2) for i in range(200)]
    scattered = [i % 20 != i // 20 for i in range(200)]
    assert calibrate(MINI, rows_of(grouped, together), {}).design_effect > 3
    assert calibrate(MINI, rows_of(grouped, scattered), {}).design_effect < 1.5


def test_the_upper_bound_is_clopper_pearsons_one_sided() -> None:
    assert upper_bound(ints([[0, 1]] * 45), 0.1) == pytest.approx(1 - 0.1 ** (1 / 45))
    assert upper_bound(ints([[1, 1]] * 3), 0.1) == 1.0


def test_calibrations_of_before_can_be_read(tmp_path) -> None:
    path = tmp_path / "calibration.json"
    written = calibrate(MINI, rows_of(GOLD, first(200, 200)), {}).model_dump()
    del written["steps"], written["groups"]
    path.write_text(json.dumps(written))
    assert (load_calibration(path).steps, load_calibration(path).groups) == ((), None)


def test_no_rows_are_refused_and_broken_files_named(tmp_path) -> None:
    with pytest.raises(InputError, match="no calibration rows"):
        calibrate(MINI, [], {})
    path = tmp_path / "calibration.json"
    with pytest.raises(InputError, match="not calibrated yet"):
        load_calibration(path)
    path.write_text("{")
    with pytest.raises(InputError, match=r"calibration\.json: not JSON"):
        load_calibration(path)
    found = calibrate(MINI, rows_of(GOLD, first(200, 200)), {})
    path.write_text(found.model_dump_json())
    assert load_calibration(path) == found
    with pytest.raises(ValidationError, match="frozen"):
        found.threshold = 0.0


RISK, SURE, WORLDS, ANSWERS = 0.08, 0.9, 500, 200


def _worlds(seed: int, average: float, slope: float):
    """Confidences (falling), wrong flags, and the true selective risk at each confidence."""
    rng = np.random.default_rng(seed)
    grid = np.linspace(0, 1, 2001)
    local = np.clip(average * (1 + slope) * (1 - grid) ** slope, 0, 1)
    tail = np.cumsum(local[::-1])[::-1] / np.arange(len(grid), 0, -1)
    sure = -np.sort(-rng.random((WORLDS, ANSWERS)), axis=1)
    wrong = rng.random((WORLDS, ANSWERS)) < np.interp(sure, grid, local)
    return sure, wrong, lambda threshold: np.interp(threshold, grid, tail)


def _runs(sure, wrong):
    """Per world, how many answers are certified."""
    alone = [str(n) for n in range(ANSWERS)]
    return [
        certified(Answers(ranks, flags, alone), RISK, SURE)
        for ranks, flags in zip(sure.tolist(), wrong.tolist(), strict=True)
    ]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("average", "slope", "least_coverage"),
    [(0.04, 1.5, 0.9), (0.10, 1.5, 0.35), (0.10, 4.0, 0.6), (0.2, 2.0, 0.05), (0.08, 0.0, 0.0)],
)
def test_the_bound_is_broken_in_no_more_worlds_than_stated(
    average: float, slope: float, least_coverage: float
) -> None:
    sure, wrong, true_risk = _worlds(11, average, slope)
    taken = np.array(_runs(sure, wrong))
    at = np.take_along_axis(sure, np.maximum(taken, 1)[:, None] - 1, axis=1)[:, 0]
    broken = (taken > 0) & (true_risk(at) >= RISK - 1e-9)
    assert broken.mean() <= (1 - SURE) + 3 * np.sqrt(SURE * (1 - SURE) / WORLDS)
    assert taken.mean() / ANSWERS >= least_coverage


@pytest.mark.slow
@pytest.mark.parametrize(
    "layout", [Layout(60, (3,)), Layout(80, (1, 1, 2, 5)), Layout(30, (10,))], ids=str
)
@pytest.mark.parametrize("alike", [0.0, 0.3, 1.0])
def test_groups_break_the_bound_in_no_more_worlds_than_stated(layout: Layout, alike: float) -> None:
    """At a risk that is the bound at every confidence; the bench has all layouts and slopes."""
    rng, worlds = np.random.default_rng(13), 100
    drawn = [ranked_groups(rng, layout, RISK, alike) for _ in range(worlds)]
    broken = sum(certified(Answers(*one), RISK, SURE) > 0 for one in drawn)
    assert broken / worlds <= (1 - SURE) + 3 * np.sqrt(SURE * (1 - SURE) / worlds)


def test_picking_by_measured_risk_would_break_the_bound_in_many_worlds() -> None:
    sure, wrong, true_risk = _worlds(11, 0.10, 1.5)
    measured = np.cumsum(wrong, axis=1) / np.arange(1, ANSWERS + 1)
    taken = ANSWERS - np.argmax(measured[:, ::-1] <= RISK, axis=1)
    broken = true_risk(np.take_along_axis(sure, taken[:, None] - 1, axis=1)[:, 0]) > RISK
    assert broken.mean() > 0.3


def test_a_later_calibration_on_the_same_cases_says_so_in_its_reason() -> None:
    rows = rows_of(GOLD, first(200, 200))
    once, third = calibrate(MINI, rows, {}), calibrate(MINI, rows, {}, 3)
    assert (once.number, third.number) == (1, 3)
    assert third.why.startswith(f"{once.why}; 3 calibrations were made on these cases")
    assert "one of 3 in up to 0.3" in third.why
    assert third.model_copy(update={"number": 1, "why": once.why}) == once


@pytest.mark.parametrize("number", [0, 10**400])
def test_a_calibration_of_no_such_number_is_none(tmp_path, number: int) -> None:
    path = tmp_path / "calibration.json"
    written = calibrate(MINI, rows_of(GOLD, first(200, 200)), {}).model_dump()
    path.write_text(json.dumps(written | {"number": number}))
    with pytest.raises(InputError, match="number"):
        load_calibration(path)


def over(tries: int) -> Contract:
    """`mini`, its confidence over so many calibrations together."""
    decision = MINI.decision.model_copy(update={"calibrations": tries})
    return MINI.model_copy(update={"decision": decision})


def test_a_confidence_over_several_calibrations_is_split_and_one_more_certifies_nothing() -> None:
    rows = rows_of(GOLD, first(200, 200))
    alone, of_three = calibrate(MINI, rows, {}), calibrate(over(3), rows, {}, 3)
    error = 1 - MINI.decision.confidence
    assert over(3).decision.confidence_of_each == pytest.approx(1 - error / 3)
    assert of_three.certified
    assert of_three.needed_right > alone.needed_right
    assert of_three.confidence == MINI.decision.confidence
    assert all(step.p <= error / 3 for step in of_three.steps if step.certified)
    fourth = calibrate(over(3), rows, {}, 4)
    assert (fourth.certified, fourth.threshold, fourth.steps) == (False, None, ())
    assert fourth.why.startswith(NO_MORE)
    assert "over 3 calibrations" in fourth.why
    assert MINI.digest() != over(3).digest()
