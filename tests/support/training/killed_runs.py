"""Trains a tiny model in processes that are killed: one import of torch, then a fork for each.

Run as a module by `tests/unit/training/checkpoints/test_checkpoint_callback.py`: what to train on
the command line as JSON, a JSON object on standard output. Forked before torch has started a
thread.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dslm.inference.base_models.model_loading import ADAPTER_WEIGHTS
from dslm.provenance import digest_file
from dslm.training.checkpoints.checkpoint_files import Checkpoints
from dslm.training.run.training_run import train
from support.models import tiny_model
from support.repositories.scored_rows import MINI, cases

MOST = 200  # processes of one story


def run(work: Path, recipe: dict[str, Any], before: Callable[[], None]) -> None:
    """One process's run, as the train stage does it."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 2)
    files = tiny_model.base_files()
    out = work / f"out-{os.getpid()}"
    out.mkdir()
    before()
    made = tiny_model.recipe(files.folder, **recipe["training"])
    made = made.model_copy(update={"lora": made.lora.model_copy(update=recipe["lora"])})
    checkpoints = Checkpoints(work / "checkpoints", {"recipe": made.digest()})
    train(MINI, made, files, cases(24), cases(8, prefix="v"), out, checkpoints)
    out.rename(work / "out")


def forked(work: Path, recipe: dict[str, Any], before: Callable[[], None] = lambda: None) -> int:
    """Start a run in a process of its own; gives its id."""
    if pid := os.fork():
        return pid
    try:
        run(work, recipe, before)
    except BaseException:  # noqa: BLE001  the child may not run on as a second parent
        import traceback

        traceback.print_exc(file=sys.stdout)
        sys.stdout.flush()
        os._exit(1)
    os._exit(0)


def ended(pid: int) -> bool:
    """Whether a run ended well; False: it was killed."""
    _, status = os.waitpid(pid, 0)
    if os.WIFSIGNALED(status):
        return False
    assert os.WEXITSTATUS(status) == 0, "a run failed"
    return True


def die_at_write(checkpoints: Path, number: int) -> Callable[[], None]:
    """Have a process kill itself when it changes something in the checkpoints for the n-th time."""
    left = [number]

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            if not set(str(arguments[1])) & set("wax+"):
                return
        elif event not in ("os.rename", "os.remove"):
            return
        # a descriptor or a relative name is no path of ours
        if str(arguments[0]).startswith(str(checkpoints) + os.sep):
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    return lambda: sys.addaudithook(watch)


def story(work: Path, recipe: dict[str, Any], kills: int, seed: int) -> dict[str, Any]:
    """Kill a run again and again, at random moments and within writes, until it gets through."""
    chance = random.Random(seed)
    started = time.monotonic()
    whole = work / "whole"
    whole.mkdir()
    assert ended(forked(whole, recipe))
    took = time.monotonic() - started
    killed = work / "killed"
    killed.mkdir()
    at_random = in_writes = halves = 0
    for _ in range(MOST):
        if at_random + in_writes >= kills:
            break
        if chance.random() < 0.5:
            pid = forked(
                killed, recipe, die_at_write(killed / "checkpoints", chance.randint(1, 24))
            )
            in_writes += not ended(pid)
        else:
            pid = forked(killed, recipe)
            time.sleep(chance.uniform(0.3, 0.9) * took)
            os.kill(pid, signal.SIGKILL)
            at_random += not ended(pid)
        folders = (killed / "checkpoints").glob("checkpoint-*")
        halves += any(not (folder / "MANIFEST.json").exists() for folder in folders)
        if (killed / "out").exists():  # it got through: once more, from nothing
            (killed / "out").rename(killed / f"out-done-{time.monotonic_ns()}")
            Checkpoints(killed / "checkpoints", {}).clear()
    assert ended(forked(killed, recipe))
    outs = [whole / "out", killed / "out", *killed.glob("out-done-*")]
    return {
        "took": took,
        "at_random": at_random,
        "in_writes": in_writes,
        "halves": halves,
        "weights": sorted({digest_file(out / ADAPTER_WEIGHTS) for out in outs}),
        "summaries": sorted({digest_file(out / "training.json") for out in outs}),
        "runs": len(outs),
    }


if __name__ == "__main__":
    asked = json.loads(sys.argv[1])
    tiny_model.base_files()  # made once, by all shared
    print(json.dumps(story(Path(asked["work"]), asked["recipe"], asked["kills"], asked["seed"])))
