"""Many who move the champion at once, each in a process and a clone of their own."""

from __future__ import annotations

import gc
import json
import os
import shutil
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dslm.errors import DslmError
from dslm.settings.workspace import Workspace
from support.repositories.finished_run import Run, W

ADDRESS = "MLFLOW_TRACKING_URI"


@dataclass(frozen=True)
class Ran:
    """How one of them ended: exit code, whether it moved the champion, what it said, how long."""

    code: int
    moved: bool
    said: str
    seconds: float


def clones(run: Run, folder: Path, number: int) -> list[Run]:
    """Clones of a repository, without its registry."""
    made = []
    for n in range(number):
        without = shutil.ignore_patterns(".mlflow", ".dslm", "artifacts", "said")
        shutil.copytree(run.ws.root, folder / str(n), ignore=without)
        made.append(Run(Workspace(folder / str(n), W)))
    return made


@contextmanager
def registry_at(address: str) -> Iterator[None]:
    """All that is opened meanwhile is at an address."""
    before = os.environ.get(ADDRESS)
    os.environ[ADDRESS] = address
    try:
        yield
    finally:
        os.environ.pop(ADDRESS)
        if before is not None:
            os.environ[ADDRESS] = before


def race(acts: Sequence[Callable[[], object]], folder: Path) -> list[Ran]:
    """Do all of them at once."""
    start, go = os.pipe()
    folder.mkdir(exist_ok=True)
    children = []
    for number, act in enumerate(acts):
        if pid := os.fork():
            children.append(pid)
            continue
        os.close(go)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        forget_connections()
        os.read(start, 1)  # until the parent closes its end
        try:
            ran = _run(act)
            (folder / f"{number}.json").write_text(json.dumps(ran.__dict__))
        except BaseException:  # noqa: BLE001  the child may not run on as a second parent
            traceback.print_exc(file=sys.stdout)
            sys.stdout.flush()
            os._exit(1)
        os._exit(0)
    os.close(start)
    os.close(go)
    for pid in children:
        os.waitpid(pid, 0)
    return [Ran(**json.loads((folder / f"{n}.json").read_text())) for n in range(len(acts))]


def forget_connections() -> None:
    """Leave the parent's connections to databases to it: none may be used by two processes."""
    from sqlalchemy.engine import Engine

    for one in gc.get_objects():
        if isinstance(one, Engine):
            one.dispose(close=False)


def _run(act: Callable[[], object]) -> Ran:
    began = time.monotonic()
    try:
        moved, code, said = act() is not None, 0, ""
    except DslmError as error:
        moved, code, said = False, error.exit_code, error.message()
    return Ran(code, moved, said, time.monotonic() - began)
