"""Steps of a first look that take no GPU: what they do is in their names. For tests of its limits.

Called in processes of their own, so this needs nothing but Python.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from gpu.look.running import Look, run
from gpu.look.steps import Step
from gpu.look.summary import write

from support.processes.limited_processes import Notes, starting


def step(kind: str, *needs: str, name: str | None = None, **more: Any) -> Step:
    return Step(name or kind, f"that it {kind}", kind, 20.0, 0.0, needs, **more)


def pretend(notes: Notes, one: Step) -> None:
    """Do what the step's kind says."""
    globals()[one.kind](notes)


def finds(notes: Notes) -> None:
    print("found it")
    notes.add({"tokens_per_second": 7.0})


def hangs(notes: Notes) -> None:
    """For ever, deaf to requests, with a child that is no better."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    notes.add({"own": os.getpid(), "child": child.pid})
    time.sleep(600)


def leaves_a_child(notes: Notes) -> None:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    notes.add({"child": child.pid})


def fails(notes: Notes) -> None:
    notes.add({"seconds_to_build": 1.0})
    raise RuntimeError("no such kernel\nand more of it")


def crashes(_: Notes) -> None:
    print("Segmentation fault in the kernel", flush=True)
    os.kill(os.getpid(), signal.SIGSEGV)


def machine(notes: Notes) -> None:
    """One that copies cannot use, as a GPU that their original has touched."""
    if os.environ.get("DEAF") or os.getppid() != int(os.environ["STARTER"]):
        raise RuntimeError("Cannot re-initialize CUDA in forked subprocess")
    notes.add({"device": "cuda"})


def look(steps: list[Step], out: Path, *ways: str, seconds: float = 60.0, **more: Any) -> Look:
    for folder in ("logs", "steps"):
        (out / folder).mkdir(parents=True, exist_ok=True)
    settings: dict[str, Any] = {"missing": lambda _: [], "gpu": True, "limits": {}} | more
    starts = [starting(way) for way in ways or ("spawn",)]
    return Look(steps, seconds, out, starts, pretend, **settings)


def main() -> None:
    """A whole look whose second step hangs, for who wants to end it."""
    out = Path(sys.argv[1])
    steps = [step("finds"), step("hangs"), step("finds", name="later")]
    run(look(steps, out), lambda results: write(out, {"minutes": 1}, results), time.monotonic())


if __name__ == "__main__":
    main()
