"""One wrapper around every stage: alone, mortal, whole or not at all.

A stage holds a lock on its output, dies with whoever started it (so that a killed `dvc repro`
leaves no orphan writing), writes into a folder beside its output and renames it into place, with a
manifest of digests written last. Called by every module in `pipelines/`.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import select
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from dslm.errors import DslmError, EnvironmentFault, InputError
from dslm.provenance import sync_folder, write_manifest

_PR_SET_PDEATHSIG = 1
LOOKS_EVERY = 0.5  # seconds
_SHELLS = frozenset({"sh", "dash", "bash", "zsh"})


def _parent_and_name(pid: int) -> tuple[int, str]:
    """Parent and command name of a process, (0, "") where it is gone or there is no /proc."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return 0, ""
    name, rest = stat[stat.index("(") + 1 :].rsplit(")", 1)
    return int(rest.split()[1]), name


def _starter() -> int:
    """The process that started this one, shells in between passed over."""
    pid = os.getppid()
    while True:
        parent, name = _parent_and_name(pid)
        if name not in _SHELLS or parent <= 1:
            return pid
        pid = parent


def die_with(pid: int) -> None:
    """Kill this process the moment another one ends (Linux; elsewhere nothing happens)."""
    if not sys.platform.startswith("linux"):
        return
    ends = _end_of(pid)

    def wait() -> None:
        ends()
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=wait, daemon=True, name="dies-with-parent").start()


def _end_of(pid: int) -> Callable[[], None]:
    """What waits until a process has ended.

    Kernels before 5.3, some sandboxes and a Python made for others have no descriptors of
    processes; there it is looked for again and again, by the time it began.
    """
    began = _began(pid)
    try:
        descriptor = os.pidfd_open(pid)
    except (OSError, AttributeError):

        def watch() -> None:
            while began is not None and _began(pid) == began:
                time.sleep(LOOKS_EVERY)

        return watch
    poller = select.poll()
    poller.register(descriptor, select.POLLIN)

    def wait() -> None:
        poller.poll()

    return wait


def _began(pid: int) -> str | None:
    """When a process began, in the system's own count; None where it is gone."""
    try:
        told = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return None
    return None if told[0] in "ZX" else told[19]


def die_with_parent() -> None:
    """Make the kernel kill this process when the one that started it ends, however it ends.

    A shell between the two (DVC runs commands through one) may outlive its own parent, so the
    nearest ancestor that is no shell is watched too. Does nothing where the platform cannot.
    """
    if not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    die_with(_starter())


def take_lock(stream: IO[Any], path: Path, *, waits: bool = False) -> bool:
    """Lock an open file for this process; the kernel gives the lock back when it is closed.

    Args:
        stream: The file.
        path: Its name, for a message.
        waits: Until another process gives it back, however long.

    Returns:
        Whether it was to be had.

    Raises:
        EnvironmentFault: The file system has no locks, or its server does not answer: that is not
            another process that holds one.
    """
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | (0 if waits else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    except OSError as error:
        what = f"the file system gives no lock ({error.strerror})"
        fix = "put the folder on a local disk, or mount it with locks"
        raise EnvironmentFault(what, where=path, fix=fix) from error
    return True


@contextlib.contextmanager
def exclusive(root: Path, name: str, *, refusal: type[DslmError] = InputError) -> Iterator[None]:
    """Hold a lock of the repository for as long as the block runs.

    The kernel gives it back when the process ends, so nothing is left to clean up.

    Args:
        root: The repository.
        name: Of the lock.
        refusal: What to raise when another process holds it; a lost release race is a
            `ReleaseRefused`.

    Raises:
        DslmError: Of type `refusal`; says which process holds the lock. `EnvironmentFault` where
            the file system has none.
    """
    path = root / ".dslm" / "locks" / f"{name}.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8", errors="replace") as stream:
        if not take_lock(stream, path):
            stream.seek(0)
            holder = stream.read().strip() or "unknown"
            fix = f"wait for process {holder}, or end it"
            raise refusal(f"another run of {name} is going on", where=path, fix=fix)
        stream.truncate(0)
        stream.write(str(os.getpid()))
        stream.flush()
        yield


def leading() -> bool:
    """Whether this process writes: of several that train together, the first does."""
    return os.environ.get("RANK", "0") == "0"


def sync(folder: Path, *, deep: bool = True) -> None:
    """Have the disk hold a folder, and everything in it, before it is renamed or sealed."""
    for path in (*(folder.rglob("*") if deep else ()), folder):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextlib.contextmanager
def whole_folder(out: Path, inputs: Mapping[str, str]) -> Iterator[Path]:
    """A folder to write into that becomes `out`, sealed, when the block ends well.

    Args:
        out: The output folder. What is there stays until the new one is whole.
        inputs: Digests of what the output is made from; goes into its manifest. Read when the
            block has ended, so it may be filled in meanwhile.

    Yields:
        An empty folder on the same file system; in a process that is not `leading`, one that is
        thrown away.

    Raises:
        InputError: Something that is no folder is in its place.
    """
    if not leading():
        with tempfile.TemporaryDirectory(prefix="dslm-") as thrown_away:
            yield Path(thrown_away)
        return
    if out.exists() and not out.is_dir():
        raise InputError("is a file, a folder was expected", where=out, fix="move it away")
    out.parent.mkdir(parents=True, exist_ok=True)
    old = out.with_name(f".{out.name}.old.partial")
    if old.exists() and not out.exists():  # killed between the two renames below
        old.rename(out)
    for left in out.parent.glob(f".{out.name}.*.partial"):  # of a killed run; we hold the lock
        _remove(left)
    partial = out.with_name(f".{out.name}.{os.getpid()}.partial")
    partial.mkdir()
    try:
        yield partial
        write_manifest(partial, inputs)
        sync(partial)
        if out.exists():
            out.rename(old)
        partial.rename(out)
        sync_folder(out.parent)
        with contextlib.suppress(OSError):
            _remove(old)
    finally:
        if old.exists() and not out.exists():
            old.rename(out)
        shutil.rmtree(partial, ignore_errors=True)


def _remove(path: Path) -> None:
    """A folder with all that is in it; of a link, the link alone."""
    if path.is_symlink() or path.is_file():
        path.unlink()
    elif path.exists():
        shutil.rmtree(path)
