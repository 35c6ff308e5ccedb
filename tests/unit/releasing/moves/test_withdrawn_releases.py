"""What was rolled back from is not promoted by default; a rollback asked twice goes back once."""

from __future__ import annotations

import json

import pytest
from support.repositories.finished_run import OBJECT, Run, W, answers_well
from typer.testing import CliRunner

from dslm.cli.release.release import app
from dslm.errors import EXIT_REFUSED, InputError, ReleaseRefused
from dslm.releasing.moves.champion_agreement import disagreements
from dslm.releasing.moves.promote_and_rollback import history, promote, releases, rollback
from dslm.releasing.pyfunc import AnswersAgain
from dslm.releasing.registry.mlflow_store import ModelStore


def registry(run: Run) -> ModelStore:
    return ModelStore(run.ws.root, W)


def status(run: Run) -> dict[int, str]:
    return {release.version: release.status for release in releases(run.ws)}


def back(run: Run, reason: str = "wrong totals", actor: str = "ann", **options: int) -> int | None:
    entry = rollback(run.ws, reason, actor, answers_well, **options)
    return None if entry is None else entry.to_version


@pytest.fixture
def three(two: Run) -> Run:
    two.released(b"weights three")
    promote(two.ws, None, "third", "bob")
    return two


def test_a_rollback_asked_for_twice_goes_back_once(three: Run) -> None:
    assert back(three) == 2
    after = three.state()
    for stated in ({}, {"to": 2}, {"expected": 3}):
        assert back(three, **stated) is None
    assert three.state() == after
    for other in ({"reason": "still wrong"}, {"actor": "bob"}):
        with pytest.raises(ReleaseRefused, match=r"ann rolled back from version 3 to 2.*--to 1"):
            back(three, **other)
    with pytest.raises(ReleaseRefused, match="the champion is version 2, not 3"):
        back(three, actor="bob", expected=3)
    assert three.state() == after
    assert back(three, expected=2) == 1  # who says what is to be left means it


def test_going_further_back_is_asked_for_by_name(three: Run) -> None:
    assert back(three) == 2
    assert back(three, to=1) == 1
    assert status(three) == {3: "withdrawn", 2: "withdrawn", 1: "candidate"}


def test_what_was_rolled_back_from_is_withdrawn_until_somebody_says_why_again(three: Run) -> None:
    assert back(three) == 2
    assert registry(three).version(3).tags["withdrawn"] == "by ann, journal 4: wrong totals"
    before = three.state()
    for version in (None, 3):
        with pytest.raises(ReleaseRefused, match=r"ann rolled back from.*--again") as caught:
            promote(three.ws, version, "made by make run", "me")
        assert caught.value.exit_code == EXIT_REFUSED
    assert three.register().status == "withdrawn"  # as `make run` does
    registry(three).tag(3, "status", "candidate")  # by hand
    with pytest.raises(ReleaseRefused, match="was withdrawn"):
        promote(three.ws, None, "made by make run", "me")
    assert three.state() == before
    entry = promote(three.ws, None, "the totals were right", "ann", again=True)
    assert entry is not None
    assert (entry.from_version, entry.to_version) == (2, 3)
    assert status(three) == {3: "candidate", 2: "candidate", 1: "candidate"}
    assert registry(three).version(3).tags["withdrawn"] == ""
    assert promote(three.ws, None, "the totals were right", "ann", again=True) is None


def test_the_same_bytes_under_another_number_are_withdrawn_too(three: Run) -> None:
    assert back(three) == 2
    registry(three).mlflow.delete_model_version(W, "3")
    assert three.register().version == 4
    with pytest.raises(ReleaseRefused, match="mini version 4: was withdrawn"):
        promote(three.ws, None, "made by make run", "me")


def test_what_a_rollback_passed_over_is_withdrawn_and_undoing_it_is_a_rollback(three: Run) -> None:
    assert back(three, to=1) == 1
    assert status(three) == {3: "withdrawn", 2: "withdrawn", 1: "candidate"}
    assert back(three, "it was right", to=3) == 3
    assert status(three) == {3: "candidate", 2: "withdrawn", 1: "candidate"}
    assert registry(three).aliases()["previous"] == 1
    assert back(three, "no, it was 2", to=2) == 2
    assert status(three) == {3: "withdrawn", 2: "candidate", 1: "candidate"}
    assert registry(three).aliases()["previous"] == 1
    assert disagreements(three.ws) == []


def test_a_status_set_by_hand_does_not_stand_for_an_answer(two: Run) -> None:
    def cannot(*_: object) -> dict[str, object]:
        raise InputError("no such base model")

    two.candidate(b"weights three")
    two.gate()
    with pytest.raises(ReleaseRefused, match="no such base model"):
        two.register(cannot)
    registry(two).tag(3, "status", "candidate")
    before = two.state()
    for answer, says in ((None, "nothing shows that it has answered"), (cannot, "no such base")):
        with pytest.raises(ReleaseRefused, match=says):
            promote(two.ws, 3, "looks fine", "me", answer=answer)
    assert two.state() == before
    assert promote(two.ws, 3, "it was the cache", "me", answer=answers_well) is not None


def test_the_commands_say_what_happened(three: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DSLM_ROOT", str(three.ws.root))
    monkeypatch.setattr(
        AnswersAgain, "__call__", lambda _, *asked: answers_well(*asked) | {"object": OBJECT}
    )
    move = ("rollback", W, "--reason", "wrong totals", "--actor", "ann")

    def dslm(*arguments: str) -> str:
        done = CliRunner().invoke(app, arguments, env={"COLUMNS": "200"})
        assert done.exit_code == 0, done.exception
        return done.stdout

    assert "rolled back to version 2" in dslm(*move)
    assert "rolled back to version 2 already; further back: --to N" in dslm(*move)
    assert json.loads(dslm(*move, "--json"))["changed"] is False
    assert "withdrawn" in dslm("list", W)
    assert "nothing to repair" in dslm("recover", W)
    three.ws.champion.write_text("<<<<<<< HEAD\n")
    (listed, *_) = json.loads(dslm("list", W, "--json"))
    assert "champion.json: is no record of a champion" in listed["faults"][0]
    assert "written again" in dslm("recover", W, "--actor", "ann")
    assert json.loads(dslm("recover", W, "--json"))["done"] == []
    assert "promoted version 3" in dslm(
        "promote", W, "--again", "--reason", "the totals were right"
    )
    assert [entry.action for entry in history(three.ws)][-2:] == ["rollback", "promote"]
