"""What waits for a GPU, without one: a first look and the benchmark run a tiny model on CPU."""

from __future__ import annotations

import importlib.metadata
import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from gpu.look import steps, wheels
from support.documents.code_reader import ROOT
from support.models.four_bit import four_bit_works

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
LOOK = ROOT / "tests" / "gpu" / "first_look.py"
BENCH = ROOT / "tests" / "bench" / "train_gpu.py"
ENDED = "3b-lora"  # the step that is given too little time
GPU_ONLY = {"1b-paged", "1b-liger", "1b-flash"}


def run(script: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """As from a bare copy: nothing but Python's own way to the packages."""
    bare = {n: v for n, v in os.environ.items() if n != "PYTHONPATH"}
    return subprocess.run(
        [sys.executable, str(script), *arguments], env=bare | {"CUDA_VISIBLE_DEVICES": ""},
        cwd="/", capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def looked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """One look, in which a step hangs over its limit."""
    out = tmp_path_factory.mktemp("look")
    device = ["--device", "cpu", "--tiny", "--minutes", "10", "--limit", f"{ENDED}=0.2"]
    done = run(LOOK, *device, "--out", str(out))
    assert done.returncode == 1, done.stderr  # a step was ended
    return json.loads((out / "summary.json").read_text()) | {"out": out, "printed": done.stdout}


@pytest.fixture(scope="module")
def found(looked: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {step["step"]: step for step in looked["steps"]}


def test_every_step_runs_on_cpu_but_those_about_a_gpu_and_the_one_that_is_ended(
    looked: dict[str, Any], found: dict[str, dict[str, Any]]
) -> None:
    for name, step in found.items():
        wanted = "not run" if name in GPU_ONLY else "over its limit" if name == ENDED else "done"
        if "qlora" in name and four_bit_works():
            wanted = "failed"
        assert step["status"] == wanted, step
        if name in GPU_ONLY:
            assert step["reason"] == "needs a GPU"
    assert found[ENDED]["reason"] == "ended after 0.2 s"
    assert list(found) == [step.name for step in steps.STEPS]
    assert "torch" in looked["printed"].split("machine: running")[0]  # the packages come first
    page = (looked["out"] / "summary.md").read_text()
    assert all(f"| {name} |" in page for name in found)


def test_what_a_look_finds_are_numbers_of_a_run(found: dict[str, dict[str, Any]]) -> None:
    machine = found["machine"]["found"]
    assert machine["device"] == "cpu"
    assert machine["peak_tflops_measured"] > 0
    assert machine["attention"] == "varlen"
    tests = found["tests"]["found"]
    assert tests["skipped"] == tests["collected"] >= 10
    assert (tests["passed"], tests["failed"], tests["errors"]) == (0, 0, 0)
    kinds = {step.name: step.kind for step in steps.STEPS}
    done = [step for step in found.values() if step["status"] == "done"]
    trained = [step["found"] for step in done if kinds[step["step"]] == "training"]
    assert len(trained) >= 7
    for numbers in trained:
        assert numbers["tokens_per_second"] > 0
        assert numbers["seconds_to_build"] > 0
        assert len(numbers["losses"]) == 3
        assert all(loss > 1 for loss in numbers["losses"])
        if numbers["variant"].startswith("ours"):
            assert numbers["utilisation"] > 0
            assert numbers["predicted_memory_gb"] > 0
            assert numbers["peak_memory_gb"] > 0
            assert numbers["peak_over_predicted"] == pytest.approx(
                numbers["peak_memory_gb"] / numbers["predicted_memory_gb"], abs=0.001
            )
    answers = found["3b-answers"]["found"]
    assert answers["answers_per_second"] > 0
    assert answers["ends"] == {"stop": 4}  # whole objects, as the grammar wants them


def test_switches_do_what_they_are_called(found: dict[str, dict[str, Any]]) -> None:
    plain, padded = found["1b-lora"]["found"], found["1b-padded"]["found"]
    assert plain["padding_share"] == 0.0 < padded["padding_share"]
    assert found["1b-eager"]["found"]["attention"] == "eager"
    for same in ("1b-padded", "1b-checkpointing", "1b-other-loss", "1b-eager"):
        assert found[same]["found"]["losses"] == pytest.approx(plain["losses"], rel=1e-3)


def test_ours_and_trl_learn_the_same_rows_in_the_same_order(looked: dict[str, Any]) -> None:
    pair = looked["compared"]["1b-lora / 1b-lora-trl"]
    assert pair["tokens_per_second"] > 0
    # TRL trains the line break after the answer too
    assert abs(pair["first_loss_difference"]) < 0.1
    assert abs(pair["last_loss_difference"]) < 0.1


def plain(line: str) -> str:
    """The package that a requirement names."""
    match = wheels.NAME.match(line)
    assert match is not None
    return re.sub(r"[-_.]+", "-", match[0]).lower()


def test_a_package_of_ours_that_a_step_loads_is_among_those_asked_for_first(
    looked: dict[str, Any],
) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    every = [project["dependencies"], *project["optional-dependencies"].values()]
    named = {plain(line) for lines in every for line in lines}
    loaded = set()
    for path in (looked["out"] / "steps").iterdir():
        found = json.loads(path.read_text())["found"] or {}
        loaded |= {plain(name) for name in found.get("loaded", [])}
    reached: set[str] = set()
    waiting = {plain(wheels.distribution(name)) for name in wheels.needed()}
    while waiting:
        reached |= waiting
        waiting = {plain(line) for name in waiting for line in requirements(name)} - reached
    assert len(loaded & named) > 8
    assert (loaded & named) - reached == set()


def requirements(name: str) -> list[str]:
    try:
        return importlib.metadata.requires(name) or []
    except importlib.metadata.PackageNotFoundError:  # of another system, say
        return []


def test_the_benchmark_runs_without_a_gpu_and_says_what_it_could_not_measure(
    tmp_path: Path,
) -> None:
    out = tmp_path / "found.json"
    small = ["--tokens", "30", "--batch", "2", "--steps", "3", "--rows", "24"]
    done = run(BENCH, "--only", "ours", "unsloth", *small, "--out", str(out))
    assert done.returncode == 0, done.stderr
    made = json.loads(out.read_text())
    assert made["machine"]
    assert made["peak_tflops_measured"] > 0
    assert {"1b", "3b", "8b", "unsloth"} <= made["not_measured"].keys()
    assert made["not_measured"]["8b"] == "no CUDA device"
    (result,) = made["sizes"]["tiny"].values()
    assert "failed" not in result, result
    assert result["tokens_per_second"] > 0
    assert result["utilisation_of_measured"] > 0
