from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from dslm.inference.batch import read_asked
from dslm.settings.workspace import Workspace

Call = Callable[..., "object"]


def test_without_a_trained_adapter_it_says_so_and_writes_nothing(
    dslm: Call, repository: Workspace, tmp_path: Path
) -> None:
    out = tmp_path / "out.jsonl"
    answer = dslm("predict", repository.gold, out, "--workflow", "mini")
    assert answer.code != 0
    assert len(answer.err.splitlines()) == 1
    assert "calibrat" in answer.err
    assert not out.exists()


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
