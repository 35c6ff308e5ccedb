from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from collections.abc import Callable

import pytest
from small_repository import ROOT

from dslm.cli.boundary import run
from dslm.errors import (
    DslmError,
    GateFailed,
    Inconclusive,
    InputError,
    Interrupted,
    Problems,
    ReleaseRefused,
)


def raising(error: BaseException) -> Callable[[], None]:
    def function() -> None:
        raise error

    return function


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (GateFailed("no"), 1),
        (InputError("no"), 2),
        (Inconclusive("no"), 3),
        (ReleaseRefused("no"), 4),
        (Interrupted("no"), 130),
    ],
)
def test_each_error_of_ours_has_its_exit_code(error: DslmError, code: int) -> None:
    assert run(raising(error)) == code


def test_what_returns_nothing_is_fine_and_a_returned_code_is_kept() -> None:
    assert run(lambda: None) == 0
    assert run(lambda: 3) == 3


def test_an_error_is_one_line_with_where_what_and_fix(capsys: pytest.CaptureFixture[str]) -> None:
    long = "a very long explanation " * 20
    run(raising(InputError(long, where="gold.jsonl:37", fix="mend [it]")))
    seen = capsys.readouterr()
    assert seen.err == f"dslm: gold.jsonl:37: {long} — mend [it]\n"
    assert seen.out == ""


def test_several_problems_are_one_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    problems = Problems([InputError("one", where="a:1"), InputError("two", where="a:2")])
    assert run(raising(problems)) == 2
    assert capsys.readouterr().err.splitlines() == ["dslm: a:1: one", "dslm: a:2: two"]


def test_errors_as_json_name_every_problem(capsys: pytest.CaptureFixture[str]) -> None:
    problems = Problems([InputError("one", where="a:1", fix="x"), InputError("two")])
    run(raising(problems), as_json=True)
    error = json.loads(capsys.readouterr().err)["error"]
    assert error["what"] == "one"
    assert error["where"] == "a:1"
    assert error["exit_code"] == 2
    assert [p["what"] for p in error["problems"]] == ["one", "two"]


def test_an_interruption_says_how_to_go_on(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(raising(KeyboardInterrupt()), resume="run `dvc repro` again") == 130
    assert capsys.readouterr().err == "dslm: interrupted — run `dvc repro` again\n"
    assert run(raising(KeyboardInterrupt())) == 130
    assert "same command again" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("number", "says"),
    [(errno.ENOSPC, "disk is full"), (errno.EACCES, "no permission"), (errno.EROFS, "read-only")],
)
def test_a_fault_of_the_machine_is_one_line_and_exit_2(
    number: int, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(raising(OSError(number, os.strerror(number), "artifacts/x"))) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("dslm: artifacts/x: ")
    assert says in lines[0]


def test_a_bug_keeps_its_traceback() -> None:
    with pytest.raises(ZeroDivisionError):
        run(lambda: 1 // 0)
    with pytest.raises(OSError, match="odd"):
        run(raising(OSError(errno.EIO, "odd")))


def test_a_reader_that_went_away_is_quiet_and_not_a_success() -> None:
    code = (
        "import sys\nfrom dslm.cli.boundary import run\n"
        "def write():\n"
        "    while True:\n"
        "        print('x' * 9999, flush=True)\n"
        "sys.exit(run(write))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT
    )
    with process as p:
        assert p.stdout is not None
        assert p.stderr is not None
        p.stdout.read(10)
        p.stdout.close()
        assert p.stderr.read() == b""
        assert p.wait() == 141


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")  # noqa: PTH110
def test_a_full_disk_while_writing_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    def write() -> None:
        with open("/dev/full", "wb", buffering=0) as stream:  # noqa: PTH123
            stream.write(b"x")

    assert run(write) == 2
    assert "the disk is full" in capsys.readouterr().err
