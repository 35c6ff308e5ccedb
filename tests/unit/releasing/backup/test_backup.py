"""A registry backed up, lost and made again: numbers, digests, journal and champion as before."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from mlflow.tracking._tracking_service import utils
from support.releases.killed_moves import killed_after, stands
from support.releases.racing_moves import clones, registry_at
from support.releases.registry_servers import SECRET, mlflow_server, postgresql
from support.repositories.finished_run import Run, W, answers_well

from dslm.cli.app import invoke
from dslm.errors import InputError, ReleaseRefused
from dslm.releasing.backup.restore_registry import Restored, restore
from dslm.releasing.backup.write_backup import back_up
from dslm.releasing.journal.journal import Journal
from dslm.releasing.moves import command_steps
from dslm.releasing.moves.promote_and_rollback import history, promote, rollback
from dslm.releasing.moves.recover import recover
from dslm.releasing.registry.mlflow_store import ModelStore
from dslm.settings.workspace import Workspace

FILES = Path(".mlflow/artifacts")


@pytest.fixture(scope="session")
def five(_two: Run, tmp_path_factory: pytest.TempPathFactory, copying: Any) -> Run:
    """1 and 2 were champion, 3 never was, 4 is; 2 is withdrawn, 5 is the candidate."""
    run: Run = copying(_two, tmp_path_factory.mktemp("gaps"))
    run.released(b"weights three")
    rollback(run.ws, "wrong totals", "ann", answers_well)
    run.released(b"weights four")
    promote(run.ws, None, "fourth", "ann")
    run.released(b"weights five")
    return run


@pytest.fixture(scope="session")
def kept(five: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("kept") / "backup"
    back_up(five.ws, folder)
    return folder


@pytest.fixture
def gaps(five: Run, copying: Any, tmp_path: Path) -> Run:
    return copying(five, tmp_path / "a")


@pytest.fixture
def emptied(five: Run, migrated: Path, tmp_path: Path) -> Run:
    """Another clone, with a registry in which nothing is."""
    (run,) = clones(five, tmp_path / "clones", 1)
    (run.ws.root / ".mlflow").mkdir()
    shutil.copyfile(migrated, run.ws.root / ".mlflow" / "mlflow.db")
    return run


def holds(run: Run) -> dict[str, Any]:
    """All that a registry says, but for where its files lie."""
    store = ModelStore(run.ws.root, W)
    return {
        "versions": {v.number: (dict(v.tags) | {"registered": v.created}, v.aliases)
                     for v in store.versions()},
        "journal": history(run.ws),
        "faults": stands(run)["faults"],
    }  # fmt: skip


def of_champions(run: Run) -> dict[str, Any]:
    """The same, as a backup has it: without version 3, which was never the champion."""
    said = holds(run)
    del said["versions"][3]
    return said


def from_backup(run: Run, kept: Path, **how: Any) -> Restored:
    return restore(run.ws, kept, None, "eve", **how)


def test_a_restored_registry_has_the_same_numbers_digests_tags_and_moves(
    five: Run, emptied: Run, kept: Path
) -> None:
    done = from_backup(emptied, kept)
    assert (done.versions, done.moves, done.champion, done.lost) == ((1, 2, 4, 5), 4, 4, ())
    assert holds(emptied) == of_champions(five)
    assert from_backup(emptied, kept) == Restored(done.versions, 4, 4, (), ())  # the same, again
    assert holds(emptied) == of_champions(five)
    back = rollback(emptied.ws, "wrong totals", "ann", answers_well, to=1)
    assert back is not None
    assert back.seq == 5
    assert ModelStore(emptied.ws.root, W).add(f"models:/{W}/4", {}) == 6


def test_the_record_says_what_is_kept_and_what_is_not(kept: Path) -> None:
    record = json.loads((kept / "backup.json").read_text())
    assert [one["number"] for one in record["versions"]] == [1, 2, 4, 5]
    assert (record["not_kept"], record["gone"], record["candidate"]) == ([3], [], 5)


@pytest.mark.parametrize("step", command_steps.BACKUP)
def test_half_a_backup_is_never_taken_for_a_whole_one(
    gaps: Run, emptied: Run, tmp_path: Path, step: str
) -> None:
    to = tmp_path / "backup"
    assert killed_after(step, lambda: back_up(gaps.ws, to))
    if step == "backup":  # whole, only not read back yet
        from_backup(emptied, to)
        return
    assert not to.exists()
    (half,) = tmp_path.glob(".backup.*.partial")
    with pytest.raises(InputError, match="no whole backup is here"):
        from_backup(emptied, half)
    assert ModelStore(emptied.ws.root, W).versions() == []
    back_up(gaps.ws, to)
    assert not list(tmp_path.glob(".backup.*.partial"))
    from_backup(emptied, to)


# what follows the journal is killed at each step by the tests of `recover`, which a restore ends in
OWN = [step for step in command_steps.RESTORE if step not in command_steps.SETTLE[1:]]


@pytest.mark.parametrize("step", OWN)
def test_a_restore_killed_at_any_step_is_ended_by_the_same_command(
    five: Run, emptied: Run, kept: Path, step: str
) -> None:
    assert killed_after(step, lambda: from_backup(emptied, kept))
    from_backup(emptied, kept)
    assert holds(emptied) == of_champions(five)


def damaged(kept: Path, tmp_path: Path, name: str) -> Path:
    copy = Path(shutil.copytree(kept, tmp_path / "damaged"))
    path = copy / name
    path.write_bytes(path.read_bytes()[:-1] + b"X")
    return copy


@pytest.mark.parametrize(
    "name", ["backup.json", "journal.jsonl", "versions/4/adapter/adapter_model.safetensors",
             "versions/1/gate.json", "MANIFEST.json"],
)  # fmt: skip
def test_a_damaged_backup_is_refused_and_nothing_is_written(
    emptied: Run, kept: Path, tmp_path: Path, name: str
) -> None:
    with pytest.raises(ReleaseRefused, match=r"damaged|take another"):
        from_backup(emptied, damaged(kept, tmp_path, name))
    assert ModelStore(emptied.ws.root, W).versions() == []


def test_a_backup_that_was_sealed_anew_after_an_edit_is_refused(
    emptied: Run, kept: Path, tmp_path: Path
) -> None:
    from dslm.provenance import write_manifest

    copy = damaged(kept, tmp_path, "versions/4/adapter/adapter_model.safetensors")
    write_manifest(copy, {})
    with pytest.raises(ReleaseRefused, match="bytes differ from the release's manifest"):
        from_backup(emptied, copy)
    lines = (kept / "journal.jsonl").read_text().splitlines(keepends=True)
    other = Path(shutil.copytree(kept, tmp_path / "other"))
    (other / "journal.jsonl").write_text("".join(lines[:-1]))
    write_manifest(other, {})
    with pytest.raises(ReleaseRefused, match="no whole chain"):
        from_backup(emptied, other)


def test_a_link_in_a_backup_is_refused(emptied: Run, kept: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(kept, tmp_path / "linked"))
    (copy / "versions" / "4").rename(tmp_path / "elsewhere")
    (copy / "versions" / "4").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ReleaseRefused, match="no plain file"):
        from_backup(emptied, copy)


def test_a_registry_with_newer_moves_or_versions_is_never_written_to(
    gaps: Run, kept: Path, tmp_path: Path
) -> None:
    before = holds(gaps)
    in_git = {path: path.read_bytes() for path in (gaps.ws.champion, gaps.ws.journal_copy)}
    promote(gaps.ws, 5, "fifth", "ann")
    for path, text in in_git.items():  # as a clone has it that was not pulled since
        path.write_bytes(text)
    after = holds(gaps)
    assert len(after["journal"]) == len(before["journal"]) + 1
    with pytest.raises(ReleaseRefused, match="5 moves, newer than the 4"):
        from_backup(gaps, kept)
    assert holds(gaps) == after


def test_damaged_files_are_put_back_into_a_registry_that_is_in_use(gaps: Run, kept: Path) -> None:
    before = holds(gaps)
    gaps.stored(2, "gate.md").write_text("other")
    gaps.stored(1, "adapter/adapter_model.safetensors").unlink()
    utils._artifact_repos_cache.clear()  # by a run's id, and the copied registry has the same runs
    from_backup(gaps, kept)
    assert holds(gaps) == before
    back = rollback(gaps.ws, "wrong totals", "ann", answers_well, to=2)
    assert back is not None


def test_another_release_under_a_number_is_never_replaced(emptied: Run, kept: Path) -> None:
    store = ModelStore(emptied.ws.root, W)
    store.add(f"file://{emptied.ws.root}", {"digest": "sha256:other"})
    with pytest.raises(ReleaseRefused, match="version 1 of the registry is another release"):
        from_backup(emptied, kept)
    assert [version.number for version in store.versions()] == [1]


def test_a_registry_of_another_history_is_never_written_to(run: Run, kept: Path) -> None:
    run.register()
    promote(run.ws, None, "first", "eve")
    before = holds(run)
    with pytest.raises(ReleaseRefused, match="tells other moves"):
        from_backup(run, kept)
    run.ws.journal_copy.unlink()
    with pytest.raises(ReleaseRefused, match="another history"):
        from_backup(run, kept)
    assert holds(run) == before


def test_a_damaged_release_is_named_and_left_out_only_where_that_is_said(
    gaps: Run, tmp_path: Path, emptied: Run
) -> None:
    gaps.stored(2, "gate.md").write_text("other")
    with pytest.raises(ReleaseRefused, match="--without 2"):
        back_up(gaps.ws, tmp_path / "first")
    assert not (tmp_path / "first").exists()
    record = back_up(gaps.ws, tmp_path / "second", without=[2])
    assert record.left_out == (2,)
    done = from_backup(emptied, tmp_path / "second")
    assert (done.versions, done.lost) == ((1, 4, 5), (2,))
    assert [entry.to_version for entry in history(emptied.ws)] == [1, 2, 1, 4]
    with pytest.raises(InputError, match="would not be in the backup anyway"):
        back_up(gaps.ws, tmp_path / "third", without=[3])


def lost(run: Run, root: Path) -> tuple[Run, Path]:
    """A repository whose database is gone and whose files are there."""
    shutil.copytree(run.ws.root, root, ignore=shutil.ignore_patterns("mlflow.db"))
    return Run(Workspace(root, W)), root / FILES


def from_files(run: Run, files: Path, **how: Any) -> Restored:
    return restore(run.ws, None, files, "eve", **how)


def test_a_lost_database_is_restored_from_files_and_the_journal_in_git(
    five: Run, tmp_path: Path
) -> None:
    gaps, files = lost(five, tmp_path / "lost")
    done = from_files(gaps, files)
    assert (done.versions, done.champion, done.lost) == ((1, 2, 4, 5), 4, ())
    said, before = holds(gaps), of_champions(five)
    assert (said["journal"], said["faults"]) == (before["journal"], [])
    for number, (tags, aliases) in before["versions"].items():
        now, names = said["versions"][number]
        assert names == aliases
        for key in ("digest", "manifest", "status", "terms", "evidence", "verdict", "summary"):
            assert now[key] == tags[key]
    back = rollback(gaps.ws, "wrong totals", "ann", answers_well, to=1)
    assert back is not None


def test_a_backup_older_than_the_last_move_is_completed_by_the_files(
    five: Run, copying: Any, tmp_path: Path, kept: Path
) -> None:
    run = copying(five, tmp_path / "a")
    promote(run.ws, 5, "fifth", "ann")
    shutil.rmtree(run.stored(4, ""))
    run, files = lost(run, tmp_path / "lost")
    moves = run.ws.journal_copy.read_text()
    run.ws.journal_copy.write_text(moves.replace("fourth", "forged"))
    with pytest.raises(ReleaseRefused, match="is no whole chain"):
        from_backup(run, kept)
    run.ws.journal_copy.write_text(moves)
    done = restore(run.ws, kept, files, "eve")
    assert (done.moves, done.champion, done.versions) == (5, 5, (1, 2, 4, 5))
    assert stands(run)["faults"] == []


def test_a_champion_that_nobody_has_any_more_is_given_up_only_where_that_is_said(
    two: Run, tmp_path: Path
) -> None:
    shutil.rmtree(two.stored(2, ""))
    run, files = lost(two, tmp_path / "lost")
    with pytest.raises(ReleaseRefused, match=r"the champion, version 2 .*--accept-loss"):
        from_files(run, files)
    assert not (run.ws.root / ".mlflow" / "mlflow.db").exists()
    done = from_files(run, files, accept_loss=True)
    assert (done.champion, done.versions, done.lost) == (1, (1,), (2,))
    last = history(run.ws)[-1]
    assert (last.action, last.seq, last.to_version) == ("recover", 3, 1)
    assert stands(run)["faults"] == []
    assert recover(run.ws, "eve") == []


def test_without_a_journal_nobody_can_say_which_release_was_which(
    five: Run, tmp_path: Path
) -> None:
    gaps, files = lost(five, tmp_path / "lost")
    gaps.ws.journal_copy.unlink()
    with pytest.raises(InputError, match="git has no copy of the journal"):
        from_files(gaps, files)


def test_the_journal_in_git_gives_back_entries_that_were_deleted_with_their_copies(
    gaps: Run,
) -> None:
    before = history(gaps.ws)
    store = ModelStore(gaps.ws.root, W)
    store.mlflow.delete_registered_model(f"{W}.journal")
    in_git = gaps.ws.journal_copy.read_bytes()
    gaps.forget_copies()
    gaps.ws.journal_copy.write_bytes(in_git)
    assert recover(gaps.ws, "eve")
    assert history(gaps.ws) == before


def test_the_commands_say_what_they_did(
    gaps: Run, emptied: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv("DSLM_ROOT", str(gaps.ws.root))
    to = str(tmp_path / "b")
    assert invoke(["release", "backup", W, "--to", to]) == 0
    said = capsys.readouterr().out
    assert "versions 1, 2, 4, 5 and the journal" in said
    assert "version 3: never the champion, not in it" in said
    assert invoke(["release", "backup", W, "--to", to]) == 2
    monkeypatch.setenv("DSLM_ROOT", str(emptied.ws.root))
    assert invoke(["release", "restore", W]) == 2
    assert invoke(["release", "restore", W, "--from", to, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["champion"] == 4


@pytest.fixture
def _plugged(monkeypatch: pytest.MonkeyPatch) -> None:
    """One of these reaches servers on this machine."""
    monkeypatch.undo()


@pytest.mark.usefixtures("_plugged")
def test_a_registry_moves_to_a_server_with_postgresql(
    five: Run, kept: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder, apart = tmp_path_factory.mktemp("pg"), tmp_path_factory.mktemp("apart")
    (run,) = clones(five, apart / "clones", 1)
    with postgresql(folder) as database:
        backend = f"postgresql+psycopg://ann:{SECRET}@127.0.0.1:{database}/postgres"
        with mlflow_server(folder, backend) as (_, port), registry_at(f"http://127.0.0.1:{port}"):
            done = from_backup(run, kept)
            assert (done.versions, done.champion) == ((1, 2, 4, 5), 4)
            said = holds(run)
            back_up(run.ws, apart / "from the server")
            assert Journal(ModelStore(run.ws.root, W)).entries() == said["journal"]
    assert said == of_champions(five)
