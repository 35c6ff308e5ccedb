"""What may be promoted, scored and rolled back to when something was lost or changed by hand."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from support.repositories.finished_run import Run, W, answers_well

from dslm.errors import ReleaseRefused
from dslm.provenance import canonical_json
from dslm.releasing.moves.baseline import read_champion
from dslm.releasing.moves.champion_agreement import disagreements
from dslm.releasing.moves.promote_and_rollback import history, promote, releases, rollback
from dslm.releasing.registry.mlflow_store import ModelStore
from dslm.releasing.verification.fetch_release import fetch_release, fetch_version
from dslm.settings.workspace import Workspace


def registry(run: Run) -> ModelStore:
    return ModelStore(run.ws.root, W)


def refused(run: Run, number: int | None, match: str) -> None:
    before = run.state()
    with pytest.raises(ReleaseRefused, match=match):
        promote(run.ws, number, "go", "me")
    assert run.state() == before


def scored(run: Run, into: Path) -> Path:
    return fetch_release(run.ws, read_champion(run.ws.champion), into)


def told(run: Run) -> str:
    return " ".join(fault.message() for fault in disagreements(run.ws))


def without_journal(run: Run) -> None:
    """As docs/releases.md asks before a new journal is begun."""
    mlflow = registry(run).mlflow
    mlflow.rename_registered_model(f"{W}.journal", f"{W}.journal-2026")
    mlflow.delete_registered_model_alias(W, "champion")


def test_a_broken_champion_is_told_and_nothing_is_compared_with_it(two, tmp_path) -> None:
    registry(two).tag(2, "status", "broken")
    with pytest.raises(ReleaseRefused, match="its status is 'broken'"):
        scored(two, tmp_path)
    assert "the champion, version 2" in told(two)
    assert "is 'broken'" in told(two)


def test_a_broken_version_is_not_gone_back_to(two) -> None:
    registry(two).tag(1, "status", "broken")
    before = two.state()
    with pytest.raises(ReleaseRefused, match="its status is 'broken'"):
        rollback(two.ws, "wrong totals", "me", answers_well)
    assert two.state() == before


def test_a_champion_whose_files_rotted_comes_back_under_another_number(run) -> None:
    run.register()
    promote(run.ws, 1, "first", "ann")
    run.stored(1, "calibration.json").write_text("{}")
    with pytest.raises(ReleaseRefused, match=r"version 1, calibration\.json: bytes.*register that"):
        run.register()
    assert run.register().version == 2
    entry = promote(run.ws, None, "restored", "ann")
    assert entry is not None
    assert entry.from_digest == entry.to_digest
    assert disagreements(run.ws) == []


@pytest.mark.parametrize("lost", ["the run", "all artifacts"])
def test_files_that_are_gone_are_a_refusal_that_says_what_to_do(two, tmp_path, lost) -> None:
    if lost == "the run":  # as after `mlflow gc`
        run_id = registry(two).version(2).run_id
        assert run_id is not None
        tracking = registry(two).mlflow._tracking_client.store
        tracking.delete_run(run_id)
        tracking._hard_delete_run(run_id)
    else:
        shutil.rmtree(two.ws.root / ".mlflow/artifacts")
    with pytest.raises(ReleaseRefused, match=r"its files are gone.*backup.*register that release"):
        fetch_version(two.ws, 2, tmp_path)


@pytest.mark.parametrize("said", ["two", "0", "", "²", "-1"])
def test_a_contract_version_that_is_not_that_of_the_files_is_refused(two, tmp_path, said) -> None:
    registry(two).tag(2, "contract_version", said)
    refused(two, 2, "its contract version is not that of its files")
    with pytest.raises(ReleaseRefused, match="contract version"):
        scored(two, tmp_path)


@pytest.mark.parametrize("said", ["{}", "", '{"gold": "sha256:00"}', "as it was, but for gold"])
def test_evidence_that_is_not_that_of_the_files_is_refused(two, tmp_path, said) -> None:
    if said.startswith("as"):
        said = canonical_json(registry(two).version(2).evidence | {"gold": "sha256:00"}).decode()
    registry(two).tag(2, "evidence", said)
    refused(two, 2, "its evidence is not that of its files")
    with pytest.raises(ReleaseRefused, match="its evidence"):
        scored(two, tmp_path)


def test_what_a_verdict_was_about_is_that_of_the_files(two, tmp_path) -> None:
    about = json.loads(registry(two).version(2).tags["verdict"])
    for said in ("", canonical_json(about | {"baseline": {"version": 7}}).decode()):
        registry(two).tag(2, "verdict", said)
        refused(two, 2, "its verdict is not that of its files")
        with pytest.raises(ReleaseRefused, match="its verdict"):
            scored(two, tmp_path)


@pytest.mark.parametrize("said", ["{", "[1]", '{"gold": 1}', "", '{"a": "b", "a": "c"}'])
def test_versions_with_tags_that_hold_no_record_are_listed(two, said) -> None:
    registry(two).tag(2, "evidence", said)
    registry(two).tag(1, "contract_version", "one")
    assert [release.version for release in releases(two.ws)] == [2, 1]


def test_a_champion_taken_for_one_of_an_older_contract_was_not_compared_with(two) -> None:
    noted = read_champion(two.ws.champion).model_copy(update={"contract_version": 0})
    two.ws.champion.write_text(noted.model_dump_json())
    two.released(b"weights three")
    assert "says contract version 0, the release is of 1" in told(two)
    refused(two, 3, r"contract version 0, it is of 1.*out of date.*promote version 2 again")
    assert promote(two.ws, 2, "again", "me") is None
    assert two.released(b"weights three").version == 4
    assert promote(two.ws, 4, "third", "me") is not None


def test_who_compared_with_a_former_champion_is_told_to_bring_the_record_up_to_date(two) -> None:
    noted, first = two.ws.champion.read_bytes(), releases(two.ws)[1]
    two.ws.champion.write_text(f'{{"version": 1, "digest": "{first.digest}"}}')
    two.released(b"weights three")
    refused(two, 3, r"stale baseline.*champion\.json is out of date: `git pull`, or promote ver")
    two.ws.champion.write_bytes(noted)
    refused(two, 3, "— compare again")


def test_without_a_journal_the_champion_is_the_one_that_the_repository_names(two, tmp_path) -> None:
    without_journal(two)
    with pytest.raises(ReleaseRefused, match=r"has 0 entries and lacks entry 2, .*recover"):
        promote(two.ws, 2, "begin at 1", "me")
    two.forget_copies()  # as journals were before
    assert "nothing was promoted — restore the registry" in told(two)
    refused(two, 1, r"compared with no champion, now version 2 \(\w{8}\) serves")
    with pytest.raises(ReleaseRefused, match=r"never champion.*docs/releases\.md"):
        scored(two, tmp_path)
    entry = promote(two.ws, 2, "a new journal", "ann")
    assert entry is not None
    assert (entry.seq, entry.from_version, entry.from_digest) == (1, 0, None)
    assert told(two) == ""
    two.released(b"weights three")
    assert promote(two.ws, 3, "third", "ann") is not None
    assert rollback(two.ws, "wrong totals", "ann", answers_well).to_version == 2


def test_a_clone_without_a_registry_gets_its_champion_by_registering_it(two, tmp_path) -> None:
    shutil.copytree(two.ws.root, tmp_path / "clone", ignore=shutil.ignore_patterns(".mlflow"))
    clone = Run(Workspace(tmp_path / "clone", W))
    assert "names version 2" in told(clone)
    with pytest.raises(ReleaseRefused, match=r"version 2 \(\w{8}\) is not in the registry"):
        scored(clone, tmp_path)
    assert clone.register().version == 1
    entry = promote(clone.ws, None, "restored", "ann")
    assert entry is not None
    assert [e.to_digest for e in history(clone.ws)] == [history(two.ws)[1].to_digest]
    assert told(clone) == ""
