"""A drill survives its faults, fails where something is broken, and never touches the registry."""

from __future__ import annotations

import datetime as dt
import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from approving_people import APPROVALS, People
from finished_run import Run, W, answers_well
from killed_moves import stands
from signed_folders import new_key
from unloaded_releases import Unloaded

import dslm
from dslm.cli.app import invoke
from dslm.errors import DslmError, ReleaseRefused
from dslm.provenance import digest_file, files_of, write_atomic
from dslm.records import JournalEntry
from dslm.releasing import checking, moving
from dslm.releasing.backup import restore_sources, restoring
from dslm.releasing.backup.backing_up import back_up
from dslm.releasing.backup.restoring import restore
from dslm.releasing.baseline import read_champion
from dslm.releasing.drill import drilling, loaded_releases, planted, scratch_server
from dslm.releasing.drill.drill_record import (
    DrilledRelease,
    DrillRecord,
    DrillRow,
    keep_record,
    read_record,
)
from dslm.releasing.drill.drilling import drill
from dslm.releasing.drill.scratch_registry import Scratch, bare_clone
from dslm.releasing.journal import Journal
from dslm.releasing.opening import registry_at
from dslm.releasing.promoting import promote, rollback
from dslm.releasing.signed_approvals.approving import approve
from dslm.releasing.store import ModelStore
from dslm.settings.release_policy import PATH
from dslm.settings.workspace import Workspace

SERVER = "dead server midway"
ALL = ["restore", "promote", "serve", "roll back", *(name for name, *_ in planted.FAULTS)]


@pytest.fixture(autouse=True)
def _unplugged() -> None:
    """A drill starts a server of its own on this machine."""


@pytest.fixture
def without_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """Faults but for the server's, which takes half a minute."""
    rest = tuple(one for one in planted.FAULTS if one[0] != SERVER)
    monkeypatch.setattr(drilling, "FAULTS", rest)


@pytest.fixture
def ready(_shared: Run, copying: Any, tmp_path: Path) -> Run:
    """1 and 2 were champion, 3 is the candidate."""
    run: Run = copying(_shared, tmp_path / "real")
    return run


def drilled(run: Run, **how: Any) -> DrillRecord:
    return drill(run.ws, "ann", Unloaded(), told=lambda _: None, **how)[0]


def outcomes(record: DrillRecord) -> dict[str, str]:
    return {row.fault: row.outcome for row in record.rows}


def bytes_of(root: Path) -> dict[str, str]:
    return {f.relative_to(root).as_posix(): digest_file(f) for f in files_of(root)}


@pytest.mark.usefixtures("without_server")
def test_every_fault_is_survived_and_the_registry_is_not_touched(ready: Run) -> None:
    before = bytes_of(ready.ws.root)
    record = drilled(ready)
    assert [row for row in record.rows if row.outcome != "pass"] == []
    assert [row.fault for row in record.rows] == [one for one in ALL if one != SERVER]
    assert [one.version for one in record.releases] == [3, 2]
    changed = {name for name, digest in bytes_of(ready.ws.root).items()
               if before.get(name) != digest}  # fmt: skip
    assert changed - {f".dslm/locks/release-{W}.lock"} == {f"registry/{W}/drill.json"}
    assert read_record(ready.ws) == record
    assert all(0 <= row.seconds < 120 for row in record.rows)


@pytest.mark.usefixtures("without_server")
def test_a_shared_registry_is_only_read(ready: Run, tmp_path: Path) -> None:
    database = ready.ws.root / ".mlflow" / "mlflow.db"
    write_atomic(ready.ws.data / "sources" / "many.jsonl", "{}\n")
    apart = Run(bare_clone(ready.ws, tmp_path / "clone"))
    assert [path.name for path in apart.ws.data.iterdir()] == ["workflow.yaml"]
    before = digest_file(database), stands(ready)
    with registry_at(f"sqlite:///{database}"):
        assert drilled(apart).passed
    assert (digest_file(database), stands(ready)) == before


@pytest.mark.usefixtures("without_server")
def test_after_a_rollback_the_champion_and_the_one_before_are_drilled(ready: Run) -> None:
    """The candidate was the champion since, and is none any more."""
    promote(ready.ws, None, "third", "ann")
    rollback(ready.ws, "wrong totals", "ann", answers_well)
    record = drilled(ready)
    assert record.passed, record.rows
    assert [one.version for one in record.releases] == [2, 1]


