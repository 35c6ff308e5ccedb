from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

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


@pytest.mark.parametrize("release", ["0", "one"])
def test_a_release_is_a_positive_number(dslm: Call, tmp_path: Path, release: str) -> None:
    answer = dslm("predict", "in.jsonl", "out.jsonl", "-w", "mini", "--release", release)
    assert answer.code == 2
    assert "--release" in answer.err
