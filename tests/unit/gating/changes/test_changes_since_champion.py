"""What changed since the champion, and which of it asks less."""

from __future__ import annotations

from typing import Any

import pytest
from support.repositories.scored_repository import digest_of
from support.repositories.scored_rows import MINI, cases

from dslm.contract import Contract
from dslm.evidence import Terms, case_digests_of, terms_of
from dslm.evidence.release_terms import MADE_FROM
from dslm.gating.changes.changes_since_champion import changes_since, changes_told
from dslm.gating.evidence.calibration_split import FEWER
from dslm.provenance import digest_json
from dslm.records import Baseline, Change, Verdict
from dslm.settings.gate_policy import GatePolicy

GOLD = cases(10)
SPLIT = [case.model_copy(update={"meta": case.meta | {"sender": case.id}})
         for case in cases(20, prefix="c")]  # fmt: skip
SERVES = Baseline(version=3, digest=digest_of("three"))
MADE = {key: digest_of(key) for key in MADE_FROM}
ASKED: dict[str, Any] = {
    "alpha": 0.05,
    "first_release": "until_one_serves",
    "waivers": {"most_days": 30, "never": ["schema_valid_rate", "right"]},
    "checks": [
        {"id": "valid", "kind": "zero_tolerance", "metric": "schema_valid_rate"},
        {"id": "right", "kind": "bound", "metric": "case_exact_match", "at_least": 0.7},
        {"id": "cut", "kind": "bound", "metric": "truncation_rate", "at_most": 0.1},
        {"id": "risk", "kind": "bound", "metric": "selective_risk", "at_most": 0.1,
         "least_cases": 30},
        {"id": "holds", "kind": "non_inferior", "metric": "coverage", "to": "champion",
         "margin": 0.1},
        {"id": "gains", "kind": "gain", "metric": "coverage", "over": "base", "at_least": 0.1},
        {"id": "falls", "kind": "slice_alarm", "metric": "coverage", "against": "champion",
         "worse_by": 0.1, "min_cases": 15},
    ],
}  # fmt: skip
CONTRACT = MINI.model_dump(mode="json", by_alias=True)


def held_to(
    policy: dict[str, Any] = ASKED,
    contract: dict[str, Any] = CONTRACT,
    gold: Any = GOLD,
    calibration: Any = SPLIT,
) -> Terms:
    made = Contract.model_validate(contract)
    split = None if calibration is None else case_digests_of(made, calibration)
    return terms_of(made, gold, GatePolicy.model_validate(policy), MADE, split)


THEN = held_to()


def turned(document: dict[str, Any], place: str, value: Any) -> dict[str, Any]:
    """A document with one value changed; `absent` takes it out. Checks and rules go by their id."""
    key, _, rest = place.partition(".")
    if isinstance(document, list):
        found = []
        for one in document:
            if one["id"] != key:
                found.append(one)
            elif rest or value != "absent":
                found.append(turned(one, rest, value))
        return found  # type: ignore[return-value]
    if rest:
        return document | {key: turned(document.get(key, {}), rest, value)}
    return {k: v for k, v in (document | {key: value}).items() if value != "absent" or k != key}


def found(now: Terms) -> dict[str, Change]:
    changes = changes_since(SERVES, THEN, now)
    assert (changes.since, changes.unknown) == (3, "")
    return {f"{change.part} {change.key}": change for change in changes.found}


def test_nothing_changed_says_nothing_and_without_a_champion_there_is_nothing_to_say() -> None:
    assert found(held_to()) == {}
    assert changes_since(Baseline(), None, THEN).found == ()
    older = changes_since(SERVES, None, THEN)
    assert older.unknown == (
        "version 3 was registered before releases kept the terms they were judged by"
    )
    assert older.loosening == ()


