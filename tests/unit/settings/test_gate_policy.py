import datetime as dt
from pathlib import Path

import pytest
from pydantic import ValidationError

from dslm.errors import InputError, Problems
from dslm.settings.gate_policy import GatePolicy, WaiverRules, load_policy
from dslm.settings.waivers import Waiver, applying, load_waivers, refuse_idle_waivers

ROOT = Path(__file__).parents[3]
TODAY = dt.date(2026, 11, 22)
GOLD = "sha256:" + "0" * 64
CHECK = "{id: right, kind: bound, metric: case_exact_match, at_least: 0.7, on: interval}"
POLICY = GatePolicy.model_validate(
    {
        "checks": [
            {"id": "cut", "kind": "zero_tolerance", "metric": "truncation_rate"},
            {"id": "valid", "kind": "zero_tolerance", "metric": "schema_valid_rate"},
        ]
    }
)


def policy(tmp_path: Path, *checks: str, more: str = "") -> GatePolicy:
    path = tmp_path / "gate.yaml"
    path.write_text("checks:\n" + "".join(f"  - {check}\n" for check in checks) + more)
    return load_policy(path)


def waiver(**changes: object) -> Waiver:
    values = {"check": "cut", "reason": "the cut cases are spam", "signed_off_by": "J. Doe",
              "until": "2026-12-31", "candidate": GOLD, "gold": GOLD}  # fmt: skip
    return Waiver.model_validate(values | changes)


def test_the_policies_of_this_repository_load_and_name_their_schema() -> None:
    found = sorted(ROOT.glob("eval/*/gate.yaml"))
    assert found
    for path in found:
        assert load_policy(path).checks
        first = path.read_text().splitlines()[0]
        assert (path.parent / first.split("$schema=")[1]).resolve().name == (
            "gate-policy.schema.json"
        )


def test_comments_and_layout_do_not_change_what_a_policy_is(tmp_path: Path) -> None:
    one = policy(tmp_path, CHECK)
    assert policy(tmp_path, CHECK + "   # why", more="alpha: 0.05\n").digest() == one.digest()
    assert policy(tmp_path, CHECK.replace("0.7", "0.8")).digest() != one.digest()


@pytest.mark.parametrize(
    ("check", "says"),
    [
        (CHECK.replace("at_least", "at_leats"), "unknown key .*did you mean 'at_least'"),
        (CHECK.replace("at_least: 0.7, ", ""), "exactly one of at_least, at_most"),
        (CHECK.replace("on:", "at_most: 1, on:"), "exactly one of at_least, at_most"),
        (CHECK.replace("0.7", ".nan"), "finite number"),
        (CHECK.replace("case_exact_match", "accuracy"), "'case_exact_match'"),
        (CHECK.replace("bound", "bond"), "'zero_tolerance', 'bound', 'gain'"),
        (CHECK.replace("right", "evidence"), "the gate's own"),
        ("{id: a, kind: gain, metric: selective_risk, over: base, at_least: 0}", "metric"),
        ("{id: a, kind: non_inferior, metric: coverage, to: champion, margin: 0}", "greater than"),
        ("{id: a, kind: non_inferior, metric: coverage, to: older, margin: 1}", "'champion'"),
        ("{id: a, kind: gain, metric: coverage, over: person, at_least: 0}", "has a cost"),
        ("{id: a, kind: non_inferior, metric: coverage, to: person, margin: 1}", "has a cost"),
        (
            "{id: a, kind: slice_alarm, metric: coverage, against: person, worse_by: 0.1, "
            "min_cases: 9}",
            "'base' or 'champion'",
        ),
        ("{id: a, kind: non_inferior, metric: coverage, to: base, margin: 1}", "below 1"),
        (CHECK.replace("0.7", "0.0"), "above 0 and at most 1"),
        (CHECK.replace("0.7", "1.1"), "above 0 and at most 1"),
        (CHECK.replace("at_least: 0.7", "at_most: 1.0"), "a check that nothing can miss"),
        (
            "{id: a, kind: slice_alarm, metric: coverage, against: base, worse_by: 2, "
            "min_cases: 9}",
            "worse_by is at most 1",
        ),
    ],
)
def test_a_mistake_is_reported_with_its_line(tmp_path: Path, check: str, says: str) -> None:
    with pytest.raises(Problems, match=says) as caught:
        policy(tmp_path, check)
    assert "gate.yaml:2" in caught.value.message()


def test_a_policy_asks_something_and_names_each_check_once(tmp_path: Path) -> None:
    with pytest.raises(Problems, match="'right' is used twice"):
        policy(tmp_path, CHECK, CHECK)
    (tmp_path / "gate.yaml").write_text("checks: []\n")
    with pytest.raises(Problems, match="at least 1 item"):
        load_policy(tmp_path / "gate.yaml")


@pytest.mark.parametrize("metric", ["selective_risk", "straight_through_rate", "cost_per_case"])
def test_a_safety_check_is_judged_on_the_interval_or_says_why_not(tmp_path, metric: str) -> None:
    check = f"{{id: safe, kind: bound, metric: {metric}, at_most: 0.1, MORE}}"
    assert policy(tmp_path, check.replace(", MORE", "")).checks[0].on == "interval"
    blank = f"on: value, unproved: '{' ' * 20}'"
    for more in ("on: value", "on: value, unproved: few", "unproved: too few cases", blank):
        with pytest.raises(Problems, match=r"judged on the interval|belongs to `on: value`"):
            policy(tmp_path, check.replace("MORE", more))
    said = policy(tmp_path, check.replace("MORE", "on: value, unproved: too few cases"))
    assert said.checks[0].unproved == "too few cases"


