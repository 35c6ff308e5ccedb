from __future__ import annotations

import dataclasses
from pathlib import Path

from sample_run import make_run, verdict_of

from dslm.records import Baseline, Change, Changes, Release
from dslm.reporting.data import ReportData
from dslm.reporting.registered_again import last_receipt, registration_told
from dslm.settings.workspace import Workspace

VERSION = Release(workflow="w", version=3, digest="sha256:1", status="candidate",
                  contract_version=1, created="2026-01-01T00:00:00+00:00")  # fmt: skip


def run_with(champion: Baseline, *found: Change) -> ReportData:
    changes = Changes(since=champion.version, found=found)
    verdict = verdict_of("PASS").model_copy(update={"changes": changes})
    return dataclasses.replace(make_run(8), verdict=verdict, champion=champion)


def test_a_tightened_policy_makes_no_version_and_the_stage_says_why() -> None:
    tighter = Change(part="policy", key="checks.few_wrong.at_most", was="0.2", now="0.15",
                     loosens=False)  # fmt: skip
    of_code = Change(part="made from", key="lock file", was="a", now="b", loosens=False)
    run = run_with(Baseline(version=3, digest="sha256:1"), tighter, of_code)
    told = registration_told(VERSION, VERSION, run)
    assert told[0].startswith("register w: no new version. What was gated is version 3, the champ")
    assert "it asks of the next candidate" in told[1]
    assert told[2:] == ["  checks.few_wrong.at_most: 0.2 → 0.15"]
    same = registration_told(VERSION, VERSION, run_with(run.champion))
    assert same == told[:1]


def test_a_version_is_new_unless_the_last_receipt_or_the_champion_has_its_digest() -> None:
    run = run_with(Baseline(version=2, digest="sha256:0"))
    older = VERSION.model_copy(update={"version": 2})
    another = VERSION.model_copy(update={"digest": "sha256:9"})  # of a registry begun anew
    for receipt in (None, older, another):
        assert registration_told(VERSION, receipt, run) == ["register w: version 3, candidate"]
    (again,) = registration_told(VERSION, VERSION, run)
    assert "no new version. Version 3, candidate, is this candidate already" in again


def test_a_receipt_that_cannot_be_read_is_none(tmp_path: Path) -> None:
    ws = Workspace(tmp_path, "w")
    assert last_receipt(ws) is None
    ws.receipt.parent.mkdir(parents=True)
    ws.receipt.write_text("{")
    assert last_receipt(ws) is None
    ws.receipt.write_text(VERSION.model_dump_json())
    assert last_receipt(ws) == VERSION
