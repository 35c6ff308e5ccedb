import random
import time
from functools import partial

import pytest

from dslm.curation.case_table import CaseTable
from dslm.curation.filters.duplicates.exact_duplicates import exact_duplicates
from dslm.curation.filters.duplicates.near_duplicates import near_duplicates
from dslm.curation.filters.leakage.near_across_splits import parted_splits
from dslm.curation.filters.rule_breaks import rule_breaks
from dslm.curation.filters.ungrouped import ungrouped
from dslm.curation.labels.contradictions import (
    contradicted,
    contradictions,
    described,
    same_target,
)
from dslm.curation.labels.near_disagreements import near_disagreements
from dslm.curation.splits import split_of
from dslm.errors import Problems
from dslm.records import Case

TEXT = "Parcel 4411 arrived wet and torn, we ask for 20.00 EUR. Yours, Blue Lamp Trading"


def case(identity, text=TEXT, kind="claim", amount="20.00", **meta):
    target = {"kind": kind, "amount": amount}
    return Case(id=identity, input=text, target=target, meta={"sender": "a"} | meta)


def near_duplicates_of(contract):
    """The comparison as `filter_order` makes it."""
    share, same = contract.data.near_duplicate, partial(same_target, contract)
    return partial(near_duplicates, share=share, same_target=same)


def compared(comparison, cases, contract):
    """What a comparison drops, in the order of the cases."""
    drops = comparison(CaseTable.of(cases, contract))
    return [drop for _, drop in sorted(drops.items())]


def test_of_equal_texts_the_first_id_is_kept(contract):
    cases = [case("a"), case("b", TEXT.upper()), case("c", TEXT + "!"), case("d", "Another one")]
    assert [(d.id, d.reason, d.of) for d in compared(exact_duplicates, cases, contract)] == [
        ("b", "exact_duplicate", "a"),
        ("c", "exact_duplicate", "a"),
    ]


def test_texts_of_signs_alone_are_told_apart(contract):
    cases = [case("a", "???"), case("b", "!!!"), case("c", "👍")]
    assert compared(exact_duplicates, cases, contract) == []


def test_one_text_with_two_answers_loses_all_its_cases(contract):
    cases = [case("a"), case("b", TEXT.lower()), case("c", amount="21.00"), case("d", "Other")]
    drops = compared(partial(contradictions, contract=contract), cases, contract)
    assert [(d.id, d.reason, d.of) for d in drops] == [
        ("a", "contradictory_label", "c"),
        ("b", "contradictory_label", "c"),
        ("c", "contradictory_label", "a"),
    ]


def disagreeing():
    """Two that say 20.00, one of them in other digits, one that says 21.00; and one alone."""
    return [case("a"), case("b", TEXT.lower(), amount="20"), case("c", amount="21.00"),
            case("d", "Other")]  # fmt: skip


def test_where_the_contract_says_so_the_majority_stays(build_contract):
    contract = build_contract(contradictions="majority")
    drops = compared(partial(contradictions, contract=contract), disagreeing(), contract)
    assert [(d.id, d.of) for d in drops] == [("c", "a")]
    tie = [disagreeing()[0], disagreeing()[2]]
    drops = compared(partial(contradictions, contract=contract), tie, contract)
    assert [d.id for d in drops] == ["a", "c"]


def test_where_the_contract_says_so_a_contradiction_stops(build_contract):
    contract = build_contract(contradictions="stop")
    with pytest.raises(Problems, match=r"case a: another answer than c.*data\.contradictions"):
        compared(partial(contradictions, contract=contract), disagreeing(), contract)
    agreeing = disagreeing()[:2]
    assert compared(partial(contradictions, contract=contract), agreeing, contract) == []


def test_contradictions_are_listed_field_by_field_with_the_majority(contract):
    cases = CaseTable.of(disagreeing(), contract)
    [answers] = contradicted(cases, contract).certain
    found = described(cases, answers, cases.target)
    assert found.ids == ("a", "b", "c")
    assert found.fields == {"amount": {'"20.00"': ("a",), '"20"': ("b",), '"21.00"': ("c",)}}
    assert found.majority == ("a", "b")


def test_answers_that_the_comparators_call_equal_do_not_contradict(contract):
    cases = [case("a", amount="20.00"), case("b", amount="20")]
    assert compared(partial(contradictions, contract=contract), cases, contract) == []


