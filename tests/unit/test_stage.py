from __future__ import annotations

import errno
import fcntl
import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.documents.code_reader import modules
from support.repositories.small_repository import ROOT, make_repository

from dslm.cli.shell.boundary import run
from dslm.errors import EXIT_BAD_INPUT, EXIT_ENVIRONMENT, EnvironmentFault, InputError
from dslm.provenance import MANIFEST, read_manifest, write_atomic
from dslm.stage import exclusive, whole_folder

LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs /proc and prctl")


def python(code: str, *arguments: object, **options: Any) -> subprocess.Popen[str]:
    """A Python process of its own, without heavy imports."""
    command = [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.Popen(command, env=environment, text=True, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, **options)  # fmt: skip


def ended(process: subprocess.Popen[str]) -> int:
    """The exit code of a process that is waited for."""
    with process:
        process.communicate()
    return process.returncode


def eventually(holds: Callable[[], bool], seconds: float = 20) -> bool:
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def make(out: Path, text: str, inputs: dict[str, str] | None = None) -> None:
    with whole_folder(out, inputs or {"data": "sha256:1"}) as folder:
        (folder / "sub").mkdir()
        (folder / "sub" / "a.txt").write_text(text)


def leftovers(out: Path) -> list[str]:
    return sorted(p.name for p in out.parent.iterdir() if p.name.startswith("."))


# --- whole or not at all -------------------------------------------------------------------------


def test_an_output_appears_whole_and_sealed(tmp_path: Path) -> None:
    out = tmp_path / "deep" / "out"
    inputs: dict[str, str] = {}
    with whole_folder(out, inputs) as folder:
        (folder / "a.txt").write_text("one")
        inputs["data"] = "sha256:1"  # known only now
        assert not out.exists()
    assert read_manifest(out, made_by="x")["inputs"] == {"data": "sha256:1"}
    assert leftovers(out) == []


def test_a_new_output_replaces_the_old_one_as_a_whole(tmp_path: Path) -> None:
    out = tmp_path / "out"
    make(out, "old")
    (out / "stray.txt").write_text("not of the stage")
    make(out, "new")
    assert (out / "sub" / "a.txt").read_text() == "new"
    assert read_manifest(out, made_by="x")["files"].keys() == {"sub/a.txt"}
    assert leftovers(out) == []


def test_a_failed_stage_leaves_the_old_output(tmp_path: Path) -> None:
    out = tmp_path / "out"
    make(out, "old")

    def stage() -> None:
        with whole_folder(out, {}) as folder:
            (folder / "half.txt").write_text("half")
            raise InputError("wrong")

    with pytest.raises(InputError, match="wrong"):
        stage()
    assert (out / "sub" / "a.txt").read_text() == "old"
    read_manifest(out, made_by="x")
    assert leftovers(out) == []


KILLED = """
    import os, signal, sys
    from pathlib import Path
    from dslm.stage import whole_folder
    with whole_folder(Path(sys.argv[1]), {}) as folder:
        (folder / "half.txt").write_text("half")
        os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_stage_leaves_the_old_output_and_the_next_run_tidies_up(tmp_path: Path) -> None:
    out = tmp_path / "out"
    make(out, "old")
    assert ended(python(KILLED, out)) == -signal.SIGKILL
    assert (out / "sub" / "a.txt").read_text() == "old"
    read_manifest(out, made_by="x")
    half = [p for p in tmp_path.rglob(MANIFEST) if p.parent != out]
    assert half == [], "a half-written folder was sealed"
    assert leftovers(out) != []
    make(out, "new")
    assert (out / "sub" / "a.txt").read_text() == "new"
    assert leftovers(out) == []


@pytest.mark.parametrize("at", [1, 2])
def test_an_output_survives_a_kill_between_the_renames(tmp_path: Path, at: int) -> None:
    out = tmp_path / "out"
    make(out, "old")
    code = f"""
        import os, signal, sys
        from pathlib import Path
        from dslm.stage import whole_folder
        out, count = Path(sys.argv[1]), [0]
        def killed(event, arguments):
            if event == "os.rename" and str(arguments[0]).find("MANIFEST") < 0:
                count[0] += 1
                if count[0] == {at}:
                    os.kill(os.getpid(), signal.SIGKILL)
        with whole_folder(out, {{}}) as folder:
            (folder / "a.txt").write_text("new")
            sys.addaudithook(killed)
    """
    assert ended(python(code, out)) == -signal.SIGKILL
    with pytest.raises(ZeroDivisionError), whole_folder(out, {}):
        _ = 1 / 0  # a next run that fails as well
    assert (out / "sub" / "a.txt").read_text() == "old"
    read_manifest(out, made_by="x")
    assert leftovers(out) == []


def test_a_full_disk_leaves_the_old_output_and_one_clear_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    make(out, "old")

    def stage() -> None:
        with whole_folder(out, {}) as folder:
            (folder / "half.txt").write_text("half")
            raise OSError(errno.ENOSPC, "No space left on device", str(folder / "half.txt"))

    assert run(stage) == EXIT_ENVIRONMENT
    assert "the disk is full — free some space" in capsys.readouterr().err
    assert (out / "sub" / "a.txt").read_text() == "old"
    assert leftovers(out) == []


@pytest.fixture
def small_disk(tmp_path: Path) -> Any:
    """A file system of 256 KiB."""
    mount = tmp_path / "disk"
    mount.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(mount)]
    if os.name != "posix" or os.geteuid() != 0 or subprocess.run(command, check=False).returncode:
        pytest.skip("only root may mount a file system")
    yield mount
    subprocess.run(["umount", str(mount)], check=True)


@LINUX
def test_a_disk_that_is_really_full_does_no_harm(
    small_disk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = small_disk / "out"
    make(out, "old")

    def stage() -> None:
        with whole_folder(out, {}) as folder:
            (folder / "big.bin").write_bytes(bytes(2**20))

    assert run(stage) == EXIT_ENVIRONMENT
    assert "the disk is full" in capsys.readouterr().err
    read_manifest(out, made_by="x")
    make(out, "new")
    assert (out / "sub" / "a.txt").read_text() == "new"


def test_the_folder_that_holds_a_renamed_file_is_synced_after_the_rename(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[Path, list[str]]] = []
    sync = os.fsync

    def recorded(descriptor: int) -> None:
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        seen.append((path, [one.name for one in path.iterdir()] if path.is_dir() else []))
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", recorded)
    write_atomic(tmp_path / "a.json", "{}")
    assert seen[-1] == (tmp_path, ["a.json"])
    make(tmp_path / "b" / "out", "new")
    assert seen[-1] == (tmp_path / "b", ["out"])


@pytest.mark.parametrize("number", ["EINVAL", "ENOTSUP"])
def test_where_folders_cannot_be_synced_files_are_written_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: str
) -> None:
    sync = os.fsync

    def of_files_alone(descriptor: int) -> None:
        if Path(f"/proc/self/fd/{descriptor}").is_dir():
            raise OSError(getattr(errno, number), "no such thing here")
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", of_files_alone)
    write_atomic(tmp_path / "a.json", "{}")
    assert (tmp_path / "a.json").read_text() == "{}"


# --- manifests ------------------------------------------------------------------------------------


def flipped(out: Path) -> None:
    path = out / "sub" / "a.txt"
    path.write_bytes(bytes([path.read_bytes()[0] ^ 1]) + path.read_bytes()[1:])


def with_manifest(change: Callable[[dict[str, Any]], Any]) -> Callable[[Path], None]:
    def apply(out: Path) -> None:
        manifest = json.loads((out / MANIFEST).read_text())
        change(manifest)
        (out / MANIFEST).write_text(json.dumps(manifest))

    return apply


DAMAGE: dict[str, tuple[Callable[[Path], Any], str]] = {
    "a changed bit": (flipped, "bytes differ"),
    "a missing file": (lambda out: (out / "sub" / "a.txt").unlink(), "is missing"),
    "a file too many": (lambda out: (out / "b.txt").write_text(""), "not in the manifest"),
    "no manifest": (lambda out: (out / MANIFEST).unlink(), "no finished output"),
    "a cut manifest": (lambda out: (out / MANIFEST).write_text('{"files"'), "broken manifest"),
    "a manifest of a number": (lambda out: (out / MANIFEST).write_text("7"), "no object"),
    "a manifest of numbers": (
        with_manifest(lambda m: m.update(files=1 << 70)),
        "files: no object of texts",
    ),
    "inputs that are a list": (
        with_manifest(lambda m: m.update(inputs=[])),
        "inputs: no object of texts",
    ),
    "a digest that is no text": (
        with_manifest(lambda m: m["files"].update({"b.txt": None})),
        "files: no object of texts",
    ),
    "a manifest that lists nothing": (with_manifest(lambda m: m.pop("files")), "broken manifest"),
}


@pytest.mark.parametrize("name", sorted(DAMAGE))
def test_damage_to_a_sealed_output_is_noticed(tmp_path: Path, name: str) -> None:
    out = tmp_path / "out"
    make(out, "text")
    damage, said = DAMAGE[name]
    damage(out)
    with pytest.raises(InputError, match=said) as refusal:
        read_manifest(out, made_by="the train stage")
    assert "the train stage" in str(refusal.value)


# --- alone ----------------------------------------------------------------------------------------

HOLDS = """
    import sys, time
    from pathlib import Path
    from dslm.stage import exclusive
    with exclusive(Path(sys.argv[1]), "mini-curate"):
        print("held", flush=True)
        time.sleep(60)
"""


@pytest.mark.slow
def test_a_second_run_of_a_stage_is_refused_and_told_who_is_at_it(tmp_path: Path) -> None:
    make_repository(tmp_path)
    with python(HOLDS, tmp_path) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        command = [sys.executable, "-m", "pipelines.curate", "--workflow", "mini"]
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        second = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        holder.kill()
    assert second.returncode == EXIT_BAD_INPUT
    assert "another run of mini-curate is going on" in second.stderr
    assert f"process {holder.pid}" in second.stderr
    assert "Traceback" not in second.stderr
    with exclusive(tmp_path, "mini-curate"):
        pass  # the kernel gave the lock of the killed run back


@pytest.mark.slow
def test_a_workflow_that_is_none_makes_no_lock_and_nothing_outside(tmp_path: Path) -> None:
    root = tmp_path / "deep" / "repository"
    make_repository(root)
    before = sorted(tmp_path.rglob("*"))
    done = subprocess.run(
        [sys.executable, "-m", "pipelines.curate", "--workflow", "../../../mine"], cwd=root,
        env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == EXIT_BAD_INPUT
    assert "no workflow '../../../mine'" in done.stderr
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("number", ["ENOLCK", "EOPNOTSUPP", "ENOSYS", "EINVAL", "EIO", "EACCES"])
def test_a_file_system_without_locks_is_no_other_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: str
) -> None:
    def refuses(*_: object) -> None:
        code = getattr(errno, number)
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(fcntl, "flock", refuses)
    with pytest.raises(EnvironmentFault) as caught, exclusive(tmp_path, "mini-curate"):
        pass
    assert caught.value.what == (
        f"the file system gives no lock ({os.strerror(getattr(errno, number))})"
    )
    assert str(caught.value.where).endswith(".dslm/locks/mini-curate.lock")


def test_locks_are_asked_for_where_a_lack_of_them_is_told() -> None:
    asking = [module.name for module in modules("dslm") if "flock(" in module.text]
    assert asking == [
        "dslm.looks.look_ledger",
        "dslm.stage",
    ]  # the ledger of looks waits, of a folder


def test_other_workflows_and_stages_are_not_in_the_way(tmp_path: Path) -> None:
    with exclusive(tmp_path, "one-train"), exclusive(tmp_path, "two-train"):
        pass
    with exclusive(tmp_path, "one-train"):
        pass


# --- mortal ---------------------------------------------------------------------------------------

STAGE = """
import os, sys, time
from dslm.stage import die_with_parent
die_with_parent()
print(os.getpid(), flush=True)
time.sleep(60)
"""


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"


STARTERS = {
    "python": "import subprocess, sys; subprocess.run([sys.executable, '-c', sys.argv[1]])",
    # the echo after it keeps the shell from handing its own process over
    "python and a shell": (
        "import shlex, subprocess, sys\n"
        "stage = shlex.join([sys.executable, '-c', sys.argv[1]])\n"
        "subprocess.run(stage + '; echo done', shell=True)"
    ),
    "python and two shells": (
        "import shlex, subprocess, sys\n"
        "stage = shlex.join([sys.executable, '-c', sys.argv[1]])\n"
        "subprocess.run(['sh', '-c', shlex.join(['sh', '-c', stage + '; true']) + '; true'])"
    ),
}


OLD_KERNEL = """
import errno, os
def refused(*_):
    raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
os.pidfd_open = refused
"""


@pytest.mark.slow
@LINUX
@pytest.mark.parametrize("before", ["", OLD_KERNEL, "import os; del os.pidfd_open"],
                         ids=["here", "old kernel", "other Python"])  # fmt: skip
@pytest.mark.parametrize("name", sorted(STARTERS))
def test_a_stage_dies_with_whoever_started_it(name: str, before: str) -> None:
    with python(STARTERS[name], before + STAGE) as starter:
        assert starter.stdout is not None
        stage = int(starter.stdout.readline())
        assert alive(stage)
        starter.kill()
        assert eventually(lambda: not alive(stage)), "the stage is an orphan"


@pytest.mark.slow
@LINUX
def test_a_stage_lives_as_long_as_its_starter() -> None:
    with python(STARTERS["python and a shell"], STAGE) as starter:
        assert starter.stdout is not None
        stage = int(starter.stdout.readline())
        time.sleep(0.5)
        assert alive(stage)
        starter.kill()
