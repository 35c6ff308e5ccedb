"""Goes through the steps within the time there is, and keeps what was found after each.

Takes steps, seconds and what starts processes; gives one `Result` a step, told as soon as it is
known. Called by `tests/gpu/first_look.py`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from gpu.look.steps import Step
from support.processes.limited_processes import Ended, limited

WAITING, RUNNING, DONE, FAILED, OVER, NOT_RUN = (
    "waiting", "running", "done", "failed", "over its limit", "not run",
)  # fmt: skip
MACHINE = "machine"  # the kind of step that tries the device
SPARE = 3.0  # seconds for what is written at the end
Missing = Callable[[tuple[str, ...]], list[str]]


@dataclass(frozen=True)
class Result:
    """How far a step is and what it found."""

    step: Step
    status: str = WAITING
    reason: str | None = None
    seconds: float = 0.0
    limit: float = 0.0
    found: dict[str, Any] | None = None


@dataclass(frozen=True)
class Look:
    """One first look.

    Attributes:
        steps: In order.
        seconds: There are for all.
        out: Folder for results and logs.
        starts: What starts processes, see `limited_processes.starting`: the next one where the
            machine cannot be used by a process of the one before.
        measure: What is called in each.
        missing: Packages of those needed that are not there.
        gpu: Whether there is one.
        limits: Other limits than the steps' own, by name.
    """

    steps: Sequence[Step]
    seconds: float
    out: Path
    starts: Sequence[Any]
    measure: Callable[..., None]
    missing: Missing
    gpu: bool
    limits: dict[str, float]

    def limit(self, step: Step) -> float:
        return self.limits.get(step.name, step.limit)

    def why_not(self, step: Step, left: float) -> str | None:
        """Why a step is not begun with so many seconds left."""
        if step.gpu and not self.gpu:
            return "needs a GPU"
        if lacking := self.missing(step.needs):
            return f"needs {', '.join(lacking)}, not installed here"
        if left < step.least:
            return f"takes {step.least:.0f} s at least, and {max(left, 0.0):.0f} s are left"
        return None


def planned(look: Look) -> list[Result]:
    """What would be begun if every step took its whole limit, and what would not fit then."""
    left, made = look.seconds - SPARE, []
    for step in look.steps:
        if why := look.why_not(step, left):
            made.append(Result(step, NOT_RUN, why))
            continue
        limit = min(look.limit(step), left)
        left -= limit
        made.append(Result(step, WAITING, limit=round(limit, 1)))
    return made


def run(look: Look, tell: Callable[[list[Result]], None], begun: float) -> list[Result]:
    """Make the steps, one after another.

    Args:
        look: What to do.
        tell: Is given all results whenever one has changed.
        begun: When the time began, by `time.monotonic`.
    """
    results = [Result(step) for step in look.steps]
    starts, none = list(look.starts), None
    tell(results)
    for place, step in enumerate(look.steps):
        while True:
            left = look.seconds - SPARE - (time.monotonic() - begun)
            if why := none or look.why_not(step, left):
                results[place] = Result(step, NOT_RUN, why)
                break
            limit = round(min(look.limit(step), left), 1)
            results[place] = Result(step, RUNNING, limit=limit)
            tell(results)
            log = look.out / "logs" / f"{step.name}.log"
            ended = limited(starts[0], look.measure, (step,), limit, log)
            results[place] = outcome(results[place], ended)
            if step.kind != MACHINE or results[place].status == DONE:
                break
            if len(starts) == 1:
                none = f"the machine cannot be used: {results[place].reason}"
                break
            starts.pop(0)
        tell(results)
    return results


def outcome(running: Result, ended: Ended) -> Result:
    """A step's result from how its process ended."""
    made = replace(running, seconds=ended.seconds, found=ended.found)
    if ended.over:
        return replace(made, status=OVER, reason=f"ended after {running.limit:g} s")
    if ended.failed is not None:
        return replace(made, status=FAILED, reason=ended.failed)
    return replace(made, status=DONE)


def found_of(results: Iterable[Result]) -> dict[str, dict[str, Any]]:
    """What each step that is done has found, by name."""
    return {r.step.name: r.found or {} for r in results if r.status == DONE}
