"""`dslm release list`, `show` and `diff`, from proved files and, for lists, without MLflow."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.repositories import finished_run
from support.repositories.finished_run import GOLD, Run, W
from support.repositories.scored_rows import first
from typer.testing import CliRunner, Result

from dslm.cli.release.release import app
from dslm.cli.release.release_list_show_diff import _age
from dslm.errors import InputError, ReleaseRefused
from dslm.releasing.journal.journal import Journal
from dslm.releasing.moves.champion_agreement import disagreements
from dslm.releasing.package.erased_cases import erasures_of
from dslm.releasing.package.release_differences import differences, told
from dslm.releasing.package.release_digests import refuse_other_rows
from dslm.releasing.package.release_summary import TAG, listed
from dslm.releasing.registry import read_without_mlflow
from dslm.releasing.registry.mlflow_store import ModelStore
from dslm.releasing.registry.read_without_mlflow import reading_store
from dslm.releasing.verification.release_verification import checked_files

pytestmark = pytest.mark.slow


def dslm(run: Run, *arguments: str) -> Result:
    return CliRunner().invoke(app, arguments, env={"COLUMNS": "200", "DSLM_ROOT": str(run.ws.root)})


def test_the_list_is_read_without_mlflow_and_says_the_same(unmoved: Run) -> None:
    read, asked = reading_store(unmoved.ws.root, W), ModelStore(unmoved.ws.root, W)
    assert type(read) is not ModelStore
    assert read.versions() == asked.versions()
    assert read.aliases() == asked.aliases()
    assert Journal(read).entries() == Journal(asked).entries()
    assert disagreements(unmoved.ws, read) == disagreements(unmoved.ws) == []
    version = read.versions()[0]
    assert read.read(version, "gate.json") == asked.read(version, "gate.json")
    assert read.read(version, "absent.json") is None


def test_of_a_database_of_another_form_mlflow_is_asked(one: Run, monkeypatch) -> None:
    monkeypatch.setattr(read_without_mlflow, "_TAGS", "SELECT 1 FROM of_later_times WHERE a = ?")
    assert type(reading_store(one.ws.root, W)) is ModelStore


def test_versions_that_were_deleted_are_not_listed(two: Run) -> None:
    store = ModelStore(two.ws.root, W)
    store.mlflow.delete_model_version(W, "1")
    assert [version.number for version in reading_store(two.ws.root, W).versions()] == [2]


def test_a_version_says_verdict_cost_straight_through_and_age(unmoved: Run) -> None:
    found, faults = listed(unmoved.ws.root, W)
    assert ([one.release.version for one in found], faults) == ([3, 2, 1], [])
    summary = found[0].summary
    assert summary is not None
    assert (summary.verdict, summary.currency) == ("PASS", "EUR")
    assert summary.cost is not None
    assert summary.straight_through is not None
    assert summary.straight_through.n == len(GOLD)
    assert 0 <= found[0].age < 3600
    (newest, *_) = json.loads(dslm(unmoved, "list", W, "--json").stdout)
    assert newest["summary"] == summary.model_dump(mode="json")
    shown = dslm(unmoved, "list").stdout
    assert "PASS" in shown
    assert "EUR" in shown


def test_an_edited_summary_is_shown_and_lets_nothing_through(one: Run) -> None:
    store = ModelStore(one.ws.root, W)
    said = json.loads(store.version(1).tags[TAG])
    store.tag(1, TAG, json.dumps(said | {"verdict": "BETTER"}))
    with pytest.raises(ReleaseRefused, match="its summary is not that of its files"):
        told(one.ws, 1)
    for text in ("{", "[]", '{"verdict": "\x1b[31mPASS"}'):
        store.tag(1, TAG, text)
        assert "unknown" in dslm(one, "list", W).stdout


def test_what_a_tag_holds_reaches_no_terminal_as_a_command(one: Run) -> None:
    store = ModelStore(one.ws.root, W)
    said = json.loads(store.version(1).tags[TAG])
    planted = {"verdict": "\x1b]0;owned\x07<b>x</b>", "currency": "\x1b["}
    store.tag(1, TAG, json.dumps(said | planted))
    store.tag(1, "status", "\x1b[2Jcandidate")
    shown = dslm(one, "list", W).stdout
    assert "\x1b" not in shown
    assert "\x07" not in shown


def test_of_before_there_was_a_summary_it_is_read_from_the_files(one: Run) -> None:
    (before, *_), _ = listed(one.ws.root, W)
    ModelStore(one.ws.root, W).mlflow.delete_model_version_tag(W, "1", TAG)
    (after, *_), _ = listed(one.ws.root, W)
    assert after.summary == before.summary is not None
    one.stored(1, "scorecard.json").unlink()
    (gone, *_), _ = listed(one.ws.root, W)
    assert gone.summary is None


def test_show_tells_of_the_champion_by_default_from_proved_files(unmoved: Run) -> None:
    found = told(unmoved.ws, None)
    assert (found.release.version, found.verdict.status) == (2, "PASS")
    assert [entry.reason for entry in found.moves] == ["second"]
    said = json.loads(dslm(unmoved, "show", W, "--version", "1", "--json").stdout)
    assert said["release"]["version"] == 1
    assert said["moves"][0]["reason"] == "first"
    shown = dslm(unmoved, "show", W).stdout
    for words in ("version 2 (champion)", "readable", "Straight-through rate", "second"):
        assert words in shown


def test_show_refuses_what_was_edited_and_what_there_is_not(one: Run, bare: Run) -> None:
    one.stored(1, "card.md").write_text("better\n")
    with pytest.raises(ReleaseRefused, match=r"card\.md"):
        told(one.ws, 1)


def test_nothing_is_shown_of_an_empty_registry(bare: Run) -> None:
    with pytest.raises(ReleaseRefused, match="no version is registered yet"):
        told(bare.ws, None)
    assert not (bare.ws.root / ".mlflow").exists()


def test_diff_tells_what_changed_and_the_scores(two: Run, monkeypatch) -> None:
    monkeypatch.setattr(finished_run, "POLICY", finished_run.POLICY.replace("0.8", "0.7"))
    two.released(b"weights three")
    found = differences(two.ws, 2, 3)
    changes = {(one.part, one.key): (one.was, one.now, one.loosens) for one in found.changes.found}
    assert changes[("policy", "checks.exact.at_least")] == ("0.8", "0.7", True)
    assert (found.same_gold, dict(found.recipe)) == (True, {})
    said = json.loads(dslm(two, "diff", W, "--from", "2", "--to", "3", "--json").stdout)
    assert (said["from"]["version"], said["to"]["version"]) == (2, 3)
    cost = said["scores"]["cost_per_case"]["to"]
    assert cost["low"] <= cost["value"] <= cost["high"]
    shown = dslm(two, "diff", W, "--from", "2", "--to", "3").stdout
    for words in ("version 2 → 3", "checks.exact.at_least", "Cost per case", "0 became wrong"):
        assert words in shown


def test_diff_names_the_cases_that_turned(two: Run, monkeypatch) -> None:
    monkeypatch.setattr(finished_run, "first", lambda right, cases: first(right - 1, cases))
    two.released(b"weights four")
    said = json.loads(dslm(two, "diff", W, "--from", "2", "--to", "3", "--json").stdout)
    (turned,) = said["flips"]
    assert (turned["id"], turned["newly_right"]) == (GOLD[-1].id, [])
    assert turned["newly_wrong"]
    shown = dslm(two, "diff", W, "--from", "2", "--to", "3").stdout
    assert "1 became wrong in at least one field, 0 right" in shown
    assert GOLD[-1].id in shown


def test_diff_needs_two_versions_that_are_there(unmoved: Run) -> None:
    with pytest.raises(InputError, match="compared with itself"):
        differences(unmoved.ws, 1, 1)
    with pytest.raises(ReleaseRefused, match="no version 9"):
        differences(unmoved.ws, 1, 9)


def test_fetch_copies_a_proved_release_into_a_new_folder(unmoved: Run, tmp_path: Path) -> None:
    into = tmp_path / "served"
    said = json.loads(dslm(unmoved, "fetch", W, "--into", str(into), "--json").stdout)
    assert said["version"] == 2
    assert checked_files(into)["gold"].startswith("sha256:")
    again = dslm(unmoved, "fetch", W, "--into", str(into))
    assert isinstance(again.exception, InputError)
    assert "is there already" in str(again.exception)
    first = tmp_path / "first"
    assert "version 1" in dslm(unmoved, "fetch", W, "--version", "1", "--into", str(first)).stdout
    absent = dslm(unmoved, "fetch", W, "--into", str(tmp_path / "no" / "folder"))
    assert isinstance(absent.exception, InputError)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["first", "served"]


def test_fetched_without_inputs_it_is_whole_and_carries_none(unmoved: Run, tmp_path: Path) -> None:
    into = tmp_path / "handed-out"
    said = json.loads(dslm(unmoved, "fetch", W, "--into", str(into), "--without-inputs",
                           "--json").stdout)  # fmt: skip
    assert said["inputs"] is False
    assert checked_files(into)["gold"].startswith("sha256:")
    refuse_other_rows(into)
    inputs = [case.input.encode() for case in GOLD]
    files = [path for path in into.rglob("*") if path.is_file()]
    assert not [one for path in files for one in inputs if one in path.read_bytes()]
    (told,) = erasures_of(into)
    assert set(told.files) == {"recorded.jsonl", "smoke.json"}
    assert told.files["recorded.jsonl"].cases == len(GOLD)


def test_an_edited_release_is_not_fetched(one: Run, tmp_path: Path) -> None:
    one.stored(1, "MLmodel").write_text('{"flavors": {"python_function": {"code": "code"}}}')
    done = dslm(one, "fetch", W, "--into", str(tmp_path / "served"))
    assert isinstance(done.exception, ReleaseRefused)
    assert not (tmp_path / "served").exists()


def test_an_age_is_in_the_largest_unit_that_fits() -> None:
    ages = [_age(seconds) for seconds in (-5, 59, 60, 3_600, 86_399, 86_400 * 40)]
    assert ages == ["just now", "just now", "1 min", "1 h", "23 h", "40 d"]


def test_listing_loads_neither_mlflow_nor_torch(one: Run) -> None:
    code = (
        "import sys\nfrom dslm.cli.app import invoke\nassert invoke(['release', 'list']) == 0\n"
        "print([m for m in ('torch', 'mlflow', 'transformers', 'scipy', 'sqlalchemy') "
        "if m in sys.modules])"
    )
    environment = os.environ | {"DSLM_ROOT": str(one.ws.root)}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_the_list_tells_of_a_former_champion_that_somebody_deleted(two: Run) -> None:
    assert listed(two.ws.root, W)[1] == []
    ModelStore(two.ws.root, W).remove(1)
    told = " ".join(listed(two.ws.root, W)[1])
    assert "holds no more what can be rolled back to: version 1" in told
    assert f"dslm release restore {W}" in told
