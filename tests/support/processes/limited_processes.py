"""A function in a process of its own, ended with all that it started when its time is over.

Takes a function, its arguments and seconds; gives how it ended. What it prints goes to a file. It
ends with whoever started it too, however that ends. Called by `tests/gpu/first_look.py` and
`tests/bench/train_gpu.py`. Needs nothing but Python.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

WAYS = ("forkserver", "spawn")  # copies of one process that has its libraries loaded, or new ones
WHY = "why_it_failed"  # in the notes of a process that did
PR_SET_PDEATHSIG = 1  # prctl(2): the signal to get when the parent ends


@dataclass(frozen=True)
class Ended:
    """How a process ended.

    Attributes:
        found: What it wrote of its own with `note`, the last time it did.
        failed: Why it failed, in a line; None where it did not.
        over: Whether it was ended because its time was over.
    """

    found: dict[str, Any]
    failed: str | None
    over: bool
    seconds: float


class Notes:
    """What a process has found so far; kept in a file, so that an ended one leaves it behind."""

    def __init__(self, path: Path):
        self.path = path
        self.found: dict[str, Any] = {}

    def add(self, found: Mapping[str, Any]) -> None:
        self.found |= found
        write_whole(self.path, json.dumps(self.found))


def write_whole(path: Path, text: str) -> None:
    """Write a file so that whoever reads it finds the old text or the new one."""
    partial = path.with_name(path.name + ".partial")
    partial.write_text(text)
    partial.replace(path)


def starting(way: str, warm: str | None = None) -> Any:
    """What starts processes, `way` as `WAYS` has them.

    Args:
        way: How.
        warm: Module that the process loads of which those of a `forkserver` are copies.
    """
    made = multiprocessing.get_context(way)
    if way == "forkserver":
        made.set_forkserver_preload([warm] if warm else [])
    return made


def limited(
    start: Any, target: Callable[..., None], given: tuple[Any, ...], limit: float, log: Path
) -> Ended:
    """Call `target(notes, *given)` in a process of its own, for so many seconds at most.

    Args:
        start: From `starting`.
        target: A function of a module; it puts what it finds into its `Notes`.
        given: Its arguments.
        limit: Seconds.
        log: File for what it prints; its notes lie beside it.
    """
    notes = log.with_suffix(".found.json")
    for left in (notes, log):
        left.unlink(missing_ok=True)
    begun = time.perf_counter()
    process = start.Process(target=_alone, args=(target, given, log, notes))
    process.start()
    try:
        process.join(max(0.0, limit - (time.perf_counter() - begun)))
        over = process.is_alive()
    finally:  # also where this process is told to stop
        _end(process)
    found = json.loads(notes.read_text()) if notes.is_file() else {}
    failed = found.pop(WHY, None)
    if process.exitcode and not over and failed is None:
        failed = _last_words(log) or f"ended with code {process.exitcode} without a word"
    return Ended(found, failed, over, round(time.perf_counter() - begun, 2))


def _end(process: Any) -> None:
    """End a process and its group: what it left running holds the device's memory."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)  # its group has its number once it has begun
    process.kill()
    process.join()


def _alone(target: Callable[..., None], given: tuple[Any, ...], log: Path, notes: Path) -> None:
    """In the process: leave the starter's group, write to the log, do it, end at once."""
    os.setsid()
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    with log.open("ab") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    kept = Notes(notes)
    try:
        target(kept, *given)
    except Exception as error:
        kept.add({WHY: f"{type(error).__name__}: {_one_line(str(error))}"})
        raise
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)  # libraries take seconds to leave a GPU


def _one_line(text: str) -> str:
    return next((line.strip() for line in text.splitlines() if line.strip()), "")[:400]


def _last_words(log: Path) -> str:
    text = log.read_text(errors="replace") if log.is_file() else ""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:400] if lines else ""
