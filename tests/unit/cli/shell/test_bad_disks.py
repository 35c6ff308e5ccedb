"""Disks that take nothing, and something else where a file or folder is expected."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.repositories.small_repository import make_repository, write_lines

from dslm.cli.shell.boundary import run
from dslm.settings.workspace import Workspace
from dslm.stage import exclusive, whole_folder

Call = Callable[..., Any]


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MiB."""
    mount = tmp_path / "disk"
    mount.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(mount)]
    if os.geteuid() != 0 or subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("only root may mount a file system")
    yield mount
    subprocess.run(["umount", str(mount)], check=True)


@pytest.fixture
def on_disk(disk: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A repository on that disk, and a sample elsewhere."""
    ws = make_repository(disk)
    rows = [{"input": f"text {n} of {n * 7}", "target": {"kind": "order", "number": None},
             "meta": {"sender": f"s{n}"}} for n in range(200)]  # fmt: skip
    write_lines(disk.parent / "sample.jsonl", rows)
    monkeypatch.setenv("DSLM_ROOT", str(disk))
    return ws


def fill(disk: Path) -> None:
    with contextlib.suppress(OSError), (disk / "filler").open("wb", 0) as stream:
        while True:
            stream.write(bytes(4096))


def make_read_only(disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)


def files(root: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}


@pytest.mark.parametrize("spoil", [fill, make_read_only])
def test_a_disk_that_takes_nothing_is_exit_5_and_nothing_is_half_written(
    dslm: Call, on_disk: Workspace, spoil: Callable[[Path], None]
) -> None:
    sample = on_disk.root.parent / "sample.jsonl"
    spoil(on_disk.root)
    before = files(on_disk.root)
    for words in (["init", "fresh", "--from", sample], ["import", "mini", sample, "--overwrite"]):
        answer = dslm(*words)
        assert (answer.code, len(answer.err.splitlines())) == (5, 1), answer.err
        assert files(on_disk.root) == before
    assert dslm("check", "mini").code == 0


@pytest.mark.parametrize("spoil", [fill, make_read_only])
def test_a_stage_on_a_disk_that_takes_nothing_is_exit_5(
    disk: Path, spoil: Callable[[Path], None], capsys: pytest.CaptureFixture[str]
) -> None:
    def stage() -> None:
        with exclusive(disk, "stage"), whole_folder(disk / "out", {}) as folder:
            (folder / "a").write_bytes(bytes(10))

    assert run(stage) == 0
    before = files(disk / "out")
    spoil(disk)
    assert run(stage) == 5
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert files(disk / "out") == before


def lock(root: Path) -> None:
    with exclusive(root, "stage"):
        pass


def output(root: Path) -> None:
    with whole_folder(root / "out", {}):
        pass


@pytest.mark.parametrize(
    ("place", "use"), [(".dslm", lock), (".dslm/locks", lock), ("out", output)]
)
def test_a_file_where_a_folder_is_expected_is_the_user_s(
    tmp_path: Path, place: str, use: Callable[[Path], None], capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / place).parent.mkdir(exist_ok=True)
    (tmp_path / place).write_text("mine")
    assert run(lambda: use(tmp_path)) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert place.split("/")[0] in line
    assert (tmp_path / place).read_text() == "mine"


@pytest.mark.parametrize("there", ["pipe", "link"])
@pytest.mark.parametrize(
    "name", ["params.yaml", "data/mini/workflow.yaml", "data/mini/review.csv",
             "eval/mini/waivers.yaml", "eval/mini/gold.jsonl", "registry/mini/champion.json"],
)  # fmt: skip
def test_what_stands_in_place_of_a_file_is_told_and_never_taken_for_none(
    dslm: Call, repository: Workspace, there: str, name: str
) -> None:
    path = repository.root / name
    path.unlink(missing_ok=True)
    os.mkfifo(path) if there == "pipe" else path.symlink_to("gone")
    answer = dslm("check", "mini")
    assert answer.code == 2
    told = "is a pipe or a device" if there == "pipe" else "is a link that leads to no file"
    assert told in answer.out + answer.err


def test_a_folder_where_a_lock_is_expected_is_the_user_s(tmp_path: Path) -> None:
    (tmp_path / ".dslm" / "locks" / "stage.lock").mkdir(parents=True)
    assert run(lambda: lock(tmp_path)) == 2


def test_a_folder_where_a_file_is_expected_is_the_user_s(dslm: Call, repository: Workspace) -> None:
    for path in (repository.gold, repository.policy, repository.contract):
        path.unlink()
        path.mkdir()
        answer = dslm("check", "mini")
        assert answer.code == 2
        assert "Traceback" not in answer.out + answer.err
    sample = repository.data / "sources" / "cases.jsonl"
    assert dslm("import", "mini", sample, "--overwrite").code == 2
    assert dslm("predict", sample, repository.root, "-w", "mini").code == 2


def test_a_file_system_without_locks_is_not_another_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def none(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", none)
    assert run(lambda: lock(tmp_path)) == 5
    assert "gives no lock (" in capsys.readouterr().err


def test_an_output_that_is_a_link_is_replaced_and_what_it_led_to_stays(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "a").write_text("mine")
    (tmp_path / "out").symlink_to(elsewhere)
    for _ in range(2):
        assert run(lambda: output(tmp_path)) == 0
    assert not (tmp_path / "out").is_symlink()
    assert (elsewhere / "a").read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_an_output_that_cannot_be_put_in_place_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output(tmp_path)
    before = files(tmp_path)
    rename = Path.rename

    def fail(self: Path, target: Path) -> Path:
        if target == tmp_path / "out" and str(os.getpid()) in self.name:
            raise OSError(errno.EIO, "Input/output error", str(self))
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fail)
    assert run(lambda: output(tmp_path)) == 5
    assert files(tmp_path) == before