@pytest.mark.parametrize(
    ("place", "value", "loosens"),
    [
        ("alpha", 0.1, True), ("alpha", 0.01, True),  # slices would ring later
        ("first_release", "allow", True), ("first_release", "refuse", False),
        ("waivers.most_days", 31, True), ("waivers.most_days", 7, False),
        ("waivers.never", ["right"], True),
        ("waivers.never", ["schema_valid_rate", "right", "cut"], False),
        ("checks.right", "absent", True), ("checks.right.means", "asked by Kim", False),
        ("checks.right.at_least", 0.6, True), ("checks.right.at_least", 0.8, False),
        ("checks.cut.at_most", 0.2, True), ("checks.cut.at_most", 0.05, False),
        ("checks.right.on", "value", True), ("checks.right.metric", "coverage", True),
        ("checks.risk.least_cases", 20, True), ("checks.risk.least_cases", 40, False),
        ("checks.risk.least_cases", "absent", True),
        ("checks.holds.margin", 0.2, True), ("checks.holds.margin", 0.05, False),
        ("checks.holds.to", "base", True),
        ("checks.gains.at_least", 0.05, True), ("checks.gains.at_least", 0.2, False),
        ("checks.falls.worse_by", 0.2, True), ("checks.falls.worse_by", 0.05, False),
        ("checks.falls.min_cases", 30, True), ("checks.falls.min_cases", 10, True),
    ],
)  # fmt: skip
def test_a_policy_is_compared_value_by_value(place: str, value: Any, loosens: bool) -> None:
    now = held_to(policy=turned(ASKED, place, value))
    assert {key: change.loosens for key, change in found(now).items()} == {
        f"policy {place}": loosens
    }


def test_a_check_more_loosens_nothing_and_an_exchanged_bound_does() -> None:
    more = {"id": "more", "kind": "bound", "metric": "coverage", "at_least": 0.1}
    change = found(held_to(policy=ASKED | {"checks": [*ASKED["checks"], more]}))
    assert [(key, one.loosens) for key, one in change.items()] == [("policy checks.more", False)]
    turned_round = turned(
        turned(ASKED, "checks.right.at_least", "absent"), "checks.right.at_most", 0.9
    )
    assert {one.loosens for one in found(held_to(policy=turned_round)).values()} == {True}


@pytest.mark.parametrize(
    ("place", "value", "loosens"),
    [
        ("version", 2, False), ("summary", "Mails", False), ("task", "Read it.", False),
        ("output.properties.kind.enum", ["order", "other", "spam"], True),
        ("locale", "de_DE", True),
        ("compare.number", {"as": "set"}, True), ("compare.number", {"as": "exact"}, False),
        ("compare.number", "absent", False), ("compare.kind", {"as": "text"}, True),
        ("rules.numbered", "absent", True), ("rules.numbered.breach", "escalate", True),
        ("rules.numbered.expr", "true", True), ("rules.numbered.means", "so it is", False),
        ("grounded", [], True), ("grounded", ["number", "kind"], False),
        ("out_of_scope.kind", [], True),
        ("decision.max_selective_risk", 0.2, True), ("decision.max_selective_risk", 0.05, False),
        ("decision.confidence", 0.8, True), ("decision.confidence", 0.95, False),
        ("decision.calibrations", 3, False),
        ("decision.invalid", "abstain", True),
        ("costs.wrong_proceed", 4.5, True), ("costs.wrong_proceed", 450.0, True),
        ("costs.review", 2.0, True), ("costs.by_field.number", 1.0, True),
        ("costs.hardware_hour", 9.0, False), ("slo.p99_ms", 9000.0, False),
        ("traffic.language", {"de": 0.4, "en": 0.6}, False),  # weighs what is told, judges nothing
        ("slices", [], True), ("slices", ["language", "channel"], True),  # the alarm has more
        ("data.near_duplicate", 0.9, True), ("data.near_duplicate", 0.7, False),
        ("data.group_by", "language", True), ("data.time", "received_at", False),
        ("data.max_rejects", 0.02, False),
    ],
)  # fmt: skip
def test_a_contract_is_compared_value_by_value(place: str, value: Any, loosens: bool) -> None:
    change = found(held_to(contract=turned(CONTRACT, place, value)))
    for part in ("gold", "calibration"):
        regrouped = change.pop(f"{part} changed", None)
        assert (regrouped is not None) == (place == "data.group_by")
    assert {key: one.loosens for key, one in change.items()} == {f"contract {place}": loosens}