@pytest.mark.usefixtures("without_server")
def test_a_promotion_that_people_have_to_approve_is_drilled_once_they_did(
    ready: Run, tmp_path: Path
) -> None:
    people = People.with_keys(tmp_path / "people")
    asks = APPROVALS.replace("{count: 1}", "{count: 1, not_the_trainer: false}")
    people.policy(ready, asks, required=False)
    assert outcomes(drilled(ready))["promote"] == "fail"
    with people.acting("bob"):
        approve(ready.ws, 3, "fewer wrong totals")
        record = drilled(ready)
    assert record.passed, record.rows


def test_one_release_is_nothing_to_drill(one: Run, bare: Run) -> None:
    with pytest.raises(ReleaseRefused, match="the champion is the only release"):
        drilled(one)


@pytest.fixture(scope="module")
def scratch(_two: Run, migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Scratch:
    """2 serves, 1 did before."""
    folder = tmp_path_factory.mktemp("scratch")
    back_up(_two.ws, folder / "backup")
    with registry_at(None):
        made = Scratch(bare_clone(_two.ws, folder / "clone"), folder / "backup", migrated)
        restore(made.ws, made.backup, None, "ann")
    return made


def tried(scratch: Scratch, folder: Path, fault: str) -> str:
    """What is seen of one fault."""
    (plant,) = (act for name, _, act in planted.FAULTS if name == fault)
    before = scratch.standing()
    release = scratch.files_of(1)
    wrong_base = partial(Unloaded().on_wrong_base, release)
    return plant(planted.Drilled(scratch, before, folder, 2, 1, wrong_base))[0]


def takes_all_files(patch: pytest.MonkeyPatch) -> None:
    """Whatever the files of a release are."""
    for name in ("_refuse_other_files", "_refuse_other_bytes"):
        patch.setattr(checking, name, lambda *_: None)


def by_the_clock(genesis: str, entries: Iterable[JournalEntry]) -> tuple[JournalEntry, ...]:
    return tuple(sorted(entries, key=lambda entry: entry.at))


def whoever_comes(self: Journal, entry: JournalEntry) -> tuple[JournalEntry, ...]:
    """An entry counts, whether it follows the last one or not."""
    self.restore(entry)
    return self.entries()


def finds_no_release(ws: Workspace, *how: Any) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(restore_sources, "stored_releases", lambda *_: {})
        restoring.restore(ws, *how)


BROKEN: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "missing artefact": takes_all_files,
    "corrupted shard": takes_all_files,
    "wrong base": lambda m: m.setattr(Unloaded, "on_wrong_base", lambda *_: Unloaded()),
    "full disk": lambda m: m.setattr(moving, "FOLLOWS", moving.FOLLOWS[:-1]),
    "clock skew": lambda m: m.setattr("dslm.releasing.journal.chain", by_the_clock),
    "two operators at once": lambda m: m.setattr(Journal, "append", whoever_comes),
    "lost database": lambda m: m.setattr(planted, "restore", finds_no_release),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_a_fault_is_not_survived_where_the_mechanism_is_broken(
    scratch: Scratch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    BROKEN[fault](monkeypatch)
    with pytest.raises((planted.Unsurvived, DslmError)):
        tried(scratch, tmp_path, fault)


def test_a_server_that_dies_midway_is_survived_and_where_there_is_none_it_is_not_tried(
    scratch: Scratch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "dies").mkdir()
    with monkeypatch.context() as shell:  # of a machine that has a server, and a proxy
        shell.setenv("MLFLOW_REGISTRY_STORE_URI", f"sqlite:///{tmp_path / 'real.db'}")
        shell.setenv("MLFLOW_DEFAULT_ARTIFACT_ROOT", str(tmp_path / "real"))
        shell.setenv("http_proxy", "http://127.0.0.1:9")
        assert "exit code 5" in tried(scratch, tmp_path / "dies", SERVER)
    assert not list(tmp_path.glob("real*"))
    monkeypatch.setattr(planted, "there_is_a_server", lambda: False)
    with pytest.raises(planted.Untried, match="not installed"):
        tried(scratch, tmp_path, SERVER)


def test_a_drills_server_ends_with_whoever_began_it() -> None:
    command = [sys.executable, "-m", scratch_server.__name__, "sh", "-c", "echo on; exec sleep 99"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          start_new_session=True) as began:  # fmt: skip
        assert began.stdin is not None
        assert began.stdout is not None
        assert began.stdout.readline() == b"on\n"
        began.stdin.close()  # as the kernel does for a process that is killed
        assert began.wait(timeout=30) == -signal.SIGKILL
        assert began.stdout.read() == b""  # nobody holds the other end any more


def test_a_drill_in_which_one_row_fails_has_not_passed_and_says_so(
    two: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(drilling, "FAULTS", planted.FAULTS[:1])
    monkeypatch.setattr(loaded_releases, "LoadedReleases", Unloaded)
    monkeypatch.setenv("DSLM_ROOT", str(two.ws.root))
    assert invoke(["release", "drill", W, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["passed"] is True
    takes_all_files(monkeypatch)
    assert invoke(["release", "drill", W]) == 4
    said = capsys.readouterr()
    assert "NOT PASSED" in said.out
    assert "missing artefact (fail)" in said.err
    record = read_record(two.ws)
    assert record is not None
    assert not record.passed
    assert record.rows[-1].outcome == "fail"


def asking(run: Run, text: str = "drill: {max_age_days: 30}\n") -> None:
    write_atomic(run.ws.root / PATH, text)


def recorded(run: Run, **other: Any) -> None:
    """A drill of version 3 and the champion that passed."""
    store = ModelStore(run.ws.root, W)
    versions = [store.version(number) for number in (3, 2)]
    releases = [{"version": v.number, "digest": v.digest, "manifest": v.tags["manifest"]}
                for v in versions]  # fmt: skip
    row = DrillRow(fault="restore", asked="a", seen="b", outcome="pass", seconds=1.0)
    told = {"workflow": W, "at": dt.datetime.now(tz=dt.UTC), "dslm": dslm.__version__,
            "actor": "ann", "releases": releases, "rows": (row,), "passed": True,
            "seconds": 1.0}  # fmt: skip
    keep_record(run.ws, DrillRecord.model_validate(told | other))


FAILED = DrillRow(fault="full disk", asked="a", seen="b", outcome="not tried", seconds=0.0)
NOT_GOOD_ENOUGH: dict[str, tuple[dict[str, Any], str]] = {
    "old": ({"at": dt.datetime(2026, 1, 1, tzinfo=dt.UTC)}, "days old"),
    "of tomorrow": ({"at": dt.datetime(2999, 1, 1, tzinfo=dt.UTC)}, "which is to come"),
    "of another dslm": ({"dslm": "0.0.1"}, "with dslm 0.0.1"),
    "of other releases": ({"releases": ()}, "was not of the champion, version 2 and version 3"),
    "failed": ({"rows": (FAILED,), "passed": False}, r"did not pass \(full disk\)"),
    "edited to passed": ({"rows": (FAILED,)}, r"did not pass \(full disk\)"),
    "of nothing": ({"rows": ()}, "it tried nothing"),
}


@pytest.mark.parametrize("name", NOT_GOOD_ENOUGH)
def test_a_policy_refuses_a_promotion_without_a_good_recent_drill(ready: Run, name: str) -> None:
    other, said = NOT_GOOD_ENOUGH[name]
    asking(ready)
    with pytest.raises(ReleaseRefused, match=f"there was none.*dslm release drill {W}"):
        promote(ready.ws, None, "third", "ann")
    recorded(ready, **other)
    with pytest.raises(ReleaseRefused, match=said):
        promote(ready.ws, None, "third", "ann")
    assert stands(ready)["journal"] == 2
    recorded(ready)
    assert promote(ready.ws, None, "third", "ann") is not None


def test_where_signatures_are_wanted_the_drill_has_to_be_signed(
    ready: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dslm.releasing.drill.drill_record import refuse_undrilled

    mine, path = new_key(), tmp_path / "key.pem"
    path.write_bytes(mine.pem())
    path.chmod(0o600)
    monkeypatch.setenv("DSLM_SIGNING_KEY", str(path))
    pem = "".join(f"        {line}\n" for line in mine.public.pem.splitlines())
    signing = f"signing:\n  required: true\n  keys:\n    - name: ann\n      public_key: |\n{pem}"
    asking(ready, f"{signing}drill: {{max_age_days: 30}}\n")
    champion = read_champion(ready.ws.champion)
    digest = ModelStore(ready.ws.root, W).version(3).digest
    third = DrilledRelease(version=3, digest=digest, manifest="")

    def asked() -> None:
        refuse_undrilled(ready.ws, third, champion)

    recorded(ready)
    asked()
    statement = ready.ws.drill_statement.read_bytes()
    recorded(ready, seconds=2.0)
    ready.ws.drill_statement.write_bytes(statement)
    with pytest.raises(ReleaseRefused, match="is of another drill"):
        asked()
    ready.ws.drill_statement.unlink()
    with pytest.raises(ReleaseRefused, match="is not signed"):
        asked()


def test_the_first_promotion_needs_no_drill(run: Run) -> None:
    asking(run)
    run.register()
    assert promote(run.ws, None, "first", "ann") is not None
