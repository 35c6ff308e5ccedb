import numpy as np
import pytest
from pydantic import ValidationError
from scored_rows import MINI, cases, first, rows_of

from dslm.contract.deciding import NEVER
from dslm.errors import InputError
from dslm.proving.repository import answers_needed
from dslm.scoring import calibrate, load_calibration
from dslm.scoring.calibration import (
    accepted_answers,
    binomial_tail,
    needed_right,
    rungs,
    sequence,
    upper_bound,
)  # fmt: skip

GOLD = cases(200)
FALLING = [0.999 - i / 1000 for i in range(200)]


def test_binomial_tails_are_exact() -> None:
    assert binomial_tail(0, 45, 0.05) == pytest.approx(0.95**45)
    assert binomial_tail(1, 3, 0.5) == pytest.approx(0.5)
    assert binomial_tail(3, 3, 0.5) == 1.0


def test_rungs_are_the_fewest_answers_that_certify_with_one_wrong_more_each() -> None:
    # 5 % risk at 90 % confidence
    assert list(rungs(140, 0.05, 0.9)) == [45, 77, 105, 132, 140]
    for wrong, taken in enumerate([45, 77, 105, 132]):
        assert binomial_tail(wrong, taken, 0.05) <= 0.1 < binomial_tail(wrong, taken - 1, 0.05)


def test_the_sequence_starts_at_half_of_what_could_proceed_and_ends_at_all_of_it() -> None:
    assert sequence(160, 0.05, 0.9) == (77, 105, 132, 158, 160)
    assert sequence(60, 0.05, 0.9) == (45, 60)
    assert sequence(45, 0.05, 0.9) == (45,)
    assert sequence(44, 0.05, 0.9) == ()


def test_a_wrong_answer_of_the_highest_confidence_does_not_end_everything() -> None:
    wrong = [i == 0 for i in range(160)]
    assert accepted_answers(FALLING[:160], wrong, 0.05, 0.9) == 160


def test_the_threshold_stays_above_where_wrong_answers_begin() -> None:
    wrong = [i >= 110 for i in range(160)]
    assert accepted_answers(FALLING[:160], wrong, 0.05, 0.9) == 105


def test_answers_of_equal_confidence_are_taken_together_or_not_at_all() -> None:
    equal = [0.9] * 70 + [0.5] * 10
    assert accepted_answers(equal, [False] * 80, 0.05, 0.9) == 80
    late = [i >= 60 for i in range(80)]
    assert accepted_answers(equal, late, 0.05, 0.9) == 0


def test_a_certificate_names_threshold_counts_and_bound() -> None:
    rows = rows_of(GOLD, first(200, 200), confidence=FALLING, threshold=NEVER)
    found = calibrate(MINI, rows, {"adapter": "sha256:1"})
    assert found.certified
    assert (found.cases, found.could_proceed, found.accepted, found.wrong) == (200, 160, 160, 0)
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
    assert "needs 22 right answers and no wrong one, only 16 answers could proceed" in found.why


def test_a_weak_model_gets_no_threshold_and_a_reason() -> None:
    found = calibrate(MINI, rows_of(GOLD, [i % 2 == 0 for i in range(200)]), {})
    assert (found.threshold, found.certified) == (None, False)
    assert "no threshold can be certified: 39 wrong among the 78 most" in found.why
    assert found.why.endswith("nothing proceeds")


def test_wrong_answers_that_cluster_are_reported_as_such() -> None:
    grouped = cases(200, groups=20)
    together = [i % 20 not in (1, 2) for i in range(200)]
    scattered = [i % 20 != i // 20 for i in range(200)]
    assert calibrate(MINI, rows_of(grouped, together), {}).design_effect > 3
    assert calibrate(MINI, rows_of(grouped, scattered), {}).design_effect < 1.5


def test_check_and_calibration_agree_on_how_many_right_answers_are_needed() -> None:
    for risk, sure in ((0.05, 0.9), (0.02, 0.95), (0.1, 0.9), (0.01, 0.9)):
        assert (
            needed_right(risk, sure) == answers_needed(risk, sure) == next(rungs(999, risk, sure))
        )


def test_the_upper_bound_is_clopper_pearsons_one_sided() -> None:
    assert upper_bound(0, 45, 0.9) == pytest.approx(1 - 0.1 ** (1 / 45))
    assert upper_bound(3, 3, 0.9) == 1.0


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


RISK, SURE, WORLDS, ANSWERS = 0.08, 0.9, 2000, 200


def _worlds(seed: int, average: float, slope: float):
    """Confidences (falling), wrong flags, and the true selective risk at each confidence."""
    rng = np.random.default_rng(seed)
    grid = np.linspace(0, 1, 2001)
    local = np.clip(average * (1 + slope) * (1 - grid) ** slope, 0, 1)
    tail = np.cumsum(local[::-1])[::-1] / np.arange(len(grid), 0, -1)
    sure = -np.sort(-rng.random((WORLDS, ANSWERS)), axis=1)
    wrong = rng.random((WORLDS, ANSWERS)) < np.interp(sure, grid, local)
    return sure, wrong, lambda threshold: np.interp(threshold, grid, tail)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("average", "slope", "least_coverage"),
    [(0.04, 1.5, 0.9), (0.10, 1.5, 0.35), (0.10, 4.0, 0.6), (0.2, 2.0, 0.05), (0.09, 0.0, 0.0)],
)
def test_the_bound_is_broken_in_no_more_worlds_than_stated(
    average: float, slope: float, least_coverage: float
) -> None:
    sure, wrong, true_risk = _worlds(11, average, slope)
    broken, coverage = 0, 0.0
    for confidences, flags in zip(sure.tolist(), wrong.tolist(), strict=True):
        taken = accepted_answers(confidences, flags, RISK, SURE)
        coverage += taken / ANSWERS / WORLDS
        broken += bool(taken) and true_risk(confidences[taken - 1]) > RISK
    assert broken / WORLDS <= (1 - SURE) + 3 * np.sqrt(SURE * (1 - SURE) / WORLDS)
    assert coverage >= least_coverage


def test_picking_by_measured_risk_would_break_the_bound_in_many_worlds() -> None:
    sure, wrong, true_risk = _worlds(11, 0.10, 1.5)
    measured = np.cumsum(wrong, axis=1) / np.arange(1, ANSWERS + 1)
    taken = ANSWERS - np.argmax(measured[:, ::-1] <= RISK, axis=1)
    broken = true_risk(np.take_along_axis(sure, taken[:, None] - 1, axis=1)[:, 0]) > RISK
    assert broken.mean() > 0.3
