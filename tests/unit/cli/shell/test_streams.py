from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from support.repositories.small_repository import ROOT

from dslm.cli.shell import streams
from dslm.settings.workspace import Workspace

C_LOCALE = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
Call = Callable[..., Any]


@dataclass(frozen=True)
class Answer:
    code: int
    out: str
    err: str


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Answer]:
    """Calls a command whose output has another encoding."""
    from dslm.cli.app import invoke

    def call(encoding: str, *arguments: str) -> Answer:
        raw = {name: io.BytesIO() for name in ("stdout", "stderr")}
        with monkeypatch.context() as patch:
            for name, into in raw.items():
                patch.setattr(sys, name, io.TextIOWrapper(into, encoding=encoding))
            code = invoke(arguments)
            texts = [into.getvalue().decode(encoding) for into in raw.values()]
        return Answer(code, *texts)

    return call


def run(root: Path, *arguments: str | bytes, shell: str = "", **more: str) -> Answer:
    """A command in a process of its own, by way of a shell that redirects its output."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("LC_", "PYTHONIO"))}
    environment |= {"DSLM_ROOT": str(root), "PYTHONPATH": str(ROOT)} | more
    command: list[str | bytes] = [sys.executable, "-m", "dslm.cli.app", *arguments]
    if shell:
        command = ["bash", "-c", f'set -o pipefail; "$@" {shell}', "bash", *command]
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, check=False)
    return Answer(done.returncode, done.stdout.decode(), done.stderr.decode())


def alike(text: str) -> str:
    """A text without what some terminals cannot show, and without the lines of tables."""
    return re.sub(r"[^a-z0-9]+", " ", text.lower().replace(" ok ", " "))


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp437", "shift_jis"])
def test_what_is_said_does_not_depend_on_the_terminal(
    said: Call, repository: Workspace, encoding: str
) -> None:
    assert "  ✓ contract" in said("utf-8", "check", "mini").out
    assert "  ok contract" in said(encoding, "check", "mini").out
    for words in (["check", "mini"], ["show", "contract", "mini"], ["check", "nösuch"], ["--help"]):
        plain, here = said("utf-8", *words), said(encoding, *words)
        assert here.code == plain.code
        assert len(here.err.splitlines()) == len(plain.err.splitlines())
        assert alike(here.out) == alike(plain.out)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_json_loses_nothing_on_any_terminal(
    said: Call, repository: Workspace, encoding: str
) -> None:
    plain, here = (said(one, "check", "mini", "--json") for one in ("utf-8", encoding))
    assert (here.code, here.err) == (0, "")
    assert json.loads(here.out) == json.loads(plain.out)
    error = json.loads(said(encoding, "check", "nösuch ✓", "--json").err)["error"]
    assert "nösuch ✓" in error["what"]


@pytest.mark.parametrize(
    "terminal", [{"COLUMNS": "0"}, {"COLUMNS": "1", "LINES": "1"}, {"TERM": "dumb"}, {"TERM": ""},
                 {"NO_COLOR": "1"}, {"COLUMNS": "x"}], ids=str,
)  # fmt: skip
def test_a_terminal_without_width_or_colours_shows_all(
    dslm: Call, repository: Workspace, monkeypatch: pytest.MonkeyPatch, terminal: dict[str, str]
) -> None:
    for name, value in terminal.items():
        monkeypatch.setenv(name, value)
    checked = dslm("check", "mini")
    assert checked.code == 0
    assert "✓ contract" in checked.out
    table = dslm("show", "contract", "mini").out
    assert {"number", "order,"} <= set(table.split())
    assert "\x1b" not in table


@pytest.mark.parametrize("encoding", ["ascii", "utf-8"])
def test_a_name_that_is_not_utf_8_is_shown_with_a_replacement(
    said: Call, repository: Workspace, encoding: str
) -> None:
    gone = os.fsdecode(b"nosuch-\xe9.jsonl")
    answer = said(encoding, "init", "gone", "--from", gone)
    assert (answer.code, len(answer.err.splitlines())) == (2, 1)
    assert f"nosuch-{'?' if encoding == 'ascii' else chr(0xFFFD)}.jsonl" in answer.err
    error = json.loads(said(encoding, "init", "gone", "--from", gone, "--json").err)["error"]
    assert error["where"] == "nosuch-\ufffd.jsonl"
    for words in (["check", gone], [gone], ["check", "mini", f"--{gone}"]):
        answer = said(encoding, *words)
        assert (answer.code, len(answer.err.splitlines())) == (2, 1)


@pytest.mark.slow
def test_a_process_in_a_c_locale_gives_the_same_verdict(repository: Workspace) -> None:
    checked = run(repository.root, "check", "mini", **C_LOCALE)
    assert (checked.code, checked.err) == (0, "")
    assert "  ok contract" in checked.out
    gone = run(repository.root, "init", "x", "--from", b"nosuch-\xe9.jsonl", "--json", **C_LOCALE)
    assert gone.code == 2
    assert json.loads(gone.err)["error"]["where"].startswith("nosuch-")


@pytest.mark.slow
def test_a_stage_speaks_to_any_terminal() -> None:
    environment = os.environ | C_LOCALE | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-m", "pipelines.gate", "--workflow", "nösuch"],
                          env=environment, cwd=ROOT, capture_output=True, check=False)  # fmt: skip
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    done = subprocess.run([sys.executable, "-m", "pipelines.curate", "--help"],
                          env=environment, cwd=ROOT, capture_output=True, check=False)  # fmt: skip
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"sources -> train" in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    ("shell", "code"),
    [("| head -1", 141), (">&-", 0), ("<&- >&- 2>&-", 0), (">/dev/full", 5),
     (">/dev/full 2>&1", 5), ("2>/dev/full", 0)],
)  # fmt: skip
def test_output_that_nobody_takes_is_no_traceback(
    repository: Workspace, shell: str, code: int
) -> None:
    ended = run(repository.root, "show", "contract", "mini", shell=shell)
    assert ended.code == code or (shell == "| head -1" and ended.code == 0)  # it may be too slow
    assert len(ended.err.splitlines()) == (1 if shell == ">/dev/full" else 0)
    assert "Traceback" not in ended.out + ended.err


@pytest.mark.slow
@pytest.mark.parametrize("also", [(), ("stderr",)], ids=["output", "output and errors"])
@pytest.mark.parametrize(
    "command", [("show", "contract", "mini"), ("show", "contract", "mini", "--json"), ("--help",)],
    ids=" ".join,
)  # fmt: skip
def test_a_reader_that_went_away_is_quiet_and_no_success(
    repository: Workspace, command: tuple[str, ...], also: tuple[str, ...]
) -> None:
    read, write = os.pipe()
    os.close(read)
    into = {"stdout": write, "stderr": subprocess.PIPE} | dict.fromkeys(also, write)
    done = subprocess.run(
        [sys.executable, "-m", "dslm.cli.app", *command], check=False, cwd=ROOT,
        env=os.environ | {"DSLM_ROOT": str(repository.root)}, **into,  # type: ignore[call-overload]
    )  # fmt: skip
    os.close(write)
    assert (done.returncode, done.stderr or b"") == (141, b"")


@pytest.mark.slow
@pytest.mark.parametrize("shell", ["2>&-", "2>/dev/full"])
def test_an_error_that_cannot_be_told_keeps_its_exit_code(
    repository: Workspace, shell: str
) -> None:
    assert run(repository.root, "show", "contract", "nosuch", shell=shell) == Answer(2, "", "")


def test_a_file_that_is_opened_does_not_become_closed_output(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom dslm.cli.shell.streams import make_ready\nmake_ready()\n"
        f"held = open({str(tmp_path / 'x')!r}, 'w')\nassert held.fileno() > 2\n"
        "print('lost')\nsys.stderr.write('lost')\n"
    )
    command = f'{sys.executable} -c "$1" <&- >&- 2>&-'
    done = subprocess.run(["bash", "-c", command, "bash", code], cwd=ROOT, check=False)
    assert done.returncode == 0
    assert (tmp_path / "x").read_text() == ""


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp437", "utf-8", "utf-16", "shift_jis"])
def test_any_text_can_be_written_in_any_encoding(encoding: str) -> None:
    streams.make_ready()
    text = "✓ ✗ café → 漢字 \udce9 \ud83d 👍 …\n"
    raw = io.BytesIO()
    with io.TextIOWrapper(raw, encoding=encoding, errors=streams.LEGIBLE) as stream:
        stream.write(text)
        stream.flush()
        written = raw.getvalue().decode(encoding)
    assert written.split()[2][:3] == "caf"
    assert len(written.split()) == len(text.split())


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_json_in_any_encoding_reads_as_it_was(encoding: str) -> None:
    value = {"näme": ["✓", "👍", 'a"b\\', 1.5, None]}
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    text = streams.json_text(value, stream)
    assert json.loads(text.encode(encoding)) == value
    half = json.loads(streams.json_text({"a\udce9": "\ud83d"}, stream).encode(encoding))
    assert half == {"a\ufffd": "\ufffd"}


def test_an_encoding_that_takes_no_text_is_no_reason_to_fail(tmp_path):
    answer = run(tmp_path, "check", "nöpe", PYTHONIOENCODING="idna")
    assert answer.code == 2
    assert answer.err.startswith("dslm: ")


def test_an_output_that_is_open_for_reading_only_is_no_fault_of_ours(repository):
    answer = run(repository.root, "show", "contract", "mini", shell="1</dev/null")
    assert (answer.code, answer.err) == (0, "")
