from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.repositories.small_repository import CONTRACT

from dslm.contract import Contract, load_contract
from dslm.data_card import CheckReach, Reach
from dslm.gating.checks.paired_statistics import gate_bounds, normal_quantile
from dslm.gating.power.detectable_differences import (
    DISCORDANCE,
    FIRST_LOOK,
    POWER,
    cases_for,
    gold_reach,
    smallest_gain,
    smallest_margin,
)
from dslm.gating.power.paired_test_power import cases_to_show, chance_to_show
from dslm.gating.power.slice_alarm_sensitivity import fewest_lost
from dslm.records import Case
from dslm.scoring.intervals import clopper_pearson
from dslm.settings.gate_policy import GatePolicy
from dslm.statistics.group_bounds import p_below

ALPHA = 0.05
AT_FIRST = ALPHA * FIRST_LOOK


@pytest.fixture(scope="module")
def contract(tmp_path_factory: pytest.TempPathFactory) -> Contract:
    path = tmp_path_factory.mktemp("contract") / "workflow.yaml"
    path.write_text(CONTRACT)
    return load_contract(path)


def gold(**sizes: int) -> list[Case]:
    return [
        Case(id=f"{language}{n}", input="x", target={}, meta={"language": language})
        for language, size in sizes.items()
        for n in range(size)
    ]


def reach(contract: Contract, cases: list[Case], **check: object) -> CheckReach:
    policy = GatePolicy.model_validate({"checks": [{"id": "asked"} | check]})
    return gold_reach(contract, cases, policy).checks[0]


def of_margin(cases: int, margin: float) -> float:
    return chance_to_show(cases, DISCORDANCE / 2, DISCORDANCE / 2, -margin, ALPHA)


@settings(max_examples=25)
@given(st.integers(20, 5_000))
def test_the_smallest_margin_is_decidable_and_a_smaller_one_is_not(cases: int) -> None:
    margin = smallest_margin(cases, ALPHA)
    assert of_margin(cases, margin) >= POWER > of_margin(cases, margin - 0.0001)


def test_gold_of_two_cases_shows_next_to_nothing() -> None:
    assert smallest_margin(2, ALPHA) > 0.5
    assert smallest_gain(2, ALPHA) is None


@pytest.mark.parametrize(("margin", "known"), [(0.02, 846), (0.03, 401), (0.05, 165), (0.1, 58)])
def test_a_margin_needs_the_fewest_cases_that_have_the_power(margin: float, known: int) -> None:
    needed = cases_for(margin, ALPHA)
    assert needed == known
    assert of_margin(needed, margin) >= POWER > of_margin(needed - 1, margin)


def test_more_cases_show_smaller_differences() -> None:
    sizes = (20, 50, 200, 1000, 5000)
    margins = [smallest_margin(n, ALPHA) for n in sizes]
    gains = [smallest_gain(n, ALPHA) or 1.0 for n in sizes]
    assert margins == sorted(margins, reverse=True)
    assert gains == sorted(gains, reverse=True)
    assert all(gain > margin for gain, margin in zip(gains, margins, strict=True))


def passed(cases: int, gained: float, lost: float, margin: float) -> float:
    """The share of drawn gold sets in which the gate shows that the loss is below the margin."""
    draw = np.random.default_rng(7)
    pairs = draw.multinomial(cases, [gained, lost, 1 - gained - lost], size=1000)
    found, times = np.unique(pairs[:, :2], axis=0, return_counts=True)
    z = normal_quantile(1 - ALPHA)
    low = [gate_bounds(float(g), float(lo), cases, z)[0] for g, lo in found.tolist()]
    return float(np.sum(times[np.asarray(low) >= -margin]) / 1000)


@pytest.mark.slow
@pytest.mark.parametrize("cases", [50, 100, 200, 800])
def test_the_gate_itself_passes_an_equal_model_at_that_margin_four_times_in_five(
    cases: int,
) -> None:
    half, margin = DISCORDANCE / 2, smallest_margin(cases, ALPHA)
    share = passed(cases, half, half, margin)
    assert share == pytest.approx(of_margin(cases, margin), abs=0.04)
    assert share >= POWER - 0.04


