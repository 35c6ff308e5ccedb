from __future__ import annotations

import json
import os
import re
import stat
import sys
import tempfile
from pathlib import Path

import pytest

from dslm.cli.shell.boundary import run
from dslm.settings.workspace import Workspace

NAME = re.compile(r"traceback-\d{8}T\d{6}Z-(\d+)\.txt")


def fault(*_: object) -> None:
    uri = "postgresql://ann:hunter2@db.example/x"
    raise ZeroDivisionError(f"cannot divide {uri}\nsecond line")


def only_report(folder: Path) -> Path:
    (path,) = folder.glob("traceback-*")
    return path


def test_a_bug_is_exit_70_and_one_line_that_names_the_file(
    repository: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(fault) == 70
    (line,) = capsys.readouterr().err.splitlines()
    path = only_report(repository.root / ".dslm")
    assert str(path) in line
    assert "a bug in dslm itself (ZeroDivisionError: cannot divide" in line
    assert "report it" in line
    assert "hunter2" not in line


def test_the_report_holds_traceback_versions_and_command_but_no_password(
    repository: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["dslm", "x", "http://ann:hunter2@h", "caf\udce9"])
    run(fault)
    text = only_report(repository.root / ".dslm").read_text(encoding="utf-8")
    assert "in fault" in text
    assert "second line" in text
    assert "pydantic " in text
    assert f"Python {sys.version_info.major}." in text
    assert "caf\\udce9" in text
    assert "hunter2" not in text


def test_the_report_is_the_user_s_alone_and_is_named_for_time_and_process(
    repository: Workspace,
) -> None:
    run(fault)
    path = only_report(repository.root / ".dslm")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    found = NAME.fullmatch(path.name)
    assert found is not None
    assert int(found[1]) == os.getpid()


def test_a_bug_with_json_is_json(repository: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(fault, as_json=True) == 70
    error = json.loads(capsys.readouterr().err)["error"]
    assert error["exit_code"] == 70
    assert Path(error["where"]).is_file()


def test_outside_of_a_repository_the_report_goes_where_temporary_files_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DSLM_ROOT", raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert run(fault) == 70
    assert only_report(tmp_path).is_file()


def test_where_the_repository_takes_no_file_the_report_goes_elsewhere(
    repository: Workspace, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    (repository.root / ".dslm").write_text("a file in its place")
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    monkeypatch.setattr(tempfile, "tempdir", str(elsewhere))
    assert run(fault) == 70
    assert only_report(elsewhere).is_file()


def test_a_report_that_can_be_written_nowhere_is_still_exit_70_and_one_line(
    repository: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    (repository.root / ".dslm").write_text("a file in its place")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "params.yaml"))
    assert run(fault) == 70
    (line,) = capsys.readouterr().err.splitlines()
    assert "TMPDIR" in line


class Panic(BaseException):
    """As a library in Rust raises it."""


@pytest.mark.parametrize("error", [Panic("index out of bounds"), RecursionError()], ids=repr)
def test_a_panic_is_a_bug_as_well(error: BaseException, repository: Workspace) -> None:
    def function() -> None:
        raise error

    assert run(function) == 70


def test_an_exception_as_large_as_a_file_is_cut(repository: Workspace) -> None:
    def function() -> None:
        raise ValueError("x" * 3_000_000)

    assert run(function) == 70
    assert only_report(repository.root / ".dslm").stat().st_size < 300_000