def test_near_duplicates_with_the_same_answer_go_and_others_stay(contract):
    cases = [case("a"), case("b", TEXT + " :) hm"), case("c", TEXT.replace("20.00", "70.00"),
             amount="70.00"), case("d", "Nothing like the others, nothing at all")]  # fmt: skip
    drops = compared(near_duplicates_of(contract), cases, contract)
    assert [(d.id, d.reason, d.of) for d in drops] == [("b", "near_duplicate", "a")]


def test_planted_near_duplicates_are_found(contract, build_rows):
    rows = build_rows(300)
    rng = random.Random(4)
    copies = [
        row | {"id": f"z{n}", "input": row["input"] + rng.choice([" Thank you.", " best", ", ok?"])}
        for n, row in enumerate(rows[:100])
    ]
    cases = [Case.model_validate(row) for row in [*rows, *copies]]
    drops = compared(near_duplicates_of(contract), cases, contract)
    assert {d.id for d in drops} <= {c["id"] for c in copies}
    assert len(drops) >= 98


def test_a_chain_of_near_duplicates_is_dropped_only_for_a_case_that_is_kept(contract):
    cases = [case(f"{n}", TEXT + "x" * 9 * n) for n in range(6)]
    drops = compared(near_duplicates_of(contract), cases, contract)
    kept = {c.id for c in cases} - {d.id for d in drops}
    assert drops
    assert {d.of for d in drops} <= kept


def test_a_training_case_like_a_held_out_one_goes(build_contract):
    contract = build_contract(group_by="sender")
    senders = {split_of(contract, case("x", sender=f"s{n}")): f"s{n}" for n in range(60)}
    one = case("a", sender=senders["train"])
    held = case("b", TEXT.replace("20.00", "70.00"), amount="70.00", sender=senders["calibration"])
    parted = partial(parted_splits, share=contract.data.near_duplicate)
    drops = compared(parted, [one, held], contract)
    assert [(d.id, d.reason, d.of) for d in drops] == [("a", "near_calibration", "b")]
    other = case("c", "Something else entirely")
    assert compared(parted, [one, other], contract) == []


@pytest.mark.parametrize(
    ("amount", "breaks", "reason"),
    [
        (None, {}, None),
        ("1.00", {}, "breaks:other_is_empty"),
        ("1.00", {"breaks": ["other_is_empty"]}, None),
        (None, {"breaks": ["other_is_empty"]}, "breaks_not:other_is_empty"),
        ("1.00", {"breaks": ["other_is_empty", "no_rule"]}, "breaks_not:no_rule"),
        ("1.00", {"breaks": "other_is_empty"}, "breaks_is_no_list"),
    ],
)
def test_a_rule_is_broken_exactly_where_the_case_says_so(contract, amount, breaks, reason):
    drops = rule_breaks([case("a", kind="other", amount=amount, **breaks)], contract)
    assert [d.reason for d in drops] == ([reason] if reason else [])


def test_a_case_without_the_contracts_group_goes():
    cases = [case("a"), case("b", sender=" "), Case(id="c", input="x", target={})]
    assert [d.id for d in ungrouped(cases, "sender")] == ["b", "c"]
    assert ungrouped(cases, None) == []


# --- the same but for identifiers -----------------------------------------------------------------

LETTERS = {"type": ["string", "null"], "maxLength": 40}


@pytest.fixture
def orders(build_contract):
    """A contract of `kind`, an identifier `number`, a name `buyer`, a decimal `amount`."""
    contract = build_contract()
    properties = contract.output["properties"] | {"number": LETTERS, "buyer": LETTERS}
    output = contract.output | {"properties": properties, "required": [*properties]}
    return contract.model_copy(update={"output": output})


ORDER = "Concerning {}, which {} sent us on Monday: it came wet and torn, we want {} back"


def order(identity, number, kind="claim", *, text=ORDER, buyer="Blue Lamp", amount="20.00", **more):
    target = {"kind": kind, "amount": amount, "number": number, "buyer": buyer} | more
    told = text.format(number, buyer, amount)
    return Case(id=identity, input=told, target=target, meta={"sender": "a"})


def ids_of(drops):
    return [(drop.id, drop.reason, drop.of) for drop in drops]


def test_texts_that_differ_by_what_their_answers_say_do_not_contradict(orders):
    cases = [order("a", "A-17"), order("b", "A-18"), order("c", "B 4 77")]
    assert compared(partial(contradictions, contract=orders), cases, orders) == []
    assert contradicted(CaseTable.of(cases, orders), orders).likely == []