@pytest.mark.slow
@pytest.mark.parametrize("cases", [50, 100, 200, 800])
def test_the_gate_itself_shows_that_gain_four_times_in_five(cases: int) -> None:
    gain, half = smallest_gain(cases, ALPHA), DISCORDANCE / 2
    assert gain is not None
    assert passed(cases, half + gain, half, 0.0) == pytest.approx(POWER, abs=0.04)


def test_gold_and_each_slice_have_their_own_reach(contract: Contract) -> None:
    cases = gold(en=150, de=50)
    policy = GatePolicy.model_validate(
        {"checks": [{"id": "a", "kind": "zero_tolerance", "metric": "schema_valid_rate"}]}
    )
    found = gold_reach(contract, cases, policy)
    assert isinstance(found, Reach)
    assert (found.gold.cases, found.gold.margin) == (200, smallest_margin(200, AT_FIRST))
    assert [(s.name, s.cases) for s in found.slices] == [("language=en", 150), ("language=de", 50)]
    low, high = clopper_pearson(0.85, 50)
    assert found.slices[1].half_width == pytest.approx((high - low) / 2, abs=1e-4)


@pytest.mark.parametrize(("margin", "enough"), [(0.05, True), (0.02, False)])
def test_a_margin_is_held_against_the_size_of_gold(
    contract: Contract, margin: float, enough: bool
) -> None:
    found = reach(contract, gold(en=200), kind="non_inferior", metric="case_exact_match",
                  to="champion", margin=margin)  # fmt: skip
    assert found.enough is enough
    assert found.needed == (None if enough else cases_for(margin, AT_FIRST))
    assert f"margin of {smallest_margin(200, AT_FIRST):.3f} or more" in found.can


def test_a_bound_on_the_interval_says_what_must_be_measured(contract: Contract) -> None:
    found = reach(contract, gold(en=200), kind="bound", metric="case_exact_match", at_least=0.65,
                  on="interval")  # fmt: skip
    assert found.can == "meets the bound if the measured value is at least 0.715"
    low = [clopper_pearson(share, 200, 1 - 2 * AT_FIRST)[0] for share in (0.715, 0.71)]
    assert low[0] >= 0.65 > low[1]


def test_a_bound_that_even_a_perfect_score_misses_is_not_decidable(contract: Contract) -> None:
    found = reach(contract, gold(en=20), kind="bound", metric="case_exact_match", at_least=0.95,
                  on="interval")  # fmt: skip
    assert found.enough is False
    assert "even with a perfect score" in found.can


@pytest.mark.parametrize(
    ("check", "enough"),
    [
        ({"kind": "bound", "metric": "cost_per_case", "at_most": 3, "on": "interval"}, None),
        (
            {
                "kind": "bound",
                "metric": "cost_per_case",
                "at_most": 3,
                "on": "value",
                "unproved": "too few cases",
            },
            True,
        ),
        ({"kind": "gain", "metric": "cost_per_case", "over": "base", "at_least": 0}, None),
        ({"kind": "gain", "metric": "coverage", "over": "base", "at_least": 0.4}, True),
        ({"kind": "gain", "metric": "coverage", "over": "base", "at_least": 0.94}, False),
        ({"kind": "zero_tolerance", "metric": "truncation_rate"}, True),
    ],
)
def test_what_cannot_be_said_before_there_are_scores_is_not_guessed(
    contract: Contract, check: dict[str, object], enough: bool | None
) -> None:
    assert reach(contract, gold(en=200), **check).enough is enough


def test_an_alarm_needs_slices_in_which_a_drop_can_be_significant(contract: Contract) -> None:
    check = {"kind": "slice_alarm", "metric": "coverage", "against": "champion",
             "worse_by": 0.1, "min_cases": 15}  # fmt: skip
    deaf = reach(contract, gold(en=100, de=20, fr=5), **check)
    # 2 slices are judged: 6 lost pairs are the fewest with 2 * 0.5**6 <= 0.05
    assert deaf.can.startswith("triggers at 6 newly wrong cases in a slice")
    assert "a drop of 0.300" in deaf.can
    assert (
        "in 1 of them a drop of 0.100 is too small to be detected, which needs 60 cases" in deaf.can
    )
    assert "1 are too small to judge" in deaf.can
    assert deaf.enough is False
    assert reach(contract, gold(en=100, de=80), **check).enough is True
    assert reach(contract, gold(en=9), **check).can == "has no slice of 15 cases"
    without = contract.model_copy(update={"slices": ()})
    idle = reach(without, gold(en=100), **check)
    assert (idle.can, idle.enough) == (
        "has nothing to compare: the contract names no `slices`",
        None,
    )


