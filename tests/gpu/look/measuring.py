"""What happens in the process of one step.

Takes a step and notes; puts what it finds into the notes, as it finds it, so that a step that is
ended leaves what it had. Called by `limited_processes` for `running`.
"""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from gpu.look.steps import CUDNN, Step
from support.processes.limited_processes import Notes

ROOT = Path(__file__).parents[3]
SMALL_CARD = 16.0  # GB, that a model of 8B in four bits is to fit into


def measure(notes: Notes, step: Step) -> None:
    """One step, by the function of its kind."""
    started = time.perf_counter()
    kinds = {"machine": machine, "tests": tests, "training": training, "answers": answers}
    kinds[step.kind](notes, step)
    notes.add({"seconds_in_all": round(time.perf_counter() - started, 2), "loaded": loaded()})


def loaded() -> list[str]:
    """Packages whose modules this process has loaded."""
    by_module = importlib.metadata.packages_distributions()
    tops = {name.partition(".")[0] for name in list(sys.modules)}
    return sorted({one.lower() for top in tops for one in by_module.get(top, ())})


def machine(notes: Notes, _: Step) -> None:
    """The device, and that it can be used in a process like this one."""
    import torch

    on_gpu = torch.cuda.is_available()
    if not on_gpu and os.environ.get("CUDA_VISIBLE_DEVICES") != "":
        raise RuntimeError("torch finds no GPU; `--device cpu --tiny` tries this without one")
    notes.add({
        "torch": torch.__version__, "cuda": torch.version.cuda, "python": platform.python_version(),
        "device": "cuda" if on_gpu else "cpu",
    })  # fmt: skip
    if on_gpu:
        torch.zeros(1, device="cuda").add_(1).item()
        notes.add(_card(torch))
    try:
        notes.add(_reached())
    except ImportError as error:  # the card is worth telling of all the same
        notes.add({"not_measured": f"peak and attention: {error}"})


def _reached() -> dict[str, Any]:
    """What a large product reaches, and the attention that our runs will have."""
    from support.training.asked_run import usable_attention

    from dslm.training.run import hardware_peak

    name = hardware_peak.device_name()
    known, reached = hardware_peak.specified(name), hardware_peak.measured("bfloat16")
    attention, why = usable_attention()
    return {
        "name": name, "peak_tflops_specified": known.flops / 1e12 if known else None,
        "peak_tflops_measured": round(reached.flops / 1e12, 3),
        "attention": attention, "why_not_varlen": why,
    }  # fmt: skip


def _card(torch: Any) -> dict[str, Any]:
    card = torch.cuda.get_device_properties(0)
    free, total = torch.cuda.mem_get_info()
    return {
        "name": card.name, "capability": f"{card.major}.{card.minor}",
        "multiprocessors": card.multi_processor_count,
        "memory_gb": round(total / 1e9, 2), "free_memory_gb": round(free / 1e9, 2),
        "driver": _driver(),
    }  # fmt: skip


def _driver() -> str | None:
    program = shutil.which("nvidia-smi")
    if program is None:
        return None
    asked = [program, "--query-gpu=driver_version", "--format=csv,noheader"]
    done = subprocess.run(asked, capture_output=True, text=True, check=False, timeout=20)
    return (done.stdout.split() or [None])[0]


class Counting:
    """A plugin of pytest's that counts as tests end, so that a run that is ended has counts too."""

    def __init__(self, notes: Notes):
        self.notes = notes
        self.counts = {"passed": 0, "failed": 0, "skipped": 0, "errors": 0}
        self.failures: list[str] = []

    def pytest_collection_finish(self, session: Any) -> None:
        self.notes.add({"collected": len(session.items)})

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.when == "call" or report.outcome != "passed":
            broken = report.failed and report.when != "call"
            self.counts["errors" if broken else report.outcome] += 1
        if report.failed:
            said = str(report.longrepr).strip().splitlines()
            self.failures.append(f"{report.nodeid}: {said[-1] if said else ''}"[:400])
        self.notes.add(self.counts | {"failures": self.failures})


def tests(notes: Notes, step: Step) -> None:
    """The tests of this folder; without a GPU they are skipped, and counted as such."""
    import pytest
    import torch

    junit = notes.path.with_name("junit.xml")
    given = [
        str(ROOT / "tests" / "gpu"), f"--rootdir={ROOT}", f"--junitxml={junit}", "-q", "-m", "gpu",
        "-p", "no:cacheprovider", "-p", "no:randomly",
        "-W", "ignore::pytest.PytestAssertRewriteWarning",  # this process has loaded much already
    ]  # fmt: skip
    counting = Counting(notes)
    code = int(pytest.main(given, plugins=[counting]))
    notes.add({"exit_code": code})
    if code:
        broken = counting.counts["failed"] + counting.counts["errors"]
        raise RuntimeError(f"pytest ended with code {code}; {broken} tests failed")
    if torch.cuda.is_available() and not counting.counts["passed"]:
        raise RuntimeError("no test passed, though there is a GPU")


def training(notes: Notes, step: Step) -> None:
    """One run of `training_variants`."""
    from support.models import random_base
    from support.training import training_variants
    from support.training.asked_run import Asked, usable_attention

    asked = Asked(**dict(step.asked))
    notes.add({"size": step.size, "variant": step.variant, "asked": vars(asked)})
    if step.variant.startswith("ours"):
        notes.add({"why_not_varlen": usable_attention()[1]})
    with tempfile.TemporaryDirectory() as scratch:
        random_base.write_shapes(step.size, Path(scratch))
        found = training_variants.one(step.variant, Path(scratch), asked)
    require_sound(found)
    notes.add(found | _of_memory(found, one_row=step.variant.endswith("one row")))


def require_sound(found: dict[str, Any]) -> None:
    """Refuse numbers that are none: a run that trained nothing, or whose losses are missing."""
    if not (found.get("tokens_per_second") or 0) > 0:
        raise RuntimeError("no tokens a second came out of the run")
    if not found.get("losses"):
        raise RuntimeError("the run has no losses")


def _of_memory(found: dict[str, Any], *, one_row: bool) -> dict[str, Any]:
    predicted, peak = found.get("predicted_memory_gb"), found.get("peak_memory_gb")
    made: dict[str, Any] = {}
    if predicted and peak:
        made["peak_over_predicted"] = round(peak / predicted, 3)
    whole = found.get("whole_card_gb")
    if one_row and whole:
        made |= {"fits_into_gb": SMALL_CARD, "fits": whole < SMALL_CARD}
    return made


def answers(notes: Notes, step: Step) -> None:
    """Answers a second."""
    from gpu.look.answering import answers_a_second

    for found in answers_a_second(step.size, cudnn=step.variant == CUDNN):
        notes.add(found)
