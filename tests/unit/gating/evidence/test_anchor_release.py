"""The second comparison: with the first champion, at a margin of its own, so that loss adds up."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.repositories.scored_repository import (
    FORTY,
    THIRTY,
    finish_scoring,
    inputs_of,
    make_champion,
    score,
    seal_again,
)
from support.repositories.scored_rows import MINI, first, rows_of

from dslm.gating.evidence.gate_input import GateInput
from dslm.gating.gate import gate_workspace, judge
from dslm.provenance import write_atomic
from dslm.records import Baseline, Verdict
from dslm.scoring import make_scorecard
from dslm.settings.workspace import Workspace

TODAY = dt.date(2026, 11, 22)
FIRST = Baseline(version=1, digest="sha256:one", contract_version=1)
CHECKS = (
    {"kind": "non_inferior", "metric": "case_exact_match", "to": "champion", "margin": 0.06},
    {"kind": "non_inferior", "metric": "case_exact_match", "to": "anchor", "margin": 0.1},
)


def compared(submit, anchor: list[bool] | None, **baseline: Any) -> GateInput:
    """A candidate as good as its champion, and the rows of an anchor release."""
    found: GateInput = submit(first(176, 200), champion=first(176, 200))
    named = Baseline(version=3, digest="sha256:three", contract_version=1, **baseline)
    rows = dict(found.rows)
    if anchor is not None:
        rows["anchor"] = rows_of(found.gold, anchor, threshold=0.5)
    card = make_scorecard(MINI, found.gold, threshold=0.5, rows_by_model=rows, evidence={})
    return replace(found, rows=rows, scorecard=card, baseline=named)


def statuses(verdict: Verdict) -> list[str]:
    return [check.status for check in verdict.checks]


def test_a_loss_that_each_champion_let_through_adds_up_from_the_first(submit, asking) -> None:
    policy = asking(*CHECKS)
    near = judge(policy, compared(submit, first(178, 200), anchor_release=FIRST))
    assert (near.status, statuses(near)) == ("PASS", ["PASS", "PASS"])
    far = judge(policy, compared(submit, first(200, 200), anchor_release=FIRST))
    assert (far.status, statuses(far)) == ("FAIL", ["PASS", "FAIL"])
    assert far.checks[1].asked == "worse than the anchor by less than 0.100"


def test_the_anchor_is_the_champion_while_that_is_the_first(submit, asking) -> None:
    itself = Baseline(version=3, digest="sha256:three", contract_version=1)
    verdict = judge(asking(*CHECKS), compared(submit, None, anchor_release=itself))
    assert statuses(verdict) == ["PASS", "PASS"]
    assert "worse on 0 of 200" in verdict.checks[1].seen


@pytest.mark.parametrize(
    ("anchor", "why"),
    [
        (None, "no anchor release is named: promote the champion again"),
        (FIRST.model_copy(update={"contract_version": 0}), "answers contract version 0"),
    ],
)
def test_without_an_anchor_that_can_be_asked_the_check_is_not_applicable(
    submit, asking, anchor, why: str
) -> None:
    verdict = judge(asking(*CHECKS), compared(submit, None, anchor_release=anchor))
    assert statuses(verdict) == ["PASS", "NOT APPLICABLE"]
    assert why in verdict.checks[1].why
    assert verdict.checks[1].seen == "no anchor"


def test_rows_of_an_anchor_are_there_where_one_is_named_and_nowhere_else(submit, asking) -> None:
    lacking = judge(asking(*CHECKS), compared(submit, None, anchor_release=FIRST))
    assert [check.id for check in lacking.checks] == ["evidence"]
    assert "no rows of it on this gold set" in lacking.checks[0].seen
    unasked = judge(asking(*CHECKS), compared(submit, first(178, 200)))
    assert "an anchor release that the baseline does not name" in unasked.checks[0].seen


@pytest.fixture(scope="module")
def anchored(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A scored candidate, its champion and another release before that."""
    ws = finish_scoring(tmp_path_factory.mktemp("anchored"), gold=FORTY, calibration=THIRTY)
    serves, before = make_champion(), make_champion(day="the first")
    anchor = before.baseline.model_copy(update={"version": 1})
    named = serves.baseline.model_copy(update={"anchor_release": anchor})
    for path in (ws.baseline, ws.champion):
        write_atomic(path, named.model_dump_json() + "\n")
    right = first(38, 40)
    score(ws, right, champion=right, serves=serves, gold=FORTY, anchor=(right, before))
    policy = ws.policy.read_text()
    asked = "id: adds_up, kind: non_inferior, metric: case_exact_match, to: anchor, margin: 0.2"
    ws.policy.write_text(f"{policy}  - {{{asked}}}\n")
    return ws


def test_the_evidence_of_the_anchor_s_answers_is_proved_like_the_champion_s(anchored) -> None:
    ws = anchored
    verdict = gate_workspace(ws, TODAY)
    assert verdict.status == "PASS", verdict.checks
    assert verdict.checks[-1].id == "adds_up"
    assert {"rows_anchor", "rows_champion"} <= set(verdict.evidence)
    kept = inputs_of(ws, "anchor")
    others = {"threshold": "2.0", "adapter": kept["base"], "release": kept["base"]}
    for key, value in others.items():
        seal_again(ws, "anchor", **{key: value})
        (check,) = gate_workspace(ws, TODAY).checks
        assert check.seen.startswith("the rows of the anchor is outdated evidence"), key
        seal_again(ws, "anchor", **{key: kept[key]})
    says = Path(ws.scores("anchor")) / "release.json"
    text = says.read_text()
    says.write_text((ws.scores("champion") / "release.json").read_text())
    seal_again(ws, "anchor")
    (check,) = gate_workspace(ws, TODAY).checks
    assert "is not of the champion" in check.seen
    says.write_text(text)
    seal_again(ws, "anchor")
    assert gate_workspace(ws, TODAY) == verdict
