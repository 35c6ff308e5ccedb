"""Commands that change the registry, in processes that are killed after one step, by `kill -9`."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Callable
from typing import Any

from finished_run import Run, W

from dslm.releasing import steps
from dslm.releasing.agreement import disagreements
from dslm.releasing.baseline import read_champion
from dslm.releasing.journal import Journal
from dslm.releasing.store import ModelStore


def killed_after(step: str, act: Callable[[], object], times: int = 1) -> bool:
    """Do something in a process of its own, which kills itself right after a step.

    Args:
        step: As `dslm.releasing.steps` lists them.
        act: In a repository whose database this process has not opened yet.
        times: How often the step has to be made.

    Returns:
        Whether it came to that step.
    """
    pid = os.fork()
    if pid == 0:
        try:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
            steps.reached = _dying_after(step, times)
            act()
        except BaseException:  # noqa: BLE001  the child may not run on as a second parent
            traceback.print_exc(file=sys.stdout)
            sys.stdout.flush()
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(pid, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, "the command failed"
    return os.WIFSIGNALED(status)


def _dying_after(step: str, times: int) -> Callable[[str], None]:
    met: list[str] = []

    def reached(made: str) -> None:
        met.append(made)
        if met.count(step) == times:
            os.kill(os.getpid(), signal.SIGKILL)

    return reached


def stands(run: Run) -> dict[str, Any]:
    """What the registry, its journal and the repository say that serves."""
    store = ModelStore(run.ws.root, W)
    entries = Journal(store).entries()
    return {
        "alias": store.aliases().get("champion"),
        "journal": entries[-1].to_version if entries else None,
        "champion.json": read_champion(run.ws.champion).version,
        "entries": len(entries),
        "faults": [fault.message() for fault in disagreements(run.ws)],
    }
