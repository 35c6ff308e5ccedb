"""Nothing else runs on a workflow while its cases are erased: no stage, no move, no `dvc`.

Called by `forget_group`. A stage that runs holds a lock that is asked for here, and the other way
round; DVC, which copies outputs into its cache between stages, has a lock and a list of its own.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from dslm.errors import InputError
from dslm.settings.workspace import Workspace
from dslm.stage import exclusive, take_lock
from dslm.strict_json import strict_json

# By the names that stages take their locks under.
STAGES = (
    "curate", "train", "calibrate", "baseline", "score_base", "score_champion", "score", "gate",
    "register",
)  # fmt: skip


@contextlib.contextmanager
def exclusive_access(ws: Workspace) -> Iterator[None]:
    """Hold every lock of a workflow.

    Raises:
        InputError: A stage, a move of the champion, another erasure or DVC is at work; says which
            process.
    """
    with contextlib.ExitStack() as held:
        for name in ("forget", *STAGES):
            held.enter_context(exclusive(ws.root, f"{ws.workflow}-{name}"))
        held.enter_context(exclusive(ws.root, f"release-{ws.workflow}"))
        _refuse_dvc(ws.root)
        lock = ws.root / ".dvc" / "tmp" / "lock"
        if lock.parent.is_dir():
            stream = held.enter_context(lock.open("a+"))
            if not take_lock(stream, lock):
                raise InputError("DVC is at work", where=lock, fix="wait until it has ended")
        yield


def _refuse_dvc(root: Path) -> None:
    """Refuse while DVC says that a process of it reads or writes outputs."""
    path = root / ".dvc" / "tmp" / "rwlock"
    try:
        said = strict_json(path.read_bytes())
    except (OSError, ValueError):
        return
    for pid in _pids(said):
        if pid != os.getpid() and _runs(pid):
            what = f"DVC is at work (process {pid})"
            raise InputError(what, where=path, fix=f"wait for process {pid}, or end it")


def _runs(pid: int) -> bool:
    """Whether a process is there, be it another user's."""
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def _pids(said: object) -> Iterator[int]:
    """The processes that a list of DVC's names."""
    if isinstance(said, dict):
        if isinstance(pid := said.get("pid"), int) and pid > 0:
            yield pid
        for value in said.values():
            yield from _pids(value)
    elif isinstance(said, list):
        for value in said:
            yield from _pids(value)
