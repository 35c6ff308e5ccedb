from __future__ import annotations

import json

import pytest
from support.repositories.finished_run import Run, W
from typer.testing import CliRunner, Result

from dslm.cli.release.release import app
from dslm.errors import ReleaseRefused


@pytest.fixture(autouse=True)
def _in_the_repository(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DSLM_ROOT", str(run.ws.root))


def dslm(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments, env={"COLUMNS": "200"})


def test_list_gives_version_and_aliases_of_every_workflow(run) -> None:
    run.register()
    (found,) = json.loads(dslm("list", "--json").stdout)
    assert (found["workflow"], found["version"], found["aliases"]) == (W, 1, ["candidate"])
    (same,) = json.loads(dslm("list", W, "--json").stdout)
    assert same | {"age": 0} == found | {"age": 0}  # a second may pass between the two
    assert "candidate" in dslm("list").stdout


def test_an_empty_registry_says_what_to_do(run) -> None:
    assert "make release" in dslm("list", W).stdout
    assert "nothing has been promoted" in dslm("history", W).stdout


def test_promotion_takes_the_candidate_and_tells_what_changed(run) -> None:
    run.register()
    done = dslm("promote", W, "--reason", "go", "--actor", "ann", "--json")
    said = json.loads(done.stdout)
    assert said["changed"] is True
    assert said["champion"]["version"] == 1
    assert (said["entry"]["actor"], said["entry"]["reason"]) == ("ann", "go")
    assert "champion already" in dslm("promote", W, "--reason", "go").stdout
    assert "0 → 1" in dslm("history", W).stdout
    assert len(json.loads(dslm("history", W, "--json").stdout)) == 1


def test_promotion_needs_a_reason(run) -> None:
    assert dslm("promote", W).exit_code == 2


def test_a_refusal_reaches_the_boundary_as_it_is(run) -> None:
    run.register()
    dslm("promote", W, "--reason", "go")
    done = dslm("rollback", W, "--reason", "back")
    assert isinstance(done.exception, ReleaseRefused)
    assert done.exception.exit_code == 4


@pytest.mark.parametrize("option", [["--version", "0"], ["--expected", "-1"], ["--version", "x"]])
def test_a_version_is_a_positive_number(run, option) -> None:
    assert dslm("promote", W, "--reason", "go", *option).exit_code == 2


@pytest.mark.parametrize(
    ("tag", "value"),
    [("contract_version", "two"), ("contract_version", "1.0"), ("evidence", "{"),
     ("evidence", "[1]"), ("evidence", '{"gold": 1}'), ("evidence", '{"a": "1", "a": "2"}')],
)  # fmt: skip
def test_a_tag_that_somebody_rewrote_hides_no_version(run, tag, value) -> None:
    from dslm.releasing.registry.mlflow_connection import client

    run.register()
    client(run.ws.root).set_model_version_tag(W, "1", tag, value)
    done = dslm("list", W, "--json")
    assert done.exit_code == 0
    assert [one["version"] for one in json.loads(done.stdout)] == [1]