def test_terms_of_before_groups_were_folded_have_the_same_cases() -> None:
    spelled = [c.model_copy(update={"meta": c.meta | {"sender": "ACME"}}) for c in cases(3)]
    now = held_to(gold=spelled)
    gold = {id_: (of, digest_json("ACME")) for id_, (of, _) in now.gold.items()}
    assert gold != now.gold
    then = now.model_copy(update={"gold": gold})
    assert changes_since(SERVES, then, now).found == ()


@pytest.mark.parametrize("value", [2, 10, None])
def test_another_number_of_calibrations_than_was_named_loosens(value: int | None) -> None:
    then = held_to(contract=turned(CONTRACT, "decision.calibrations", 3))
    now = held_to(contract=turned(CONTRACT, "decision.calibrations", value))
    (change,) = changes_since(SERVES, then, now).loosening
    assert change.key == "decision.calibrations"


def test_a_raised_version_hides_nothing() -> None:
    easier = turned(turned(CONTRACT, "version", 2), "decision.max_selective_risk", 0.5)
    change = found(held_to(contract=easier, gold=GOLD[:-1]))
    assert {key for key, one in change.items() if one.loosens} == {
        "contract decision.max_selective_risk", "gold removed",
    }  # fmt: skip
    assert not change["contract version"].loosens


def test_gold_is_compared_case_by_case_and_only_more_of_it_loosens_nothing() -> None:
    moved = GOLD[2].model_copy(update={"meta": GOLD[2].meta | {"sender": "s1"}})
    told = GOLD[3].model_copy(update={"target": {"kind": "order", "number": "A-9"}})
    now = [*GOLD[:2], moved, told, *GOLD[5:], *cases(3, prefix="new")]
    change = found(held_to(gold=now))
    assert {key: (one.ids, one.loosens) for key, one in change.items()} == {
        "gold added": (("new-000", "new-001", "new-002"), False),
        "gold changed": (("g-002", "g-003"), True),
        "gold removed": (("g-004",), True),
    }
    assert change["gold removed"].now == "12 cases, 1 removed"


def test_what_it_was_made_from_is_told_and_never_loosens() -> None:
    others = {key: digest_of(f"other {key}") for key in MADE_FROM}
    change = found(THEN.model_copy(update={"made_from": others}))
    assert len(change) == len(MADE_FROM)
    assert "made from plan of answers, with the base's examples" in change
    assert not any(one.loosens for one in change.values())


def test_terms_hold_no_text_of_gold() -> None:
    text = THEN.text()
    for case in GOLD:
        assert case.id in text
        assert case.input not in text
        assert str(case.meta["sender"]) not in text.replace(case.id, "")
    assert Terms.model_validate_json(text) == THEN


def test_keys_that_came_since_have_their_defaults_in_older_terms() -> None:
    policy = {key: value for key, value in THEN.policy.items() if key != "first_release"}
    contract = {key: value for key, value in THEN.contract.items() if key != "locale"}
    older = THEN.model_copy(update={"policy": policy, "contract": contract})
    assert changes_since(SERVES, older, THEN).found == ()
    unreadable = THEN.model_copy(update={"policy": policy | {"gone": 1}})
    keys = {change.key for change in changes_since(SERVES, unreadable, THEN).found}
    assert keys == {"gone", "first_release"}


@pytest.mark.parametrize("value", [5, [5], [{}], [{"id": 5}], [{"id": ["a"]}], {"id": "a"}, "id"])
@pytest.mark.parametrize("key", ["checks", "rules", "compare"])
def test_what_a_release_kept_may_be_of_any_shape_and_then_loosens(key: str, value: Any) -> None:
    part = "policy" if key == "checks" else "contract"
    document = getattr(THEN, part) | {key: {"number": value} if key == "compare" else value}
    found = changes_since(SERVES, THEN.model_copy(update={part: document}), THEN)
    assert [one.part for one in found.loosening][:1] == [part]


