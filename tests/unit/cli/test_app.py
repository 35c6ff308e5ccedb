from __future__ import annotations

import json
from collections.abc import Callable

import pytest
import typer
from typer.main import get_command

import dslm as package
from dslm.cli.app import app
from dslm.settings.workspace import Workspace

Call = Callable[..., "object"]


def commands() -> dict[str, object]:
    """Every command with the words that call it."""
    found: dict[str, object] = {}

    def walk(command: object, words: str) -> None:
        inner = getattr(command, "commands", None)
        if inner is None:
            found[words] = command
            return
        for name, one in inner.items():
            walk(one, f"{words} {name}".strip())

    walk(get_command(app), "")
    return found


def test_all_commands_of_the_design_are_there() -> None:
    wanted = {"init", "import", "check", "doctor", "report", "predict", "gate", "verify",
              "base prepare", "show contract", "show data", "show run", "release list",
              "release promote", "release rollback", "release history"}  # fmt: skip
    assert wanted <= set(commands())


@pytest.mark.parametrize("words", sorted(commands()))
def test_every_command_takes_json_and_explains_itself(words: str) -> None:
    command = commands()[words]
    options = [o for p in command.params for o in p.opts]  # type: ignore[attr-defined]
    assert "--json" in options
    assert command.help  # type: ignore[attr-defined]
    # typer writes UTF-8 where a terminal says that it takes ASCII only
    texts = [command.help, *(getattr(p, "help", None) or "" for p in command.params)]  # type: ignore[attr-defined]
    assert [text for text in texts if not text.isascii()] == []


def test_version(dslm: Call) -> None:
    answer = dslm("--version")
    assert (answer.code, answer.out) == (0, f"dslm {package.__version__}\n")


def test_no_command_shows_the_help_and_is_an_error(dslm: Call) -> None:
    answer = dslm()
    assert answer.code == 2
    assert "check" in answer.out
    assert answer.out.isascii()
    assert dslm("--help").out.isascii()


@pytest.mark.parametrize(
    "arguments",
    [["frob"], ["check", "--frob"], ["init"], ["init", "x"], ["base"],
     ["init", "x", "--from", "f.jsonl", "--gold-share", "much"]],
)  # fmt: skip
def test_wrong_usage_is_one_line_and_exit_2(dslm: Call, arguments: list[str]) -> None:
    answer = dslm(*arguments)
    assert answer.code == 2
    assert len(answer.err.splitlines()) == 1
    assert "--help" in answer.err


def test_wrong_usage_with_json_is_json(dslm: Call) -> None:
    answer = dslm("check", "--json", "--frob")
    assert answer.code == 2
    assert "--frob" in json.loads(answer.err)["error"]["what"]


def test_an_unknown_workflow_names_the_nearest(dslm: Call, repository: Workspace) -> None:
    answer = dslm("show", "contract", "mimi")
    assert answer.code == 2
    assert "did you mean 'mini'?" in answer.err


def test_outside_of_a_repository_it_says_so(
    dslm: Call, tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DSLM_ROOT", raising=False)
    monkeypatch.chdir(str(tmp_path))
    answer = dslm("check")
    assert answer.code == 2
    assert "no params.yaml here or above" in answer.err


def test_ctrl_c_in_a_command_is_130(dslm: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    trial = typer.Typer()
    trial.command("one")(interrupted)
    trial.command("two")(interrupted)
    monkeypatch.setattr("dslm.cli.app.app", trial)
    answer = dslm("one")
    assert answer.code == 130
    assert "interrupted" in answer.err
