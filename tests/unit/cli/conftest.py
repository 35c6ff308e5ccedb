from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.repositories.small_repository import make_repository

from dslm.settings.workspace import Workspace


@dataclass(frozen=True)
class Answer:
    code: int
    out: str
    err: str


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setenv("DSLM_ROOT", str(tmp_path))
    return make_repository(tmp_path)


@pytest.fixture
def dslm(capsys: pytest.CaptureFixture[str]) -> Callable[..., Answer]:
    from dslm.cli.app import invoke

    def call(*arguments: object) -> Answer:
        code = invoke([str(a) for a in arguments])
        seen = capsys.readouterr()
        return Answer(code, seen.out, seen.err)

    return call