def test_the_calibration_split_is_compared_case_by_case() -> None:
    other = SPLIT[0].model_copy(update={"input": "Thanks."})
    renamed = SPLIT[0].model_copy(update={"id": "c-900"})
    more = SPLIT[0].model_copy(update={"id": "c-901", "input": "One more."})
    for split, told in (
        (SPLIT[1:], {"calibration removed": True}),
        ([other, *SPLIT[1:]], {"calibration changed": True}),
        ([renamed, *SPLIT[1:]], {}),
        ([*SPLIT, more], {"calibration added": False}),
    ):
        assert {key: one.loosens for key, one in found(held_to(calibration=split)).items()} == told
    removed = found(held_to(calibration=SPLIT[3:]))["calibration removed"]
    assert (removed.was, removed.now) == ("20 cases", "17 cases, 3 removed")
    assert removed.ids == tuple(case.id for case in SPLIT[:3])


def test_calibration_cases_that_had_to_go_do_not_loosen() -> None:
    """Their group or text is gold by now; or the days by which the contract parts cases moved."""
    gold = [*GOLD, SPLIT[0].model_copy(update={"id": "g-900"})]
    gone = found(held_to(gold=gold, calibration=SPLIT[1:]))
    assert {key: one.loosens for key, one in gone.items()} == {
        "calibration gone to gold": False, "gold added": False,
    }  # fmt: skip
    assert [key for key, one in gone.items() if one.favours] == ["calibration gone to gold"]
    timed = turned(CONTRACT, "data.time", "received_at")
    drawn_anew = turned(timed, "data.window.first", "2026-02-01")
    moved = found(held_to(contract=drawn_anew, calibration=SPLIT[5:]))
    removed = moved["calibration removed"]
    assert (removed.loosens, removed.favours) == (False, FEWER)
    assert not any(one.loosens for one in moved.values())


def test_without_groups_another_case_under_its_id_in_gold_is_no_reason_for_one_to_go() -> None:
    alone = turned(CONTRACT, "data.group_by", None)
    named = GOLD[0].model_copy(update={"id": SPLIT[0].id, "input": "Easier."})
    then = held_to(contract=alone)
    for came, key, loosens in ((named, "removed", True), (SPLIT[0], "gone to gold", False)):
        now = held_to(contract=alone, gold=[*GOLD, came], calibration=SPLIT[1:])
        told = {one.key: one.loosens for one in changes_since(SERVES, then, now).found}
        assert told == {key: loosens, "added": False}


def test_a_release_that_kept_no_calibration_split_is_told() -> None:
    then = held_to(calibration=None)
    (change,) = changes_since(SERVES, then, held_to()).found
    assert (change.part, change.was, change.now) == ("calibration", "not kept", "20 cases")
    assert not change.loosens


def test_a_stricter_contract_favours_the_candidate_where_it_is_compared_with_the_base() -> None:
    for place, value in (
        ("decision.max_selective_risk", 0.05), ("decision.confidence", 0.95),
        ("grounded", ["number", "kind"]), ("compare.number", {"as": "exact"}),
    ):  # fmt: skip
        contract = turned(CONTRACT, place, value)
        (change,) = found(held_to(contract=contract)).values()
        assert (change.loosens, bool(change.favours)) == (False, True), place
        others = [one for one in ASKED["checks"] if one["id"] != "gains"]
        alone = held_to(policy=ASKED | {"checks": others}, contract=contract)
        assert not any(one.favours for one in found(alone).values())
    plain = found(held_to(contract=turned(CONTRACT, "slo.p99_ms", 9000.0)))
    assert not any(one.favours for one in plain.values())
    looser = found(held_to(contract=turned(CONTRACT, "decision.confidence", 0.8)))
    assert not any(one.favours for one in looser.values())


def test_what_favours_the_candidate_is_told_before_what_does_not() -> None:
    now = held_to(
        contract=turned(turned(CONTRACT, "decision.confidence", 0.95), "summary", "Else."),
        policy=turned(ASKED, "checks.right.at_least", 0.6), gold=[*GOLD, *cases(12)[10:]],
    )  # fmt: skip
    changes = changes_since(SERVES, THEN, now)
    verdict = Verdict(workflow="mini", status="PASS", checks=(), baseline=SERVES, changes=changes,
                      evidence={})  # fmt: skip
    lines = changes_told(verdict)[1:]
    assert lines[0].startswith("  LOOSENED policy checks.right.at_least")
    assert "0.9 → 0.95 — FAVOURS the candidate: the base holds more back too" in lines[1]
    assert lines[2].startswith("  gold added")
