"""The gate, tested by mutation: each fault planted in a recorded pass is red, without it green."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.faults.edited_evidence import edit_faults
from support.faults.faulty_evidence_files import Runs, edit, file_faults
from support.repositories.scored_repository import (
    ENGINE,
    FORTY,
    THIRTY,
    digest_of,
    finish_scoring,
    inputs_of,
    seal_again,
)
from support.repositories.scored_rows import cases, first

from dslm.errors import EXIT_GATE_FAILED, EXIT_REFUSED, DslmError
from dslm.gating.gate import gate_workspace, write_verdict
from dslm.records import Verdict
from dslm.releasing.package.registration import register
from dslm.settings.workspace import Workspace
from pipelines import gate as gate_stage

FAULTS = file_faults() | edit_faults()
TODAY = dt.datetime.now(dt.UTC).date()
Files = dict[Path, bytes]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    """A recorded pass, yesterday's run, and one of another workflow."""
    root = tmp_path_factory.mktemp("runs")
    good = first(38, 40)
    small: dict[str, Any] = {"gold": FORTY, "calibration": THIRTY, "champion": good}
    ws = finish_scoring(root / "today", **small)
    write_verdict(ws, gate_workspace(ws, TODAY))
    yesterday = finish_scoring(root / "yesterday", **small | {"day": "yesterday"})
    other = finish_scoring(
        root / "other", gold=cases(40, prefix="x"), calibration=cases(30, prefix="y"),
        champion=first(37, 40), day="other",
    )  # fmt: skip
    for model in ("calibration", "base", "base_calibration", "candidate", "champion"):
        seal_again(other, model, contract=digest_of("another contract"))
    edit(other.results / "scorecard.json", lambda card: card.update(workflow="other"))
    return Runs(ws, yesterday, other)


def files_of(root: Path) -> Files:
    return {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def untouched(runs: Runs) -> Files:
    return files_of(runs.ws.root)


@pytest.fixture
def planted(runs: Runs, untouched: Files) -> Iterator[Runs]:
    """The runs, put back afterwards."""
    yield runs
    now = files_of(runs.ws.root)
    for path in now.keys() - untouched.keys():
        path.unlink()
    for path, data in untouched.items():
        if now.get(path) != data:
            if path.is_dir():
                shutil.rmtree(path)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)


def recorded(ws: Workspace) -> Verdict:
    return Verdict.model_validate_json((ws.results / "gate.json").read_bytes())


def refused(ws: Workspace, code: int = EXIT_REFUSED) -> str:
    """What registration says; it has not come as far as the registry."""
    with pytest.raises(DslmError) as caught:
        register(ws, lambda *_: {})
    assert caught.value.exit_code == code, caught.value.message()
    assert not (ws.root / ".mlflow").exists()
    return caught.value.message()


def test_the_untouched_run_is_green(runs: Runs) -> None:
    verdict = gate_workspace(runs.ws, TODAY)
    assert verdict.status == "PASS", verdict.checks
    assert recorded(runs.ws) == verdict
    assert len(FAULTS) >= 500


@pytest.mark.parametrize("name", FAULTS)
def test_every_planted_fault_is_red(planted: Runs, name: str) -> None:
    FAULTS[name](planted)
    verdict = gate_workspace(planted.ws, TODAY)
    assert verdict.status == "FAIL"
    assert {check.id for check in verdict.checks if check.status == "FAIL"} <= {
        "evidence", "first_release"
    }  # fmt: skip


@pytest.mark.parametrize(
    "name",
    [
        "artifacts/mini/calibration.json deleted",
        "requirements.lock deleted",
        "artifacts/mini/adapter/MANIFEST.json {}",
        "eval/mini/results/scorecard.json cut",
        "calibration with its rows of yesterday",
        "champion decided at 2.0",
        "none beside a champion, its rows gone",
        "contract: version: 2",
        "gold: case gone",
    ],
)
def test_what_is_red_is_written_down_and_registers_nothing(
    planted: Runs, name: str, capsys
) -> None:
    FAULTS[name](planted)
    assert "judged again it is FAIL" in refused(planted.ws)  # the old verdict still says PASS
    assert gate_stage.body(planted.ws) == EXIT_GATE_FAILED
    assert "gate mini: FAIL, see" in capsys.readouterr().out
    assert recorded(planted.ws).status == "FAIL"
    assert "❌ mini: FAIL" in (planted.ws.results / "gate.md").read_text()
    refused(planted.ws, EXIT_GATE_FAILED)