@settings(max_examples=40)
@given(st.lists(st.integers(1, 6), min_size=1, max_size=40), st.sampled_from([0.05, 0.004]))
def test_an_alarm_is_told_to_ring_exactly_where_the_gates_own_test_does(
    sizes: list[int], level: float
) -> None:
    def p(lost: int) -> float:  # spread over the groups as evenly as there is room
        taken = [0] * len(sizes)
        while lost:
            place = min((i for i, s in enumerate(sizes) if taken[i] < s), key=taken.__getitem__)
            taken[place], lost = taken[place] + 1, lost - 1
        return p_below(-np.asarray(taken), np.asarray(sizes), 0.0, 1.0)

    few = fewest_lost(sizes, level)
    assert p(sum(sizes) if few is None else few - 1) > level
    assert few is None or p(few) <= level + 1e-9


def test_an_alarm_over_groups_promises_no_more_than_it_hears(contract: Contract) -> None:
    """40 cases of 8 suppliers: 6 lost ones are a fair coin's proof of single cases alone."""
    data = contract.data.model_copy(update={"group_by": "sender"})
    grouped = contract.model_copy(update={"data": data})
    alone = gold(en=40, de=40)
    fives = [
        case.model_copy(update={"meta": case.meta | {"sender": f"s{n // 5}"}})
        for n, case in enumerate(alone)
    ]
    check = {"kind": "slice_alarm", "metric": "coverage", "against": "champion",
             "worse_by": 0.15, "min_cases": 15}  # fmt: skip
    assert reach(grouped, alone, **check).enough is True
    deaf = reach(grouped, fives, **check)
    assert deaf.enough is False
    assert "triggers at 24 newly wrong cases in a slice (in different groups" in deaf.can
    assert "in 2 of them a drop of 0.150 is too small to be detected" in deaf.can
    huge = [case.model_copy(update={"meta": case.meta | {"sender": "one"}}) for case in alone]
    assert "cannot trigger in any of 2 slices" in reach(grouped, huge, **check).can


@pytest.mark.parametrize("margin", [0.02, 0.05])
def test_gate_and_check_ask_for_the_same_number_of_cases(margin: float) -> None:
    half = DISCORDANCE / 2
    assert cases_to_show(half, half, -margin, ALPHA) == cases_for(margin, ALPHA)


def test_groups_see_less_than_as_many_single_cases(contract: Contract) -> None:
    grouped = contract.model_copy(
        update={"data": contract.data.model_copy(update={"group_by": "sender"})}
    )
    alone = gold(en=200)
    fours = [
        case.model_copy(update={"meta": case.meta | {"sender": f"s{n // 4}"}})
        for n, case in enumerate(alone)
    ]
    asked = {"kind": "non_inferior", "metric": "case_exact_match", "to": "champion", "margin": 0.05}
    few, many = reach(grouped, alone, **asked), reach(grouped, fours, **asked)
    assert (few.enough, many.enough) == (True, False)
    assert (many.needed, many.needed_groups) == (472, 118)
    bound = {"kind": "bound", "metric": "case_exact_match", "at_least": 0.65, "on": "interval"}
    told = [reach(grouped, cases, **bound).can for cases in (alone, fours)]
    assert told[0].startswith("meets the bound if the measured value is at least 0.71")
    assert told[1].startswith("meets the bound if the measured value is at least 0.")
    assert told[0] <= told[1]
    card = gold_reach(grouped, fours, GatePolicy.model_validate({"checks": [{"id": "a"} | asked]}))
    assert (card.gold.cases, card.gold.groups) == (200, 50)
    assert card.gold.margin > smallest_margin(200, AT_FIRST)
