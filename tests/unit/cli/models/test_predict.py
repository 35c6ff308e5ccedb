from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from dslm.errors import EXIT_REFUSED
from dslm.inference.batch_prediction import read_asked
from dslm.settings.workspace import Workspace

Call = Callable[..., "object"]


def test_without_a_trained_adapter_it_says_so_and_writes_nothing(
    dslm: Call, repository: Workspace, tmp_path: Path
) -> None:
    out = tmp_path / "out.jsonl"
    answer = dslm("predict", repository.gold, out, "--workflow", "mini", "--candidate")
    assert answer.code != 0
    assert len(answer.err.splitlines()) == 1
    assert "calibrat" in answer.err
    assert not out.exists()


@pytest.mark.parametrize("command", ["predict", "compare"])
def test_the_working_tree_answers_nothing_that_did_not_ask_for_it(
    dslm: Call, repository: Workspace, tmp_path: Path, command: str
) -> None:
    files = (repository.gold, tmp_path / "out.jsonl")
    asked = ("predict", *files, "-w", "mini") if command == "predict" else (command, "mini", *files)
    answer = dslm(*asked)
    assert (answer.code, answer.err) == (
        EXIT_REFUSED,
        "dslm: mini: there is no champion yet \u2014 promote a version, or ask the trained "
        "adapter: "
        "--candidate\n",
    )
    repository.champion.write_text('{"version": 3, "digest": "sha256:1"}')
    answer = dslm(*asked)
    assert answer.code == EXIT_REFUSED
    assert "names version 3 (1), and this registry has no champion" in answer.err
    assert dslm(*asked, "--candidate", "--release", 1).code == 2
    assert not (repository.root / ".mlflow").exists()


def test_a_pipe_is_not_waited_for_and_standard_input_is_read(
    dslm: Call, repository: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    answer = dslm("predict", pipe, tmp_path / "out.jsonl", "-w", "mini")
    assert answer.code == 2
    assert f"`dslm predict - OUT < {pipe}`" in answer.err
    given = repository.gold.read_bytes()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given)))
    asked = read_asked(Path("-"), tmp_path / "out.jsonl")
    assert [case.id for case in asked.waiting] == [f"g-{n:03d}" for n in range(60)]
    answer = dslm("predict", repository.gold, "-", "-w", "mini")
    assert answer.code == 2
    assert answer.err == "dslm: -: answers go into a file \u2014 name one\n"
    monkeypatch.setattr(sys, "stdin", None)  # `<&-`
    assert dslm("predict", "-", tmp_path / "out.jsonl", "-w", "mini").code == 2
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"{}\n[")))
    answer = dslm("predict", "-", tmp_path / "out.jsonl", "-w", "mini")
    assert answer.code == 2
    assert answer.err.startswith("dslm: standard input:2: not JSON")


@pytest.mark.parametrize("release", ["0", "one"])
def test_a_release_is_a_positive_number(dslm: Call, tmp_path: Path, release: str) -> None:
    answer = dslm("predict", "in.jsonl", "out.jsonl", "-w", "mini", "--release", release)
    assert answer.code == 2
    assert "--release" in answer.err
