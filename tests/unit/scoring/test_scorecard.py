import random
from typing import Any

import pytest
from support.repositories.scored_rows import MINI, cases, first, rows_of

from dslm.errors import InputError
from dslm.records import Scorecard
from dslm.scoring import make_scorecard, recompute, score_model
from dslm.scoring.dvc_metrics_files import curve, field_f1, metrics

GOLD = cases(60, groups=20)
SURE = [0.3 + 0.7 * (i % 13) / 13 for i in range(60)]
ROWS = rows_of(GOLD, first(50, 60), confidence=SURE)
BASE = rows_of(GOLD, first(15, 60), threshold=0.0)


def card(rows, gold=GOLD) -> Scorecard:
    models = {"candidate": rows, "base": BASE}
    return make_scorecard(MINI, gold, threshold=0.5, rows_by_model=models, evidence={"b": "2"})


def test_a_scorecard_is_recomputed_to_the_last_digit_from_raw_text() -> None:
    written = card(ROWS).model_dump_json()
    again = card(recompute(MINI, GOLD, ROWS, 0.5)).model_dump_json()
    assert again == written


def test_a_scorecard_survives_its_file() -> None:
    made = card(ROWS)
    assert Scorecard.model_validate_json(made.model_dump_json()) == made


def test_outcomes_are_counted_once_each() -> None:
    score = score_model(MINI, GOLD, ROWS)
    assert sum(score.outcomes.values()) == 60
    assert set(score.outcomes) == {"straight_through", "wrong_proceed", "held_back", "rightly_held"}


def test_slices_hold_every_metric_over_their_own_cases() -> None:
    languages = score_model(MINI, GOLD, ROWS).slices["language"]
    assert {value: found["coverage"].n for value, found in languages.items()} == {
        "de": 30,
        "en": 30,
    }
    assert set(languages["de"]) == set(score_model(MINI, GOLD, ROWS).metrics)


def test_aggregates_do_not_depend_on_the_order_of_cases() -> None:
    order = list(range(60))
    random.Random(3).shuffle(order)
    shuffled = score_model(MINI, [GOLD[i] for i in order], [ROWS[i] for i in order])
    assert shuffled == score_model(MINI, GOLD, ROWS)


def test_rows_of_other_cases_or_none_are_refused() -> None:
    with pytest.raises(InputError, match="no rows to score"):
        score_model(MINI, GOLD, [])
    with pytest.raises(InputError, match="59 rows for 60 cases"):
        score_model(MINI, GOLD, ROWS[1:])


def test_the_curve_ends_at_the_coverage_of_all_that_could_proceed() -> None:
    points = curve(ROWS)
    coverage = [p["coverage"] for p in points]
    assert coverage == sorted(coverage)
    assert len(points) == len({p["confidence"] for p in points})
    # Out-of-scope answers never proceed, whatever the threshold. Of the ten wrong ones two are to
    # texts that hold no order, so that theirs is not grounded.
    assert points[-1]["coverage"] == pytest.approx(48 / 60, abs=1e-6)
    assert points[-1]["selective_risk"] == pytest.approx(8 / 48, abs=1e-6)


def test_a_plot_of_a_revision_has_one_point_a_place() -> None:
    """DVC draws one line a revision: points of several models would be joined to a zigzag."""
    assert [p["field"] for p in field_f1(card(ROWS))] == ["kind", "number"]
    places = [p["coverage"] for p in curve(ROWS)]
    assert len(places) == len(set(places))


def leaves(value: Any, at: str = "") -> dict[str, Any]:
    if not isinstance(value, dict):
        return {at: value}
    return {k: v for name, part in value.items() for k, v in leaves(part, f"{at}.{name}").items()}


def test_the_metrics_of_dvc_are_few_short_and_the_scorecards() -> None:
    made = card(ROWS)
    found = metrics(made)
    mine = made.models["candidate"].metrics
    assert found["case_exact_match"] == round(mine["case_exact_match"].value or 0, 4)
    assert set(mine) <= set(found) | {n for n, m in mine.items() if m.value is None}
    told = leaves(found)
    assert len(told) <= 40
    assert max(len(f"{name} {value}") for name, value in told.items()) <= 60
    assert not [value for value in told.values() if "sha256" in str(value) or value is None]
    assert (
        found["right_by_slice"]["language"].keys()
        == made.models["candidate"].slices["language"].keys()
    )
    nothing = made.model_copy(update={"threshold": None})
    assert "threshold" not in metrics(nothing)
