"""What repeated looks at one gold set do to a verdict, and what the ledger does to the gate."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import shutil
from pathlib import Path

import pytest
from support.repositories.sample_run import make_run
from support.repositories.scored_repository import (
    CALIBRATION,
    calibrated,
    digest_of,
    finish_scoring,
    inputs_of,
    score,
    train,
)  # fmt: skip
from support.repositories.scored_rows import MINI, cases, first

from dslm.cases import read_records
from dslm.errors import EXIT_INCONCLUSIVE, ReleaseRefused
from dslm.gating.changes.earlier_policies import HEADING, keep_asked, loosened_since
from dslm.gating.gate import gate_workspace, judge, write_verdict
from dslm.looks.calibration_looks import count_calibration
from dslm.looks.look_ledger import look_digest
from dslm.provenance import digest_file, write_atomic
from dslm.records import Look, Row, Verdict
from dslm.releasing.package.registration import register
from dslm.reporting.run_report.report import beside
from dslm.reporting.run_report.report_data import loosened_before
from dslm.scoring import calibrate
from dslm.settings.gate_policy import load_policy
from dslm.settings.workspace import Workspace
from pipelines import gate as gate_stage

TODAY = dt.date(2026, 11, 22)
GOOD = first(188, 200)


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("looked")
    finish_scoring(root, champion=GOOD)
    return root


@pytest.fixture
def ws(scored: Path, tmp_path: Path) -> Workspace:
    shutil.copytree(scored, tmp_path / "copy")
    return Workspace(tmp_path / "copy", "mini")


def gated(ws: Workspace) -> Verdict:
    verdict = gate_workspace(ws, TODAY)
    write_verdict(ws, verdict)
    return verdict


def another(ws: Workspace, weights: bytes) -> None:
    """Another candidate with the same answers."""
    train(ws, weights)
    calibrated(ws, CALIBRATION)
    score(ws, first(190, 200), champion=GOOD)


def looks(ws: Workspace) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in ws.looks.glob("*/*.json")}


def test_a_policy_that_was_loosened_until_it_passed_is_told(ws: Workspace) -> None:
    mild = ws.policy.read_text()
    ws.policy.write_text(mild.replace("at_least: 0.7", "at_least: 0.999"))
    strict = gated(ws)
    assert strict.status == "FAIL"
    assert HEADING not in (ws.results / "gate.md").read_text()
    ws.policy.write_text(mild)
    passed = gated(ws)
    assert passed.look == strict.look
    line = ("FAIL (right) before; loosened since the last verdict on this look: "
            "checks.right.at_least: 0.999 → 0.7")  # fmt: skip
    assert loosened_since(ws.looks, passed, load_policy(ws.policy)) == [line]
    assert f"**{HEADING}**\n\n- {line}" in (ws.results / "gate.md").read_text()
    kept = {path: path.read_bytes() for path in ws.looks.glob("*/policies/*")}
    assert len(kept) == 2
    gated(ws)  # seen again: nothing more is written
    assert {path: path.read_bytes() for path in ws.looks.glob("*/policies/*")} == kept
    run = dataclasses.replace(make_run(8), verdict=passed, loosened=loosened_before(ws, passed))
    assert next(iter(beside(run))) == (HEADING, [line])
    next(iter(kept)).write_text("{")
    told = " ".join(loosened_since(ws.looks, passed, load_policy(ws.policy)))
    assert "cannot be read: `git checkout` it" in told
    ws.policy.write_text(mild.replace("at_least: 0.7", "at_least: 0.9999"))
    assert not any("0.9999" in line for line in loosened_since(
        ws.looks, gated(ws), load_policy(ws.policy)))  # fmt: skip


def test_a_policy_that_let_a_look_pass_and_then_held_it_up_is_told(ws: Workspace) -> None:
    """As where a waiver stood at first sight: the verdict that it gave without is the news."""
    passed, mild = gated(ws), ws.policy.read_text()
    held_up = passed.model_copy(update={"status": "INCONCLUSIVE"})
    keep_asked(ws.looks, held_up, load_policy(ws.policy))
    keep_asked(ws.looks, passed, load_policy(ws.policy))
    ws.policy.write_text(mild.replace("at_least: 0.7", "at_least: 0.6"))
    (line,) = loosened_since(ws.looks, gated(ws), load_policy(ws.policy))
    assert line.startswith("INCONCLUSIVE before; loosened since")


def refused(ws: Workspace) -> str:
    (check,) = gate_workspace(ws, TODAY).checks
    assert (check.id, check.status) == ("evidence", "FAIL")
    return check.seen


def test_gating_twice_is_one_look_and_writes_nothing_the_second_time(ws: Workspace) -> None:
    one = gated(ws)
    assert one.look
    assert one.look.number == 1
    there = looks(ws), (ws.results / "gate.json").read_bytes(), (ws.results / "gate.md").read_text()
    assert gated(ws) == one
    assert gate_stage.body(ws) == 0
    assert there == (
        looks(ws), (ws.results / "gate.json").read_bytes(), (ws.results / "gate.md").read_text(),
    )  # fmt: skip
    assert "Look 1 at this gold set" in there[2]


def test_asking_without_the_stage_writes_nothing_and_says_the_same(ws: Workspace) -> None:
    asked = gate_workspace(ws, TODAY)
    assert not ws.looks.exists()
    assert gated(ws) == asked


def test_the_next_candidate_is_the_next_look_and_the_first_verdict_stands(ws: Workspace) -> None:
    one = gated(ws)
    adapter = ws.root / "adapter.kept"
    shutil.copytree(ws.adapter, adapter)
    another(ws, b"others")
    two = gated(ws)
    assert one.look and two.look  # noqa: PT018
    assert (two.look.number, two.look.after) == (2, (look_digest(one.look),))
    holds = {check.id: check for verdict in (one, two) for check in verdict.checks}["holds"]
    assert "with confidence 0.996" in holds.why
    shutil.rmtree(ws.adapter)
    shutil.move(adapter, ws.adapter)
    calibrated(ws, CALIBRATION)
    score(ws, first(190, 200), champion=GOOD)
    assert gated(ws) == one.model_copy(update={"evidence": gated(ws).evidence})
    assert len(looks(ws)) == 3


def test_growing_gold_is_a_further_look_at_less_alpha(ws: Workspace) -> None:
    one = gated(ws)
    more = cases(210, groups=105)
    ws.gold.write_text("".join(case.model_dump_json() + "\n" for case in more))
    score(ws, first(200, 210), champion=first(198, 210), gold=more)
    two = gated(ws)
    assert one.look and two.look  # noqa: PT018
    assert two.look.number == 2
    assert two.look.gold == digest_file(ws.gold) != one.look.gold
    assert two.look.candidate == one.look.candidate


def test_a_ledger_that_lacks_what_a_receipt_or_a_later_look_names_is_a_fail(ws: Workspace) -> None:
    one = gated(ws)
    assert one.look
    (path,) = (p for p in ws.looks.glob("*/*.json") if p.name != "cases.json")
    kept = path.read_bytes()
    another(ws, b"others")
    gated(ws)
    path.unlink()
    assert "the ledger of looks lacks" in refused(ws)
    path.write_bytes(kept)
    assert gate_workspace(ws, TODAY).status == "PASS"
    shutil.rmtree(ws.looks)
    assert gate_workspace(ws, TODAY).status == "PASS"  # hidden, as the docs admit
    ws.receipt.parent.mkdir(parents=True, exist_ok=True)
    ws.receipt.write_text(json.dumps({"version": 1, "look": look_digest(one.look)}))
    assert "release.json" in refused(ws)
    assert gate_stage.body(ws) == 1
    assert "lacks" in (ws.results / "gate.md").read_text()


def test_a_verdict_whose_look_is_not_in_the_ledger_registers_nothing(ws: Workspace) -> None:
    verdict = gate_workspace(ws, dt.datetime.now(dt.UTC).date())
    write_verdict(ws, verdict)
    shutil.rmtree(ws.looks)
    with pytest.raises(ReleaseRefused, match="with which this verdict was reached"):
        register(ws, lambda *_: {})
    changed = json.loads((ws.results / "gate.json").read_text())
    changed["look"]["share"] = 1.0
    (ws.results / "gate.json").write_text(json.dumps(changed))
    with pytest.raises(ReleaseRefused, match=r"look\.share: written 1\.0, derived 0\.83"):
        register(ws, lambda *_: {})


def test_a_calibration_that_says_it_is_an_earlier_one_is_a_fail(ws: Workspace) -> None:
    """Where the contract names how many hold together, a later one certifies nothing."""
    named = inputs_of(ws, "calibration")
    count_calibration(ws, named | {"adapter": digest_of("tried before")}, CALIBRATION)
    assert count_calibration(ws, named, CALIBRATION) == 2
    assert "says that it is calibration 1 on these cases, the ledger has it as" in refused(ws)
    rows = read_records(ws.scores("calibration") / "rows.jsonl", Row)
    second = calibrate(MINI, rows, named, 2)
    write_atomic(ws.calibration, second.model_dump_json() + "\n")
    score(ws, first(190, 200), champion=GOOD)
    assert gated(ws).status == "PASS"


def nth(number: int) -> Look:
    share = 5 / ((5 * number - 4) * (5 * number + 1))
    return Look(gold="g", candidate="c", cases="l", number=number, share=share,
                left=1 / (5 * number + 1))  # fmt: skip


def test_later_looks_ask_for_more_and_fail_as_before(submit, asking) -> None:
    policy = asking(
        {"kind": "non_inferior", "metric": "case_exact_match", "to": "champion", "margin": 0.05},
        {"kind": "bound", "metric": "case_exact_match", "at_least": 0.9, "on": "interval"},
        {"kind": "slice_alarm", "metric": "case_exact_match", "against": "champion",
         "worse_by": 0.15, "min_cases": 15},
    )  # fmt: skip
    near = [i >= 6 for i in range(200)]  # six others wrong than the champion's
    champion = first(194, 200)
    found = {
        n: judge(policy, submit(near, champion=champion, look=n and nth(n))) for n in (None, 1, 2)
    }
    assert [c.status for c in found[None].checks] == ["PASS", "PASS", "PASS"]
    assert [c.status for c in found[1].checks] == ["PASS", "PASS", "PASS"]
    margin, interval, alarm = found[2].checks
    assert margin.status == "INCONCLUSIVE"
    assert margin.needed_cases
    assert "with confidence 0.996" in interval.why
    assert alarm == found[1].checks[2]  # an alarm is no proof: it is not made deafer
    for n in (1, 2, 10):
        worse = judge(policy, submit(first(150, 200), champion=champion, look=nth(n)))
        assert [c.status for c in worse.checks] == ["FAIL", "FAIL", "FAIL"]


def test_what_would_decide_is_told_for_the_look_at_the_larger_gold_set(submit, asking) -> None:
    policy = asking(
        {"kind": "non_inferior", "metric": "case_exact_match", "to": "champion", "margin": 0.02}
    )
    near, champion = [i >= 6 for i in range(200)], first(194, 200)
    needed = []
    for n in (None, 1, 2, 3):
        verdict = judge(policy, submit(near, champion=champion, look=n and nth(n)))
        assert verdict.status == "INCONCLUSIVE"
        needed.append(verdict.checks[0].needed_cases)
    assert needed == sorted(needed)
    assert needed[1] > 1.8 * needed[0]
    assert EXIT_INCONCLUSIVE == 3
