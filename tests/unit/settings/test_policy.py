import datetime as dt
from pathlib import Path

import pytest

from dslm.errors import Problems
from dslm.settings.policy import (
    GatePolicy,
    Waiver,
    load_policy,
    load_waivers,
    refuse_idle_waivers,
)  # fmt: skip

ROOT = Path(__file__).parents[3]
TODAY = dt.date(2026, 11, 22)
GOLD = "sha256:" + "0" * 64
CHECK = "{id: right, kind: bound, metric: case_exact_match, at_least: 0.7, on: interval}"
POLICY = GatePolicy.model_validate(
    {"checks": [{"id": "cut", "kind": "zero_tolerance", "metric": "truncation_rate"}]}
)


def policy(tmp_path: Path, *checks: str, more: str = "") -> GatePolicy:
    path = tmp_path / "gate.yaml"
    path.write_text("checks:\n" + "".join(f"  - {check}\n" for check in checks) + more)
    return load_policy(path)


def waiver(**changes: object) -> Waiver:
    values = {"check": "cut", "reason": "the cut cases are spam", "signed_off_by": "J. Doe",
              "until": "2026-12-31"}  # fmt: skip
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


def test_no_file_means_no_waiver_and_a_file_is_read_strictly(tmp_path: Path) -> None:
    path = tmp_path / "waivers.yaml"
    assert load_waivers(path) == ()
    path.write_text(
        "waivers:\n  - {check: cut, reason: the cut cases are spam, signed_off_by: J. Doe, "
        'until: "2026-12-31"}\n'
    )
    assert load_waivers(path) == (waiver(),)
    path.write_text("waivers:\n  - {check: cut, reason: short, until: soon}\n")
    with pytest.raises(Problems) as caught:
        load_waivers(path)
    for part in ("reason", "signed_off_by", "until"):
        assert part in caught.value.message()


def test_a_waiver_holds_through_its_last_day() -> None:
    refuse_idle_waivers(POLICY, (waiver(until=TODAY, gold=GOLD),), today=TODAY, gold=GOLD)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"until": TODAY - dt.timedelta(days=1)}, "expired on 2026-11-21"),
        ({"check": "cuts"}, "waives no check of the policy — did you mean 'cut'"),
        ({"gold": "sha256:" + "1" * 64}, "for another gold set"),
    ],
)
def test_a_waiver_that_does_not_apply_is_an_error(changes: dict[str, object], says: str) -> None:
    with pytest.raises(Problems, match=says):
        refuse_idle_waivers(POLICY, (waiver(**changes),), today=TODAY, gold=GOLD)
    with pytest.raises(Problems, match="waives a check twice"):
        refuse_idle_waivers(POLICY, (waiver(), waiver()), today=TODAY, gold=GOLD)
