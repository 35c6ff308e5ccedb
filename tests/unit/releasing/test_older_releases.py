"""Releases of before evidence had a format: listed, loaded, compared with and rolled back to."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.faults.faulty_evidence_files import edit
from support.repositories.finished_run import Run, W, answers_well
from support.repositories.scored_repository import digest_of

from dslm.errors import ReleaseRefused
from dslm.evidence import KEYS, TERMS_FILE, read_champion_release, release_digest
from dslm.provenance import (
    MANIFEST,
    canonical_json,
    digest_bytes,
    digest_file,
    write_atomic,
    write_manifest,
)
from dslm.records import Baseline, Verdict
from dslm.releasing.dossier.against_registry import check_against_registry
from dslm.releasing.dossier.make_dossier import make_dossier
from dslm.releasing.journal.journal import Journal
from dslm.releasing.journal.policy_in_force import policies_of
from dslm.releasing.moves.baseline import read_champion
from dslm.releasing.moves.champion_move import ChampionMove, make_move
from dslm.releasing.moves.promote_and_rollback import history, promote, releases, rollback
from dslm.releasing.package.release_package import CHAMPION, CHAMPION_TERMS, EVIDENCE, package
from dslm.releasing.registry.mlflow_store import ModelStore
from dslm.releasing.verification.fetch_release import fetch_version, what_it_says
from dslm.releasing.verification.release_verification import checked_files, prove, verdict_tag

NEW = {"format", "model", "packages", "device", "calibration_cases", "threshold", "release"}


def as_before(run: Run, folder: Path) -> Path:
    """A package as it was made before: evidence of fewer keys, no rows of the calibration."""
    verdict = json.loads((run.ws.results / "gate.json").read_text())
    package(run.ws, folder, {key: verdict["evidence"][key] for key in KEYS})
    for name in (EVIDENCE, "rows/calibration.jsonl", CHAMPION, TERMS_FILE, CHAMPION_TERMS):
        (folder / name).unlink(missing_ok=True)

    def shorten(value: dict) -> None:
        for key in ("first_release", "changes", "judged_on", "look"):
            value.pop(key, None)
        value["evidence"] = {k: d for k, d in value["evidence"].items() if k not in NEW}

    for name in ("calibration.json", "scorecard.json", "gate.json"):
        edit(folder / name, shorten)
    named = {k: verdict["evidence"][k] for k in KEYS - NEW}
    named["calibration"] = digest_file(folder / "calibration.json")
    judged = {"scorecard": digest_file(folder / "scorecard.json")}
    edit(folder / "gate.json", lambda value: value["evidence"].update(named | judged))
    write_manifest(folder, named)
    return folder


def registered(run: Run, folder: Path) -> int:
    """Register it as it was done before."""
    store = ModelStore(run.ws.root, W)
    inputs = json.loads((folder / MANIFEST).read_text())["inputs"]
    tags = {
        "digest": release_digest(W, inputs), "manifest": digest_file(folder / MANIFEST),
        "contract_version": "1", "status": "candidate",
        "evidence": canonical_json(inputs).decode(),
    }  # fmt: skip
    run_id, source = store.upload(folder, {})
    return store.add(source, tags, run_id)


@pytest.fixture
def older(bare: Run, tmp_path: Path) -> Path:
    return as_before(bare, tmp_path / "older")


def test_its_files_are_still_compared_with_every_key_that_it_names(older: Path) -> None:
    assert len(checked_files(older)) == 12
    (older / "requirements.txt").write_text("dslm==9\n")
    write_manifest(older, checked_files_of(older))
    with pytest.raises(ReleaseRefused, match=r"the release is outdated evidence: lock changed"):
        checked_files(older)


def checked_files_of(folder: Path) -> dict[str, str]:
    found: dict[str, str] = json.loads((folder / MANIFEST).read_text())["inputs"]
    return found


def test_a_threshold_that_was_certified_for_another_adapter_is_refused(older: Path) -> None:
    named = checked_files_of(older)
    edit(older / "calibration.json", lambda v: v["evidence"].update(adapter=digest_of("another")))
    write_manifest(older, named | {"calibration": digest_file(older / "calibration.json")})
    with pytest.raises(ReleaseRefused, match="certified for another adapter"):
        checked_files(older)


def test_as_champion_it_is_proved_by_its_digest_and_its_own_threshold(older, tmp_path) -> None:
    path = tmp_path / "release.json"
    write_atomic(path, what_it_says(older).model_dump_json())
    digest = release_digest(W, checked_files_of(older))
    assert read_champion_release(path, W, digest).threshold().cutoff == 0.99
    edit(path, lambda v: v.update(calibration=v["calibration"].replace("0.99", "2.0")))
    with pytest.raises(ReleaseRefused, match="the calibration is not the champion's own"):
        read_champion_release(path, W, digest)
    with pytest.raises(ReleaseRefused, match="is not of the champion"):
        read_champion_release(path, W, digest_of("another"))


def test_it_is_listed_loaded_and_gone_back_to_and_not_promoted(run: Run, tmp_path: Path) -> None:
    assert registered(run, as_before(run, tmp_path / "older")) == 1
    with pytest.raises(ReleaseRefused, match=r"rolled back to, not promoted.*make release"):
        promote(run.ws, 1, "as it was", "ann")
    store = ModelStore(run.ws.root, W)
    proof = prove(store, store.version(1), tmp_path / "proved")
    make_move(run.ws, store, ChampionMove("promote", None, None, proof, "before the upgrade", "ann",
                             *policies_of(run.ws, ())))  # fmt: skip
    assert promote(run.ws, 1, "again", "ann") is None
    assert run.released(b"weights two").version == 2  # compared with the older one
    assert promote(run.ws, 2, "the new one", "ann") is not None
    assert [release.version for release in releases(run.ws)] == [2, 1]
    assert fetch_version(run.ws, 1, tmp_path / "fetched").is_dir()
    told = make_dossier(run.ws, 1, tmp_path / "dossier")  # of what it has; the rest is not shown
    claims = {one.claim: one.holds for one in told.claims}
    shown = ("measured", "against base", "journal", "gate passed")
    assert [claims[name] for name in shown] == [True] * len(shown)
    assert not any(claims[name] for name in ("lineage", "looks", "thresholds", "data origin"))
    assert check_against_registry(run.ws, tmp_path / "dossier").judged_again is False
    entry = rollback(run.ws, "wrong totals", "ann", answers_well)
    assert (entry.to_version, len(history(run.ws))) == (1, 3)
    assert read_champion(run.ws.champion).version == 1
    assert Journal(store).entries()[-1] == entry


@pytest.mark.parametrize("key", ["data", "recipe"])
def test_what_it_named_as_the_working_tree_had_it_strands_no_release(older, key: str) -> None:
    write_manifest(older, checked_files_of(older) | {key: digest_of("of the working tree")})
    assert checked_files(older)[key] == digest_of("of the working tree")


def test_a_tag_of_before_a_baseline_named_more_is_that_of_its_verdict_still() -> None:
    then = {"version": 3, "digest": digest_bytes(b"3"), "contract_version": None}
    verdict = Verdict(workflow="mini", status="PASS", checks=(), evidence={"gold": "g"},
                      baseline=Baseline.model_validate(then))  # fmt: skip
    tag = canonical_json({"baseline": then, "evidence": {"gold": "g"}}).decode()
    assert verdict_tag(verdict) == tag
    more = verdict.baseline.model_copy(update={"terms": digest_bytes(b"4")})
    assert verdict_tag(verdict.model_copy(update={"baseline": more})) != tag
    assert Baseline().written() == {"version": 0, "digest": None, "contract_version": None}
