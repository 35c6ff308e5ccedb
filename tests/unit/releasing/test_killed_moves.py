"""Killed at each step: the old champion or the new one, and the same command ends it."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from finished_run import Run, W, answers_well
from killed_moves import killed_after, stands

from dslm.errors import EnvironmentFault
from dslm.releasing import steps, store
from dslm.releasing.promoting import promote, rollback
from dslm.releasing.recovering import recover
from dslm.releasing.registering import register
from dslm.releasing.store import ModelStore

Command = Callable[[Run], object]


def promoting(run: Run) -> object:
    return promote(run.ws, None, "third", "ann")


def going_back(run: Run) -> object:
    return rollback(run.ws, "wrong totals", "ann", answers_well)


def recovering(run: Run) -> object:
    return recover(run.ws, "ann")


def accepting(run: Run) -> object:
    return recover(run.ws, "ann", accept_loss=True)


def registering(run: Run) -> object:
    return register(run.ws, answers_well)


@pytest.fixture(scope="session")
def _three(_shared: Run, tmp_path_factory: pytest.TempPathFactory, copying: Any) -> Run:
    """Versions 1, 2 and 3 were promoted."""
    run: Run = copying(_shared, tmp_path_factory.mktemp("three"))
    promoting(run)
    return run


@pytest.fixture(scope="session")
def waiting(_two: Run, tmp_path_factory: pytest.TempPathFactory, copying: Any) -> Run:
    """Version 2 serves, the gate has passed another candidate."""
    run: Run = copying(_two, tmp_path_factory.mktemp("waiting"))
    run.candidate(b"weights three")
    run.gate()
    return run


def cut(run: Run, *, known: bool) -> None:
    """The newest entry but one is deleted, and an alias set by hand."""
    pages = ModelStore(run.ws.root, f"{W}.journal")
    pages.mlflow.delete_model_version(f"{W}.journal", "2")
    pages.mlflow.set_registered_model_alias(W, "champion", "1")
    if not known:
        pages.mlflow.delete_model_version_tag(W, "2", "journal.2")
        run.ws.journal_copy.unlink()


@pytest.fixture(scope="session", params=[True, False], ids=["known", "lost"])
def cut_journal(request, _three: Run, tmp_path_factory, copying: Any) -> tuple[Run, Command]:
    run: Run = copying(_three, tmp_path_factory.mktemp("cut"))
    cut(run, known=request.param)
    return run, recovering if request.param else accepting


@pytest.mark.parametrize(
    ("state", "command", "step", "old", "new"),
    [
        *(("_shared", promoting, step, 2, 3) for step in steps.PROMOTE),
        *(("_three", going_back, step, 3, 2) for step in steps.ROLLBACK),
    ],
)
def test_a_move_killed_at_any_step_leaves_one_of_two_and_the_same_command_ends_it(
    request, copying, tmp_path, state: str, command: Command, step: str, old: int, new: int
) -> None:
    before = request.getfixturevalue(state)
    run, other = copying(before, tmp_path / "a"), tmp_path / "b"
    assert killed_after(step, lambda: command(run))
    other = copying(run, other)  # as the killed process left it
    left = stands(run)
    assert {left["alias"], left["journal"], left["champion.json"]} <= {old, new}
    moved = left["journal"] == new
    assert moved == (step not in ("planned", "proved"))

    entry = command(run)
    assert (entry is None) == moved
    end = stands(run)
    assert end == {"alias": new, "journal": new, "champion.json": new, "faults": [],
                   "entries": old + 1}  # fmt: skip
    assert command(run) is None
    assert stands(run) == end
    assert run.ws.promotion.is_file() == before.ws.promotion.is_file()  # a signed statement of it

    recover(other.ws, "bob")
    now = new if moved else old
    assert stands(other) == end | {"alias": now, "journal": now, "champion.json": now,
                                   "entries": end["entries"] - (not moved)}  # fmt: skip


@pytest.mark.parametrize("step", steps.REGISTER)
def test_a_registration_killed_at_any_step_is_ended_by_the_same_command(
    waiting: Run, copying, tmp_path, step: str
) -> None:
    run = copying(waiting, tmp_path / "a")
    assert killed_after(step, lambda: registering(run))
    assert stands(run)["alias"] == 2
    release = register(run.ws, answers_well)
    assert (release.version, release.status, release.aliases) == (3, "candidate", ("candidate",))
    assert json.loads(run.ws.receipt.read_text())["version"] == 3
    versions = ModelStore(run.ws.root, W).versions()
    assert [version.number for version in versions] == [1, 2, 3]
    assert uploads(run) == sorted(str(version.run_id) for version in versions)


def uploads(run: Run) -> list[str]:
    """The runs that hold a release's files, in MLflow and on the disk."""
    mlflow = ModelStore(run.ws.root, W).mlflow
    experiment = mlflow.get_experiment_by_name(W).experiment_id
    found = mlflow.search_runs([experiment], "tags.`dslm.kind` = 'release'")
    there = sorted(path.name for path in (run.ws.root / ".mlflow/artifacts" / W).iterdir())
    assert there == sorted(one.info.run_id for one in found)
    return there