def test_a_stage_that_cannot_judge_leaves_no_old_verdict(planted: Runs) -> None:
    planted.ws.policy.write_text("checks: []\n")
    with pytest.raises(DslmError):
        gate_stage.body(planted.ws)
    assert not (planted.ws.results / "gate.json").exists()


VERDICTS: dict[str, dict[str, Any]] = {
    "a check dropped": {"checks": lambda checks: checks[1:]},
    "a check's words": {"checks": lambda checks: [checks[0] | {"seen": "all"}, *checks[1:]]},
    "another metric": {"checks": lambda checks: [checks[0] | {"metric": "x"}, *checks[1:]]},
    "a check twice": {"checks": lambda checks: [checks[0], *checks]},
    "another champion": {"baseline": lambda _: {"version": 2, "digest": digest_of("two")}},
    "a first release": {"first_release": lambda first_release: not first_release},
    "no evidence": {"evidence": lambda _: {}},
    "other rows": {"evidence": lambda named: named | {"rows_base": digest_of("rows")}},
    "more evidence": {"evidence": lambda named: named | {"licence": "MIT"}},
    "another workflow": {"workflow": lambda _: "other"},
    "an unknown key": {"signed": lambda _: "me"},
}


@pytest.mark.parametrize("name", VERDICTS)
def test_an_edited_verdict_that_says_pass_registers_nothing(planted: Runs, name: str) -> None:
    def change(verdict: dict[str, Any]) -> None:
        for key, turn in VERDICTS[name].items():
            verdict[key] = turn(verdict.get(key))

    edit(planted.ws.results / "gate.json", change)
    assert refused(planted.ws)


def test_a_verdict_of_yesterday_or_of_another_run_registers_nothing(planted: Runs) -> None:
    for source in (planted.yesterday, planted.other):
        write_verdict(source, gate_workspace(source, TODAY))
    shutil.copyfile(planted.yesterday.results / "gate.json", planted.ws.results / "gate.json")
    assert "evidence is outdated: adapter, calibration, data, lock" in refused(planted.ws)
    shutil.copyfile(planted.other.results / "gate.json", planted.ws.results / "gate.json")
    refused(planted.ws, EXIT_GATE_FAILED)
    policy = planted.ws.policy
    write_verdict(planted.ws, gate_workspace(planted.ws, TODAY))
    policy.write_text(policy.read_text().replace("0.7", "0.6"))
    assert "evidence is outdated: policy changed since" in refused(planted.ws)


def test_a_failed_verdict_edited_to_pass_is_refused_by_what_the_rows_say(planted: Runs) -> None:
    policy = planted.ws.policy
    policy.write_text(policy.read_text().replace("at_least: 0.7", "at_least: 0.999"))
    write_verdict(planted.ws, gate_workspace(planted.ws, TODAY))
    refused(planted.ws, EXIT_GATE_FAILED)

    def passes(verdict: dict[str, Any]) -> None:
        verdict["status"] = "PASS"
        verdict["checks"] = [check | {"status": "PASS"} for check in verdict["checks"]]

    edit(planted.ws.results / "gate.json", passes)
    said = refused(planted.ws)
    assert "the verdict says PASS, judged again it is FAIL" in said
    assert "checks.2.status: written 'PASS', derived 'FAIL'" in said


@pytest.mark.parametrize("model", ["calibration", "base", "champion"])
@pytest.mark.parametrize(("key", "value"), [("packages", "torch 1.0"), ("device", "cuda")])
def test_answers_of_two_engines_are_not_compared(planted: Runs, model, key, value) -> None:
    assert ENGINE[key] != value
    seal_again(planted.ws, model, **{key: value})
    (check,) = gate_workspace(planted.ws, TODAY).checks
    assert f"is of another engine ({key}): {value}, the candidate's {ENGINE[key]}" in check.seen
    assert inputs_of(planted.ws, model)[key] == value
