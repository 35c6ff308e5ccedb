from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest
from support.repositories.small_repository import ROOT

from dslm.cli.shell.boundary import run
from dslm.errors import (
    DslmError,
    EnvironmentFault,
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


def python(code: str, **options: object) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", textwrap.dedent(code)]
    return subprocess.Popen(command, cwd=ROOT, **options)  # type: ignore[call-overload, no-any-return]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (GateFailed("no"), 1),
        (InputError("no"), 2),
        (Inconclusive("no"), 3),
        (ReleaseRefused("no"), 4),
        (EnvironmentFault("no"), 5),
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
    run(raising(InputError(long, where="gold.jsonl:37", fix="correct [it]")))
    seen = capsys.readouterr()
    assert seen.err == f"dslm: gold.jsonl:37: {long} — correct [it]\n"
    assert seen.out == ""


def test_an_error_that_repeats_a_file_s_bytes_stays_one_harmless_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    run(raising(InputError("odd\r\nkey 'a\x1b[2Jb\x00\x9b'", where="data/caf\udce9.jsonl:1")))
    assert capsys.readouterr().err == (
        "dslm: data/caf\ufffd.jsonl:1: odd key 'a\\x1b[2Jb\\x00\\x9b'\n"
    )


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


@pytest.mark.parametrize("code", [1, 3, "a message", -1])
def test_a_library_that_ends_the_process_does_not_speak_for_the_gate(
    code: object, repository: object
) -> None:
    assert run(raising(SystemExit(code))) == 70


@pytest.mark.parametrize(("given", "code"), [(None, 0), (0, 0), (2, 2)])
def test_a_parser_of_arguments_ends_as_it_does(given: int | None, code: int) -> None:
    assert run(raising(SystemExit(given))) == code


@pytest.mark.parametrize("ctrl_c", ["default_int_handler", "SIG_IGN", "SIG_DFL"])
def test_sigterm_tidies_up_and_is_143(tmp_path: Path, ctrl_c: str) -> None:
    code = f"""
        import signal, sys, time
        signal.signal(signal.SIGINT, signal.{ctrl_c})
        from pathlib import Path
        from dslm.cli.shell.boundary import leave, run
        from dslm.stage import whole_folder

        def work():
            with whole_folder(Path({str(tmp_path / "out")!r}), {{}}) as folder:
                (folder / "half").write_text("half")
                print("at work", flush=True)
                time.sleep(60)

        leave(run(work))
    """
    with python(code, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert list(tmp_path.iterdir()) != []
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate()
    assert process.returncode == 143
    assert err.startswith(b"dslm: interrupted")
    assert list(tmp_path.iterdir()) == []


def test_a_forked_worker_ends_by_sigterm_at_once() -> None:
    code = """
        import os, signal, sys, time
        from dslm.cli.shell.boundary import run

        def work():
            child = os.fork()
            if child == 0:
                time.sleep(60)
            time.sleep(0.2)
            os.kill(child, signal.SIGTERM)
            return int(not os.WIFSIGNALED(os.waitpid(child, 0)[1]))

        sys.exit(run(work))
    """
    with python(code) as process:
        assert process.wait() == 0


LOADING = """
    import sys
    sys.argv = ["-m"]

    class Block:
        def find_spec(self, name, path=None, target=None):
            if name == {module!r}:
                raise {error}

    sys.meta_path.insert(0, Block())
    import {package}
    {then}
"""
# Whatever comes up while a command's or a stage's modules load, and how it ends.
WHILE_LOADING = {
    "Ctrl-C": ("KeyboardInterrupt", 130, b"interrupted"),
    "a package of the light core": ("ModuleNotFoundError('no typer', name='typer')", 5, b"typer"),
    "a broken library": ("ImportError('libcudart.so', name='torch')", 5, b"libcudart.so"),
    "a bug": ("ZeroDivisionError", 70, b"traceback"),
}


@pytest.mark.parametrize("name", sorted(WHILE_LOADING))
@pytest.mark.parametrize(
    ("module", "package", "then"),
    [
        ("typer", "dslm.cli", "from dslm.cli.entry import main; main()"),
        ("dslm.cli.shell.stage_entry", "pipelines", "import pipelines.gate"),
    ],
    ids=["command", "stage"],
)
def test_what_happens_while_modules_load_is_answered_too(
    name: str, module: str, package: str, then: str, tmp_path: Path
) -> None:
    error, code, says = WHILE_LOADING[name]
    program = LOADING.format(module=module, package=package, then=then, error=error)
    environment = os.environ | {"TMPDIR": str(tmp_path), "DSLM_ROOT": str(tmp_path / "none")}
    with python(program, stderr=subprocess.PIPE, env=environment) as process:
        _, err = process.communicate()
    assert (process.returncode, len(err.splitlines())) == (code, 1), err
    assert says in err


@pytest.mark.parametrize("root", ["", "here"])
def test_a_folder_that_was_removed_meanwhile_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], root: str
) -> None:
    from dslm.settings.workspace import find_root

    monkeypatch.setenv("DSLM_ROOT", root)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert run(lambda: find_root() and None) == 2
    assert "not there any more" in capsys.readouterr().err
    assert run(raising(AssertionError("ours"))) == 70
