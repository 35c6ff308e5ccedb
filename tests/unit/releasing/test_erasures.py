"""A person's cases erased from stored releases: what they still are, and what no more."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sqlite3
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from finished_run import GOLD, Run, W, answers_well
from killed_moves import killed_after
from racing_moves import clones, forget_connections
from signed_folders import listed, new_key

from dslm.erasure import forget, listing
from dslm.errors import InputError, Problems, ReleaseRefused
from dslm.provenance import MANIFEST, digest_file, write_atomic, write_manifest
from dslm.releasing import steps
from dslm.releasing.backup.backing_up import back_up
from dslm.releasing.backup.restoring import restore
from dslm.releasing.checking import checked_files, prove
from dslm.releasing.erasures import FILE, erasures_of
from dslm.releasing.fetching import fetch_version
from dslm.releasing.opening import client
from dslm.releasing.promoting import promote, releases, rollback
from dslm.releasing.release_differences import differences
from dslm.releasing.release_digests import refuse_other_rows
from dslm.releasing.signing.keys import VARIABLE, SigningKey
from dslm.releasing.signing.model_signature import SIGNATURE
from dslm.releasing.store import ModelStore
from dslm.releasing.verifying import sign_version, verify_version
from dslm.settings.release_policy import PATH

GROUP = "S7"  # of gold, where it is s7
TEXT = b"order A-7."
WHY = "letter of 3 May"


def erase(run: Run, group: str = GROUP) -> None:
    forget(run.ws, group, "ann", WHY)


def bytes_left(root: Path, text: bytes = TEXT) -> list[str]:
    """Files with the text, or with the answer to it."""
    return [
        str(path.relative_to(root))
        for path in sorted(root.rglob("*"))
        if path.is_file() and text in path.read_bytes()
    ]


def of_registry(run: Run) -> dict[str, str]:
    root = run.ws.root / ".mlflow" / "artifacts"
    return {str(p.relative_to(root)): digest_file(p) for p in root.rglob("*") if p.is_file()}


def test_the_rows_of_every_version_are_erased_and_they_stay_what_they_are(two, capsys) -> None:
    before = releases(two.ws)
    found = listing(two.ws, GROUP)
    assert [one.version for one in found.releases] == [1, 2]
    assert {"rows/candidate.jsonl", "rows/champion.jsonl", "recorded.jsonl"} <= set(
        found.releases[1].files
    )
    assert any("cannot be promoted" in one for one in found.releases[1].lost)
    assert bytes_left(two.ws.root)  # a list alone changes nothing
    erase(two)
    assert bytes_left(two.ws.root) == []
    answered = bytes_left(two.ws.root / ".mlflow" / "artifacts", b'"A-7"')
    assert {Path(name).stem for name in answered} <= {"calibration", "base_calibration"}
    assert [(one.version, one.digest) for one in releases(two.ws)] == [
        (one.version, one.digest) for one in before
    ]
    for one in before:
        folder = fetch_version(two.ws, one.version, two.ws.root / f"fetched-{one.version}")
        refuse_other_rows(folder)
        (erasure,) = erasures_of(folder)
        assert (erasure.actor, erasure.reason) == ("ann", WHY)
    told = capsys.readouterr().err
    assert "version 1: 1 cases were erased from it on" in told
    assert WHY in told


def test_two_people_are_erased_one_after_the_other(two, tmp_path) -> None:
    erase(two)
    other = "s7c"  # of the calibration split
    split = {"rows/calibration.jsonl", "rows/base_calibration.jsonl"}
    assert set(listing(two.ws, other).releases[1].files) == split
    erase(two, other)
    assert bytes_left(two.ws.root, b"order A-7, says c.") == []
    folder = fetch_version(two.ws, 2, tmp_path / "fetched")
    refuse_other_rows(folder)
    assert len(erasures_of(folder)) == 2
    assert not differences(two.ws, 1, 2).rows[0][0].id.startswith("g-007")
    entry = rollback(two.ws, "wrong", "bob", answers_well)
    assert entry is not None
    assert entry.to_version == 1


def test_the_smoke_test_takes_another_case_where_its_own_is_erased(two) -> None:
    said = json.loads(two.stored(1, "smoke.json").read_text())
    sender = next(case.meta["sender"] for case in GOLD if case.id == said["id"])
    erase(two, sender)
    now = json.loads(two.stored(1, "smoke.json").read_text())
    assert now["id"] in {case.id for case in GOLD} - {said["id"]}
    assert now["as_gold"] is True
    with pytest.raises(ReleaseRefused, match=f"answers case {now['id']} wrongly"):
        rollback(two.ws, "wrong", "bob", answers_well)  # as of the case that is gone

    def answers(folder: Path, text: str) -> Mapping[str, Any]:
        target = next(case.target for case in GOLD if case.input == text)
        return {**answers_well(folder, text), "object": target}

    assert rollback(two.ws, "wrong", "bob", answers)


def test_a_restored_backup_brings_cases_back_and_says_so_and_they_are_erased_again(
    two, migrated, tmp_path_factory, capsys
) -> None:
    """Gold knows nothing of the person then, and a killed run knows by rows whose a case is."""
    smoke = json.loads(two.stored(1, "smoke.json").read_text())
    (sender,) = [case.meta["sender"] for case in GOLD if case.id == smoke["id"]]
    kept = tmp_path_factory.mktemp("kept") / "backup"
    back_up(two.ws, kept)
    erase(two, sender)
    erase(two, "s7c")
    (clone,) = clones(two, tmp_path_factory.mktemp("clones"), 1)
    (clone.ws.root / ".mlflow").mkdir()
    shutil.copyfile(migrated, clone.ws.root / ".mlflow" / "mlflow.db")
    capsys.readouterr()
    restore(clone.ws, kept, None, "eve")
    told = capsys.readouterr().err
    assert told.count("mini version 1, 2: cases that were erased on") == 2
    assert told.count(f"({WHY}) are there again: the same `dslm forget` again") == 2
    text = smoke["input"].encode()
    assert len(bytes_left(clone.ws.root, text)) == 4
    forget_connections()
    for times in (1, 2, 4):
        assert killed_after("rows erased", lambda: erase(clone, sender), times)
    erase(clone, sender)
    assert bytes_left(clone.ws.root, text) == []
    assert erasures_of(fetch_version(clone.ws, 2, clone.ws.root / "fetched"))


def test_a_candidate_of_which_rows_were_erased_is_not_promoted(one) -> None:
    one.released(b"weights two")
    assert any("cannot be promoted" in said for said in listing(one.ws, GROUP).releases[-1].lost)
    erase(one)
    with pytest.raises(ReleaseRefused, match=r"cannot be judged again.*erased"):
        promote(one.ws, 2, "go", "ann")


def test_a_release_that_holds_nothing_of_the_person_keeps_every_byte(two) -> None:
    path = two.ws.data / "sources" / "more.jsonl"
    text = "A lamp of lot 99812 for the Ravensworths, please."
    case = {"id": "x", "input": text, "target": {"kind": "other", "number": None},
            "meta": {"sender": "only here"}}  # fmt: skip
    write_atomic(path, json.dumps(case) + "\n")
    before = of_registry(two)
    tags = [dict(one.tags) for one in ModelStore(two.ws.root, W).versions()]
    erase(two, "only here")
    assert not path.exists()
    assert of_registry(two) == before
    assert [dict(one.tags) for one in ModelStore(two.ws.root, W).versions()] == tags
    assert rollback(two.ws, "wrong", "bob", answers_well)


@pytest.mark.parametrize("namespace", ["", "team"])
def test_files_that_became_no_version_are_erased_too(run, namespace) -> None:
    if namespace:
        write_atomic(run.ws.root / PATH, f"namespace: {namespace}\n")
    run.register()
    client(run.ws.root).delete_model_version(ModelStore(run.ws.root, W).name, "1")
    of_run = run.ws.root / ".mlflow" / "artifacts" / W
    shutil.copytree(next(of_run.iterdir()), of_run / "of-no-run")  # which MLflow knows nothing of
    assert [one.version for one in listing(run.ws, GROUP).releases] == [0, 0]
    erase(run)
    assert bytes_left(run.ws.root) == []


def test_nothing_is_written_where_an_edited_registry_points(one, tmp_path_factory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    stored = one.stored(1, MANIFEST).parent
    shutil.copytree(stored, elsewhere / "release")
    database = one.ws.root / ".mlflow" / "mlflow.db"
    with contextlib.closing(sqlite3.connect(database)) as edited:
        edited.execute("UPDATE runs SET artifact_uri = ?", [f"file://{elsewhere}"])
        edited.commit()
    before = {path.name: path.read_bytes() for path in (elsewhere / "release").glob("*.json*")}
    with pytest.raises(ReleaseRefused, match="outside of"):
        erase(one)
    assert {p.name: p.read_bytes() for p in (elsewhere / "release").glob("*.json*")} == before


def test_a_release_that_was_damaged_before_loses_the_rows_and_is_not_sealed(one) -> None:
    one.stored(1, "recipe.yaml").write_text("other: 1\n")
    erase(one)
    assert bytes_left(one.ws.root) == []
    assert not one.stored(1, FILE).exists()
    with pytest.raises(ReleaseRefused, match="bytes differ"):
        fetch_version(one.ws, 1, one.ws.root / "into")


def test_a_text_in_a_file_that_cannot_be_changed_is_told_and_stops_the_rest(one) -> None:
    sentence = "The Ravensworths want a lamp of lot 99812."
    gold = one.ws.gold.read_text().replace("Please send order A-7.", sentence)
    one.ws.gold.write_text(gold)
    card = one.stored(1, "card.md")
    card.write_text(card.read_text() + sentence)
    with pytest.raises(Problems, match=r"version 1, card.md.*--leave-others"):
        erase(one)
    assert one.ws.gold.read_text() == gold
    forget(one.ws, GROUP, "ann", WHY, leave_others=True)
    assert sentence not in one.ws.gold.read_text()


# -- what an erasure may not be used for


def edited(folder: Path, change: Callable[[Path], None]) -> Path:
    """A folder changed and sealed again, by somebody with no key."""
    inputs = json.loads((folder / MANIFEST).read_text())["inputs"]
    change(folder)
    write_manifest(folder, inputs)
    return folder


def _of_other_file(folder: Path) -> None:
    said = json.loads((folder / FILE).read_text())
    one = {"was": digest_file(folder / "gate.json"), "now": digest_file(folder / "gate.json"),
           "cases": 1}  # fmt: skip
    said["erasures"][0]["files"]["gate.json"] = one
    (folder / FILE).write_text(json.dumps(said))


def _of_other_bytes(folder: Path) -> None:
    path = folder / "rows" / "candidate.jsonl"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[1:]))


def _miscounted(folder: Path) -> None:
    said = json.loads((folder / FILE).read_text())
    said["erasures"][0]["files"]["rows/candidate.jsonl"]["cases"] = 2
    (folder / FILE).write_text(json.dumps(said))


def _of_nothing(folder: Path) -> None:
    said = json.loads((folder / FILE).read_text())
    said["erasures"].append(said["erasures"][0] | {"files": {}})
    (folder / FILE).write_text(json.dumps(said))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (_of_other_file, "holds no cases"),
        (_of_other_bytes, "another file than it is"),
        (_miscounted, "counts 2 erased rows"),
        (lambda folder: (folder / FILE).write_text("{}"), "no record of an erasure"),
        (_of_nothing, "no record of an erasure"),
    ],
)
def test_a_record_of_erasures_is_held_to_the_files(one, change, why) -> None:
    erase(one)
    folder = fetch_version(one.ws, 1, one.ws.root / "into")
    with pytest.raises(ReleaseRefused, match=why):
        checked_files(edited(folder, change))


def test_who_edits_rows_and_calls_it_an_erasure_is_refused(one) -> None:
    """Nobody signed it: then git has to know of the erasure."""
    erase(one)
    register = one.ws.registry / "erasures.json"
    kept = register.read_text()
    register.unlink()  # as in a clone that has not pulled yet
    with pytest.raises(ReleaseRefused, match=r"erasures.json does not name it — `git pull`"):
        fetch_version(one.ws, 1, one.ws.root / "into")
    register.write_text(kept)

    def edit(folder: Path) -> None:
        path, said = folder / "rows" / "candidate.jsonl", json.loads((folder / FILE).read_text())
        path.write_text(path.read_text().replace('"confidence":0.99', '"confidence":0.98', 1))
        said["erasures"][0]["files"]["rows/candidate.jsonl"]["now"] = digest_file(path)
        (folder / FILE).write_text(json.dumps(said))

    folder = edited(one.stored(1, MANIFEST).parent, edit)
    store = ModelStore(one.ws.root, W)
    store.mlflow.set_model_version_tag(W, "1", "manifest", digest_file(folder / MANIFEST))
    checked_files(folder)  # all fits within itself
    with pytest.raises(ReleaseRefused, match="does not name it"):
        fetch_version(one.ws, 1, one.ws.root / "into")


# -- signatures


def signed(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: Any) -> SigningKey:
    key = new_key()
    path = tmp_path_factory.mktemp("settings") / "key.pem"
    path.write_bytes(key.pem())
    path.chmod(0o600)
    monkeypatch.setenv(VARIABLE, str(path))
    keys = listed(key, "person 1", indent=2)
    policy = f"signing:\n  required: true\n  demonstration_key: false\n  keys:\n{keys}"
    write_atomic(run.ws.root / PATH, policy)
    return key


def test_a_signed_release_is_signed_again_and_its_promotion_still_stands(
    run, monkeypatch, tmp_path_factory
) -> None:
    signed(run, monkeypatch, tmp_path_factory)
    run.register()
    promote(run.ws, None, "go", "ann")
    before = verify_version(run.ws, 1)
    erase(run)
    after = verify_version(run.ws, 1)
    assert (after.digest, after.promoted_at) == (before.digest, before.promoted_at)
    assert after.promoted_at
    assert after.manifest != before.manifest


def test_without_a_key_it_waits_for_a_signature(run, monkeypatch, tmp_path_factory) -> None:
    signed(run, monkeypatch, tmp_path_factory)
    run.register()
    key = os.environ[VARIABLE]
    monkeypatch.setenv(VARIABLE, str(run.ws.root / "none.pem"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(run.ws.root / "none"))
    monkeypatch.delenv(VARIABLE)
    done = forget(run.ws, GROUP, "ann", WHY)
    assert "dslm release sign mini --version 1 --again" in done.to_do[0]
    assert not run.stored(1, SIGNATURE).exists()
    with pytest.raises(ReleaseRefused, match="is not signed"):
        fetch_version(run.ws, 1, run.ws.root / "into")
    monkeypatch.setenv(VARIABLE, key)
    sign_version(run.ws, 1, again=True)
    assert verify_version(run.ws, 1).signed_by == "person 1"


# -- ended at any step


def test_killed_after_each_step_in_turn_the_same_command_goes_on(one, tmp_path_factory) -> None:
    """Each run is killed one step further than the one before, in the same repository."""
    waiting = list(steps.FORGET)
    killed = [step for step in waiting if killed_after(step, lambda: erase(one))]
    assert killed == waiting
    erase(one)
    assert bytes_left(one.ws.root) == []
    (version,) = ModelStore(one.ws.root, W).versions()
    prove(ModelStore(one.ws.root, W), version, tmp_path_factory.mktemp("proved"))
    (entry,) = json.loads((one.ws.registry / "erasures.json").read_text())["erasures"]
    assert entry["done"] is True
    assert [(said["version"]) for said in entry["releases"]] == [1]


def test_it_waits_for_nobody_and_refuses_while_a_stage_runs(one) -> None:
    from dslm.stage import exclusive

    with (
        exclusive(one.ws.root, f"{W}-train"),
        pytest.raises(InputError, match="another run of mini-train"),
    ):
        erase(one)
    assert bytes_left(one.ws.root)
