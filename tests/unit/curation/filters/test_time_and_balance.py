import datetime as dt
import json
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.curation.curated_runs import curated

from dslm.curation.case_table import CaseTable
from dslm.curation.filters.leakage.group_across_splits import group_across_splits
from dslm.curation.filters.outside_window import WindowPlan, outside_window
from dslm.curation.filters.over_label_cap import over_label_cap
from dslm.curation.filters.thin_text import thin_text
from dslm.curation.splits import received_date, split_of
from dslm.records import Case

BY_TIME = {
    "time": "at",
    "split": {"validation_from": "2025-03-01", "calibration_from": "2025-04-01"},
}


def case(identity, at=None, sender="a", kind="claim", text="Claim 4411, wet and torn", **meta):
    stamp = {} if at is None else {"at": at}
    target = {"kind": kind, "amount": None}
    return Case(id=identity, input=text, target=target, meta={"sender": sender} | stamp | meta)


@pytest.mark.parametrize(
    ("at", "meta", "reason"),
    [
        ("2025-02-01", {}, None),
        ("2025-01-01T10:00:00Z", {}, None),
        ("2024-12-31", {}, "outside_window"),
        ("2025-06-02", {}, "outside_window"),
        (None, {}, "no_arrival_time"),
        ("yesterday", {}, "no_arrival_time"),
        ("2025-02-01", {"valid_until": "2025-01-31"}, "label_ran_out"),
        ("2025-02-01", {"valid_until": "2025-02-01"}, None),
        ("2025-02-01", {"valid_until": "soon"}, "valid_until_is_no_date"),
        ("2025-05-30", {}, "label_ran_out"),
    ],
)
def test_a_case_is_dropped_by_its_time_with_what_it_says(build_contract, at, meta, reason):
    window = {"first": "2025-01-01", "last": "2025-06-01"}
    contract = build_contract(time="at", window=window, valid_until="2025-05-01")
    drops = outside_window([case("x", at, **meta)], WindowPlan.of(contract.data))
    assert [drop.reason for drop in drops] == ([reason] if reason else [])


def test_without_a_window_no_time_is_asked_for(contract):
    plan = WindowPlan.of(contract.data)
    assert outside_window([case("x"), case("y", "2025-01-01")], plan) == []


@pytest.mark.parametrize(
    "data",
    [
        {"window": {"first": "2025-01-01"}},
        {"split": {"validation_from": "2025-03-01", "calibration_from": "2025-04-01"}},
        {"time": "at", "split": {"calibration_from": "2025-04-01"}},
        {
            "time": "at",
            "split": {"validation_from": "2025-05-01", "calibration_from": "2025-04-01"},
        },
        {"time": "at", "window": {"first": "2025-05-01", "last": "2025-04-01"}},
        {"at_most_per": {"kidn": 3}},
    ],
)
def test_a_contract_that_cannot_be_meant_is_refused(build_contract, data):
    with pytest.raises(ValueError, match=r"data\.time|together|before|after|no output field"):
        build_contract(**data)


@given(st.dates(dt.date(2024, 1, 1), dt.date(2026, 1, 1)))
def test_by_time_the_past_is_trained_on(build_contract, day):
    contract = build_contract(**BY_TIME)
    one = case("x", day.isoformat())
    assert received_date(one, "at") == day
    expected = "train" if day < dt.date(2025, 3, 1) else "validation"
    assert split_of(contract, one) == ("calibration" if day >= dt.date(2025, 4, 1) else expected)


def test_later_cases_of_a_trained_group_go_and_the_trained_ones_stay(build_contract):
    contract = build_contract(**BY_TIME)
    cases = [
        case("a", "2025-01-01", "one"), case("b", "2025-03-05", "one"),
        case("c", "2025-04-05", "one"), case("d", "2025-04-06", "two"),
        case("e", "2025-03-07", "three"), case("f", "2025-05-01", "three"),
    ]  # fmt: skip
    table = CaseTable.of(cases, contract)
    drops = group_across_splits(table, may_cross=True)
    assert [drop.id for _, drop in sorted(drops.items())] == ["b", "c", "f"]
    assert {drop.reason for drop in drops.values()} == {"group_in_earlier_split"}
    assert group_across_splits(table, may_cross=False) == {}


def test_a_whole_curation_by_time_parts_groups_and_days(
    build_contract, build_rows, gold, write_source
):
    rows = build_rows(300)
    for place, row in enumerate(rows):
        row["meta"]["at"] = (
            dt.date(2025, 1, 1) + dt.timedelta(days=place * 150 // 300)
        ).isoformat()
        row["meta"]["sender"] = f"sender {place if place % 3 else place % 9}"
    done = curated(build_contract(**BY_TIME), write_source(rows), gold)
    days = {name: [c.meta["at"] for c in part] for name, part in done.parts.items()}
    assert max(days["train"]) < "2025-03-01" <= min(days["validation"])
    assert max(days["validation"]) < "2025-04-01" <= min(days["calibration"])
    groups = [{c.meta["sender"] for c in part} for part in done.parts.values()]
    assert sum(map(len, groups)) == len(set.union(*groups))
    assert done.ledger.dropped["group_in_earlier_split"] > 10


def test_a_cap_keeps_the_same_training_cases_whatever_is_added(build_contract):
    contract = build_contract(at_most_per={"kind": 5}, group_by=None)
    cases = [case(f"c{n:03}", text=f"Text {n} of its own") for n in range(60)]
    block = partial(over_label_cap, caps=contract.data.at_most_per)

    def kept(some):
        drops = {drop.id for drop in block(CaseTable.of(some, contract)).values()}
        return {c.id for c in some if c.id not in drops and split_of(contract, c) == "train"}

    assert len(kept(cases)) == 5
    more = [*cases, *(case(f"d{n:03}", text=f"Another text {n}", kind="other") for n in range(9))]
    assert kept(cases) <= kept(more)
    train = [c for c in cases if split_of(contract, c) == "train"]
    assert len(block(CaseTable.of(cases, contract))) == len(train) - 5, "held-out cases stay"


def test_texts_that_say_nothing_go():
    cases = [case("a", text="ok"), case("b", text="?! 👍"), case("c", text="no 7")]
    assert [drop.id for drop in thin_text(cases, 3)] == ["a", "b"]
    assert thin_text(cases, 0) == []


def test_drops_of_time_and_text_are_counted(build_contract, build_rows, gold, write_source):
    rows = build_rows(200)
    rows[3]["input"] = "..."
    lines = [json.dumps(row).encode() for row in rows]
    done = curated(build_contract(), write_source(lines), gold)
    assert done.ledger.dropped == {"thin_text": 1}