def test_an_upload_that_never_ended_is_deleted_by_the_next_registration_and_a_whole_one_kept(
    waiting: Run, copying, tmp_path, capfd
) -> None:
    run = copying(waiting, tmp_path / "a")
    mlflow = ModelStore(run.ws.root, W).mlflow
    mlflow.delete_model_version(W, "1")  # its files are all that is left of it
    opened, killed = store.client, pytest.MonkeyPatch()
    half = Flaky(opened(run.ws.root), 2, made=True)  # the run is there, its files are not
    killed.setattr(half, "WRITES", ("create_run", "log_artifacts"), raising=False)
    killed.setattr(store, "client", lambda *_, **__: half)
    with pytest.raises(EnvironmentFault):
        registering(run)
    killed.undo()
    ModelStore(run.ws.root, W).upload(tmp_path / "a" / "recipes", {})  # of a number given up
    before = uploads(run)
    assert len(before) == 4
    registering(run)
    said = capfd.readouterr().err
    (kept,) = set(uploads(run)) - {str(v.run_id) for v in ModelStore(run.ws.root, W).versions()}
    assert f"run {kept} holds a release that no version names" in said
    assert said.count("left of a registration that was killed, is deleted") == 2
    assert len(uploads(run)) == 3


@pytest.mark.parametrize("step", steps.RECOVER)
def test_a_recovery_killed_at_any_step_is_ended_by_the_same_command(
    cut_journal: tuple[Run, Command], copying, tmp_path: Path, step: str
) -> None:
    before, command = cut_journal
    run = copying(before, tmp_path / "a")
    reached = killed_after(step, lambda: command(run))
    assert reached == (step != "loss told" or command is accepting)
    command(run)
    end = stands(run)
    assert (end["alias"], end["journal"], end["champion.json"], end["faults"]) == (3, 3, 3, [])
    assert end["entries"] == (3 if command is recovering else 2)
    assert command(run) == []


class Flaky:
    """A client of MLflow whose n-th writing call loses its connection, made or not made."""

    WRITES = ("create_", "set_", "delete_")

    def __init__(self, client: Any, at: int, *, made: bool):
        self.client, self.left, self.made = client, at, made

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.client, name)
        if not name.startswith(self.WRITES):
            return found

        def call(*args: Any, **options: Any) -> Any:
            self.left -= 1
            if self.left != 0:
                return found(*args, **options)
            if self.made:
                found(*args, **options)
            raise ConnectionError("reset by peer")

        return call


@pytest.mark.parametrize("made", [False, True], ids=["asked", "done"])
@pytest.mark.parametrize(
    ("state", "command", "new"), [("_shared", promoting, 3), ("_three", going_back, 2)]
)
def test_a_connection_lost_at_any_write_is_exit_code_5_or_done_and_the_same_command_ends_it(
    request, copying, tmp_path, monkeypatch, state: str, command: Command, new: int, made: bool
) -> None:
    opened, lost = store.client, 0
    for number in range(1, 30):
        run = copying(request.getfixturevalue(state), tmp_path / str(number))
        flaky = Flaky(opened(run.ws.root), number, made=made)
        with monkeypatch.context() as patch:
            patch.setattr(store, "client", lambda *_, client=flaky, **__: client)
            with contextlib.suppress(EnvironmentFault):
                command(run)
        if flaky.left > 0:
            break
        lost += 1
        command(run)
        end = stands(run)
        assert (end["alias"], end["champion.json"], end["faults"]) == (new, new, [])
        assert end["entries"] == (3 if new == 3 else 4)
    assert lost >= 4  # the entry, two aliases, a copy