def test_a_risk_is_measured_on_so_many_cases_at_least(tmp_path: Path) -> None:
    risk = "{id: safe, kind: bound, metric: selective_risk, at_most: 0.1, least_cases: 5}"
    assert policy(tmp_path, risk).checks[0].fewest == 5
    assert policy(tmp_path, risk.replace(", least_cases: 5", "")).checks[0].fewest == 20
    assert policy(tmp_path, CHECK).checks[0].fewest == 1
    with pytest.raises(Problems, match="least_cases is of selective_risk"):
        policy(tmp_path, CHECK.replace("on:", "least_cases: 5, on:"))


def test_waivers_are_a_file_that_is_there_and_is_read_strictly(tmp_path: Path) -> None:
    path = tmp_path / "waivers.yaml"
    with pytest.raises(InputError, match=r"no such file.*waivers: \[\]"):
        load_waivers(path)
    path.write_text("waivers: []\n")
    assert load_waivers(path) == ()
    whole = (
        "waivers:\n  - {check: cut, reason: the cut cases are spam, signed_off_by: J. Doe, "
        f'until: "2026-12-31", candidate: {GOLD}, gold: {GOLD}}}\n'
    )
    path.write_text(whole)
    assert load_waivers(path) == (waiver(),)
    path.write_text("waivers:\n  - {check: cut, reason: short, until: soon, candidate: v3}\n")
    with pytest.raises(Problems) as caught:
        load_waivers(path)
    for part in ("reason", "signed_off_by", "until", "candidate", "gold"):
        assert part in caught.value.message()
    for broken in ("", "[]\n", "waivers: none\n", "waivers:\n", "waved: []\n", whole + "also: 1\n"):
        path.write_text(broken)
        with pytest.raises((InputError, Problems)):
            load_waivers(path)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"signed_off_by": "   "}, "at least 2"), ({"signed_off_by": "\u200b\u200b"}, "at least 2"),
        ({"reason": " " * 20}, "at least 10"), ({"reason": "- - - - - - - ok"}, "at least 10"),
        ({"reason": " todo why this may pass"}, "still to be filled in"),
        ({"signed_off_by": "Todo who answers"}, "still to be filled in"),
    ],
)  # fmt: skip
def test_a_waiver_says_why_and_who_in_letters(changes: dict[str, str], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        waiver(**changes)


def applied(policy: GatePolicy, *waivers: Waiver) -> None:
    refuse_idle_waivers(policy, waivers, today=TODAY, gold=GOLD, candidate=GOLD)


def test_a_waiver_holds_through_its_last_day_and_ninety_days_at_most() -> None:
    applied(POLICY, waiver(until=TODAY))
    applied(POLICY, waiver(until=TODAY + dt.timedelta(days=90)))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"until": TODAY - dt.timedelta(days=1)}, "expired on 2026-11-21"),
        ({"until": TODAY + dt.timedelta(days=91)}, "90 days are the most — 2027-02-20 is the last"),
        ({"until": "9999-12-31"}, "holds until 9999-12-31"),
        ({"check": "cuts"}, "waives no check of the policy — did you mean 'cut'"),
        ({"check": "valid"}, "waives a check that nobody can waive"),
        ({"check": "evidence"}, "waives no check of the policy"),
        ({"gold": "sha256:" + "1" * 64}, "for another gold set"),
        ({"candidate": "sha256:" + "1" * 64}, f"for another candidate than {GOLD}"),
    ],
)
def test_a_waiver_that_does_not_apply_is_an_error(changes: dict[str, object], says: str) -> None:
    with pytest.raises(Problems, match=says):
        applied(POLICY, waiver(**changes))
    with pytest.raises(Problems, match="waives a check twice"):
        applied(POLICY, waiver(), waiver())


def test_a_policy_says_what_nobody_can_waive_and_for_how_long_the_rest() -> None:
    rules = {"most_days": 5, "never": ["cut"]}
    strict = GatePolicy.model_validate(POLICY.model_dump() | {"waivers": rules})
    with pytest.raises(Problems, match=r"(?s)nobody can waive.*5 days are the most"):
        applied(strict, waiver())
    applied(strict, waiver(check="valid", until=TODAY))


def test_waivers_of_another_candidate_are_ignored_with_a_line_where_nobody_relies_on_them() -> None:
    policy = POLICY.model_copy(update={"waivers": WaiverRules(never=["evidence"])})
    other = "sha256:" + "1" * 64
    given = [waiver(), waiver(check="valid", candidate=other), waiver(check="gone"), waiver(),
             waiver(check="valid", until="2026-11-01", gold=other)]  # fmt: skip
    kept, lines = applying(policy, given, today=TODAY, gold=GOLD, candidate=GOLD)
    assert kept == (given[0],)
    assert [line.split(": it ")[1] for line in lines] == [
        f"is for another candidate than {GOLD}.",
        "waives no check of the policy.",
        "waives a check twice.",
        "expired on 2026-11-01; is for another gold set.",
    ]
    with pytest.raises(Problems):
        refuse_idle_waivers(policy, given, today=TODAY, gold=GOLD, candidate=GOLD)
