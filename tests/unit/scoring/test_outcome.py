import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.repositories.scored_rows import MINI, WRONG, answer, cases

from dslm.contract import Contract
from dslm.contract.answers.decision import NEVER, decide, ideal
from dslm.errors import InputError
from dslm.records import Decision
from dslm.scoring import outcome
from dslm.scoring.all_to_a_person import person_metrics, person_rows
from dslm.scoring.outcome import cost_of_wrong, dearest

PAYABLE, OTHER = cases(6)[1], cases(6)[0]
PROCEED = Decision(action="proceed")
ABSTAIN, ESCALATE = Decision(action="abstain"), Decision(action="escalate")


def test_a_right_answer_that_proceeds_goes_straight_through_and_costs_nothing() -> None:
    found = outcome(MINI, PAYABLE, answer(PAYABLE.target), PROCEED)
    assert (found.kind, found.exact, found.cost) == ("straight_through", True, 0.0)


def test_a_wrong_answer_that_proceeds_costs_a_wrong_proceed() -> None:
    found = outcome(MINI, PAYABLE, answer(WRONG), PROCEED)
    assert (found.kind, found.wrong_fields, found.cost) == ("wrong_proceed", ("number",), 45.0)


def test_the_dearest_wrong_field_counts() -> None:
    costs = MINI.costs.model_copy(update={"by_field": {"kind": 7.0, "number": 3.0}})
    contract = MINI.model_copy(update={"costs": costs})
    assert outcome(contract, PAYABLE, answer(WRONG), PROCEED).cost == 3.0
    both = {"kind": "other", "number": "B"}
    assert outcome(contract, PAYABLE, answer(both), PROCEED).cost == 7.0


def test_a_case_that_must_not_proceed_is_wrong_even_with_every_field_right() -> None:
    found = outcome(MINI, OTHER, answer(OTHER.target), PROCEED)
    assert (found.kind, found.exact, found.cost) == ("wrong_proceed", True, 45.0)


def test_a_cheap_wrong_field_makes_no_case_cheaper_that_must_not_proceed() -> None:
    costs = MINI.costs.model_copy(update={"by_field": {"kind": 1.0, "number": 1.0}})
    contract = MINI.model_copy(update={"costs": costs})
    also_wrong = answer({"kind": "order", "number": None})
    assert outcome(contract, OTHER, answer(OTHER.target), PROCEED).cost == 45.0
    found = outcome(contract, OTHER, also_wrong, PROCEED)
    assert (found.wrong_fields, found.cost) == (("kind",), 45.0)


@given(
    costs=st.deferred(lambda: COSTS),
    wrong=st.sets(st.sampled_from(["kind", "number", "total"]), min_size=1),
    more=st.sets(st.sampled_from(["kind", "number", "total", "date"])),
)
def test_more_that_is_wrong_never_costs_less(costs, wrong, more) -> None:
    contract = Contract.model_validate(MINI.model_dump(by_alias=True) | {"costs": costs})
    once = cost_of_wrong(contract, wrong, may_proceed=True)
    assert cost_of_wrong(contract, wrong | more, may_proceed=True) >= once
    assert cost_of_wrong(contract, wrong, may_proceed=False) >= once
    held = cost_of_wrong(contract, (), may_proceed=False)
    assert cost_of_wrong(contract, wrong | more, may_proceed=False) >= max(once, held)
    assert cost_of_wrong(contract, wrong | more, may_proceed=False) <= dearest(contract)


@pytest.mark.parametrize(("decision", "cost"), [(ABSTAIN, 3.0), (ESCALATE, 5.0)])
def test_a_held_case_costs_what_its_holding_costs(decision: Decision, cost: float) -> None:
    held_back = outcome(MINI, PAYABLE, answer(PAYABLE.target), decision)
    rightly = outcome(MINI, OTHER, answer(OTHER.target), decision)
    assert (held_back.kind, held_back.cost) == ("held_back", cost)
    assert (rightly.kind, rightly.cost) == ("rightly_held", cost)


def test_a_case_without_target_is_refused_by_name() -> None:
    with pytest.raises(InputError, match=r"case g-001: a case without target"):
        outcome(MINI, PAYABLE.model_copy(update={"target": None}), answer(WRONG), PROCEED)


OBJECTS = st.none() | st.fixed_dictionaries(
    {
        "kind": st.sampled_from(["order", "other"]),
        "number": st.none() | st.sampled_from(["A-1", "A", "Z-9"]),
    }
)
COSTS = st.fixed_dictionaries(
    {
        "currency": st.just("EUR"),
        "wrong_proceed": st.floats(0, 1e6),
        "review": st.floats(0, 1e6),
        "escalation": st.floats(0, 1e6),
        "by_field": st.dictionaries(st.sampled_from(["kind", "number"]), st.floats(0, 1e6)),
    }
)


@given(
    target=OBJECTS.filter(bool),
    given_=OBJECTS,
    confidence=st.floats(0, 1),
    threshold=st.sampled_from([0.0, 0.5, 1.0, NEVER]),
    costs=COSTS,
)
def test_every_case_gets_exactly_one_outcome(target, given_, confidence, threshold, costs) -> None:
    contract = Contract.model_validate(MINI.model_dump(by_alias=True) | {"costs": costs})
    case = PAYABLE.model_copy(update={"target": target})
    prediction = answer(given_, confidence=confidence)
    decision = decide(contract, case.input, prediction, threshold)
    found = outcome(contract, case, prediction, decision)
    may_proceed = ideal(contract, case.input, target).action == "proceed"
    proceeds = decision.action == "proceed"
    assert (found.kind in ("straight_through", "wrong_proceed")) == proceeds
    assert (found.kind == "straight_through") == (proceeds and may_proceed and found.exact)
    assert (found.kind == "held_back") == (not proceeds and may_proceed)
    assert math.isfinite(found.cost)
    assert found.cost >= 0
    assert found.exact == (not found.wrong_fields)


def test_people_alone_review_every_case_and_nothing_goes_through() -> None:
    gold = cases(40)
    rows = person_rows(MINI, gold)
    assert [row.id for row in rows] == [case.id for case in gold]
    assert {row.outcome.cost for row in rows} == {MINI.costs.review}
    for case, row in zip(gold, rows, strict=True):
        payable = ideal(MINI, case.input, case.target or {}).action == "proceed"
        assert row.outcome.kind == ("held_back" if payable else "rightly_held")
    told = person_metrics(MINI, gold)
    assert {name: metric.value for name, metric in told.items()} == {
        "cost_per_case": MINI.costs.review, "straight_through_rate": 0.0, "coverage": 0.0
    }  # fmt: skip
    assert all((m.low, m.high, m.n) == (None, None, 40) for m in told.values())
    assert person_metrics(MINI, []) == {}