def test_texts_that_differ_by_their_numbers_alone_have_one_answer_else(orders):
    cases = [order("a", "A-17"), order("b", "A-18"), order("c", "B 4 77", "other")]
    drops = compared(partial(contradictions, contract=orders), cases, orders)
    near = "contradictory_near"
    assert ids_of(drops) == [("a", near, "c"), ("b", near, "c"), ("c", near, "a")]
    table = CaseTable.of(cases, orders)
    [answers] = contradicted(table, orders).certain
    told = described(table, answers, table.target)
    assert told.kind == "but_for_identifiers"
    assert told.fields == {"kind": {'"claim"': ("a", "b"), '"other"': ("c",)}}
    assert told.majority == ("a", "b")


def test_the_policy_is_the_same_for_them(orders):
    cases = [order("a", "A-17"), order("b", "A-18"), order("c", "B 4 77", "other")]
    data = orders.data.model_copy(update={"contradictions": "majority"})
    majority = orders.model_copy(update={"data": data})
    drops = compared(partial(contradictions, contract=majority), cases, majority)
    assert [drop.id for drop in drops] == ["c"]
    stops = orders.model_copy(
        update={"data": orders.data.model_copy(update={"contradictions": "stop"})}
    )
    with pytest.raises(Problems, match="case a: another answer than c"):
        compared(partial(contradictions, contract=stops), cases, stops)


def test_an_answer_that_its_text_does_not_hold_is_not_explained_by_it(orders):
    wrong = order("b", "A-17")
    cases = [
        order("a", "A-17"),
        wrong.model_copy(update={"target": wrong.target | {"number": "9"}}),
    ]
    drops = compared(partial(contradictions, contract=orders), cases, orders)
    assert [drop.reason for drop in drops] == ["contradictory_label"] * 2


@pytest.mark.parametrize(
    "other",
    [
        order("b", "A-18", "other", text=ORDER.replace("want", "never want")),
        order("b", "A-17", "other", buyer="Red Door"),  # a name may decide the kind
        order("b", "A-17", "other", amount="9000.00"),  # and so may an amount
    ],
    ids=["a word more", "another name", "another amount"],
)
def test_what_may_explain_another_label_keeps_both_cases(orders, other):
    cases = [order("a", "A-17"), other]
    assert compared(partial(contradictions, contract=orders), cases, orders) == []


def test_a_code_that_comes_again_may_decide_the_label_and_is_listed_only(orders):
    cases = [order("a", "M4"), order("b", "M5", "other"),
             order("c", "M5", "other", text="Quite another text with {} {} {} in it")]  # fmt: skip
    found = contradicted(CaseTable.of(cases, orders), orders)
    assert found.certain == []
    [answers] = found.likely
    assert answers.places == [0, 1]
    assert compared(partial(contradictions, contract=orders), cases, orders) == []


def test_nearly_equal_texts_with_another_label_are_listed_and_stay(orders):
    cases = [order("a", "A-17"), order("b", "A-17", "other", text=ORDER + ", or never"),
             order("c", "A-17", text=ORDER + ", bye"), case("d", "Quite another one")]  # fmt: skip
    cases[3].target.update(number=None, buyer=None)
    table = CaseTable.of(cases, orders)
    [answers] = near_disagreements(table, orders)
    told = described(table, answers, table.target)
    assert (told.kind, told.ids, told.majority) == ("nearly", ("a", "b", "c"), ("a", "c"))
    assert told.fields == {"kind": {'"claim"': ("a", "c"), '"other"': ("b",)}}


def test_a_label_that_stands_in_its_text_alone_is_no_disagreement(orders):
    cases = [order("a", "A-17", text=ORDER + ": a claim"),
             order("b", "A-17", "other", text=ORDER + ": some other")]  # fmt: skip
    assert near_disagreements(CaseTable.of(cases, orders), orders) == []


@pytest.mark.slow
def test_a_template_of_many_numbers_takes_no_time_to_compare(orders):
    cases = [order(f"{n:05}", f"A-{n}") for n in range(3000)]
    cases.append(order("z", "B-1", "other"))
    table = CaseTable.of(cases, orders)
    started = time.process_time()
    [answers] = contradicted(table, orders).certain
    assert len(answers.places) == 3001
    assert time.process_time() - started < 5
