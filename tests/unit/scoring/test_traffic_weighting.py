import math

import numpy as np
import pytest
from support.repositories.scored_rows import MINI, cases, rows_of
from support.simulations.grouped_cases import Layout
from support.simulations.weighed_gold import World

from dslm.contract import Contract
from dslm.records import Case, Metric, ModelScore
from dslm.scoring import score_model
from dslm.scoring.dvc_metrics_files import metrics
from dslm.scoring.scorecard import make_scorecard

METRICS = ("cost_per_case", "straight_through_rate", "selective_risk")


def weighed(**shares: float) -> Contract:
    return MINI.model_copy(update={"traffic": {"language": shares}})


def gold_of(count: int, *, groups: int | None = None) -> list[Case]:
    """Three in ten are English."""
    return [
        case.model_copy(update={"meta": case.meta | {"language": "en" if i % 10 < 3 else "de"}})
        for i, case in enumerate(cases(count, groups=groups))
    ]


GOLD = gold_of(100)
RIGHT = [i % 10 >= 3 or i % 3 == 0 for i in range(100)]  # English is the hard one
ROWS = rows_of(GOLD, RIGHT)


def scored(contract: Contract, rows=ROWS, gold=GOLD) -> ModelScore:
    return score_model(contract, gold, rows)


def test_each_slice_value_counts_by_its_share_of_traffic() -> None:
    whole = scored(weighed(en=0.1, de=0.9))
    parts = whole.slices["language"]
    for name in ("cost_per_case", "straight_through_rate"):
        en, de = (parts[value][name].value for value in ("en", "de"))
        assert whole.traffic[name].value == pytest.approx(0.1 * en + 0.9 * de)
        assert whole.traffic[name].n == 100
    went = [0.1 * parts["en"]["coverage"].value, 0.9 * parts["de"]["coverage"].value]
    wrong = [g * parts[v]["selective_risk"].value for g, v in zip(went, ("en", "de"), strict=True)]
    assert whole.traffic["selective_risk"].value == pytest.approx(sum(wrong) / sum(went))
    assert set(whole.traffic) == set(METRICS)


def test_where_gold_is_like_traffic_weighing_changes_nothing() -> None:
    for groups in (None, 20):
        gold = gold_of(100, groups=groups)
        found = scored(weighed(en=0.3, de=0.7), rows_of(gold, RIGHT), gold)
        for name in METRICS:
            mine, plain = found.traffic[name], found.metrics[name]
            told, known = ((m.value, m.low, m.high) for m in (mine, plain))
            assert told == pytest.approx(known, abs=1e-6)
            assert mine.n == plain.n


def test_much_traffic_on_few_gold_cases_is_known_less_well() -> None:
    def width(metric: Metric) -> float:
        assert metric.low is not None
        assert metric.high is not None
        return metric.high - metric.low

    rare = scored(weighed(en=0.9, de=0.1)).traffic["straight_through_rate"]
    like = scored(weighed(en=0.3, de=0.7)).traffic["straight_through_rate"]
    assert width(rare) > 1.4 * width(like)


def test_the_order_of_rows_does_not_matter_to_the_last_digit() -> None:
    gold = gold_of(100, groups=20)
    rows, contract = rows_of(gold, RIGHT), weighed(en=0.13, de=0.87)
    turned = score_model(contract, gold[::-1], rows[::-1])
    assert turned.traffic == score_model(contract, gold, rows).traffic


def test_what_traffic_does_not_have_counts_for_nothing() -> None:
    only = scored(weighed(de=1.0))
    german = only.slices["language"]["de"]["straight_through_rate"].value
    assert only.traffic["straight_through_rate"].value == german
    assert only.traffic["straight_through_rate"].n == 70


def test_a_value_without_a_gold_case_leaves_all_unmeasured() -> None:
    found = scored(weighed(en=0.2, de=0.5, fr=0.3)).traffic
    assert {(m.value, m.low, m.high, m.n) for m in found.values()} == {(None, None, None, 0)}
    none = rows_of(GOLD, RIGHT, confidence=[0.1] * 100)  # nothing proceeds
    assert scored(weighed(en=0.3, de=0.7), none).traffic["selective_risk"].value is None


def test_without_shares_nothing_is_weighed_and_with_them_dvc_tells_it() -> None:
    assert scored(MINI).traffic == {}
    card = make_scorecard(weighed(en=0.1, de=0.9), GOLD, threshold=0.5, evidence={},
                          rows_by_model={"candidate": ROWS})  # fmt: skip
    told = metrics(card)["by_traffic"]
    assert told.keys() == set(METRICS)
    assert all(math.isfinite(value) for value in told.values())


@pytest.mark.parametrize("crossing", [False, True])
def test_weighed_intervals_cover_at_least_93_of_100_worlds(crossing: bool) -> None:
    """`tests/bench/gold_weights.py` has every layout, and the widths."""
    rng, worlds = np.random.default_rng(23), 40
    layouts = (Layout(60, (1,)), Layout(40, (1, 1, 2, 5)))
    kinds = [World(layout, 0.3, 0.2, 0.6, crossing) for layout in layouts]
    for world in kinds:
        drawn = [one for _ in range(worlds) if (one := world.intervals(rng)) is not None]
        assert len(drawn) > 0.9 * worlds
        for name, truth in world.truth.items():
            missed = sum(not one[name][1] <= truth <= one[name][2] for one in drawn)
            assert missed <= 0.07 * worlds + 3 * math.sqrt(0.07 * 0.93 * worlds), name


def test_a_value_whose_cases_are_all_held_back_is_not_taken_to_be_without_risk() -> None:
    """Nine tenths of traffic, two gold cases, none proceeded: of its risk nothing is known."""
    gold = [
        case.model_copy(update={"meta": case.meta | {"language": "en" if i < 2 else "de"}})
        for i, case in enumerate(cases(100))
    ]
    rows = rows_of(gold, [i % 20 != 0 for i in range(100)], confidence=[0.1] * 2 + [0.99] * 98)
    plain, weighted = (
        scored(contract, rows, gold)
        for contract in (weighed(en=0.02, de=0.98), weighed(en=0.9, de=0.1))
    )
    risk = weighted.traffic["selective_risk"]
    assert risk.value == plain.traffic["selective_risk"].value
    assert plain.traffic["selective_risk"].high < 0.15
    assert risk.high > 0.9
