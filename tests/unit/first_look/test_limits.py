"""A first look's steps end when their time is over, with all they started, and the rest go on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from gpu.look.running import DONE, FAILED, NOT_RUN, OVER, RUNNING, WAITING, Result, planned, run
from gpu.look.summary import write
from support.training import pretended_steps
from support.training.pretended_steps import look, step


def gone(number: int, within: float = 5.0) -> bool:
    """Whether a process has ended, or is about to."""
    until = time.monotonic() + within
    while time.monotonic() < until:
        try:
            state = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return True
        if state == "Z":
            return True
        time.sleep(0.02)
    return False


def ran(one: Any, told: list[list[str]] | None = None) -> dict[str, Result]:
    def tell(results: list[Result]) -> None:
        if told is not None:
            told.append([r.status for r in results])
        write(one.out, {"minutes": 1}, results)

    return {r.step.name: r for r in run(one, tell, time.monotonic())}


def test_a_step_that_hangs_is_ended_at_its_limit_and_the_rest_run(tmp_path: Path) -> None:
    told: list[list[str]] = []
    steps = [step("hangs"), step("finds")]
    made = ran(look(steps, tmp_path, limits={"hangs": 1.5}), told)
    assert made["hangs"].status == OVER
    assert made["hangs"].reason == "ended after 1.5 s"
    assert 1.5 <= made["hangs"].seconds < 6
    found = made["hangs"].found or {}
    assert gone(found["own"])
    assert gone(found["child"])
    assert made["finds"].status == DONE
    assert made["finds"].found == {"tokens_per_second": 7.0}
    assert (tmp_path / "logs" / "finds.log").read_text() == "found it\n"
    assert told[0] == [WAITING, WAITING]
    assert told[1] == [RUNNING, WAITING]
    assert told[-1] == [OVER, DONE]


@pytest.mark.parametrize(
    ("kind", "reason"),
    [("fails", "RuntimeError: no such kernel"), ("crashes", "Segmentation fault in the kernel")],
)
def test_a_step_that_breaks_says_why_and_keeps_what_it_had(
    tmp_path: Path, kind: str, reason: str
) -> None:
    made = ran(look([step(kind), step("finds")], tmp_path))
    assert (made[kind].status, made[kind].reason) == (FAILED, reason)
    assert made["finds"].status == DONE
    if kind == "fails":
        assert made[kind].found == {"seconds_to_build": 1.0}
        assert "Traceback" in (tmp_path / "logs" / "fails.log").read_text()


def test_what_a_step_leaves_running_is_ended_too(tmp_path: Path) -> None:
    made = ran(look([step("leaves_a_child")], tmp_path))
    assert made["leaves_a_child"].status == DONE
    assert gone((made["leaves_a_child"].found or {})["child"])


def test_steps_that_cannot_be_made_say_why(tmp_path: Path) -> None:
    def missing(needs: tuple[str, ...]) -> list[str]:
        return [name for name in needs if name == "trl"]

    steps = [
        step("finds", "trl", name="trained"), step("finds", gpu=True, name="paged"), step("finds"),
    ]  # fmt: skip
    made = ran(look(steps, tmp_path, missing=missing, gpu=False))
    assert made["trained"].reason == "needs trl, not installed here"
    assert made["paged"].reason == "needs a GPU"
    assert [r.status for r in made.values()] == [NOT_RUN, NOT_RUN, DONE]


def test_what_no_longer_fits_into_the_time_is_listed_and_a_shorter_step_still_runs(
    tmp_path: Path,
) -> None:
    long = pretended_steps.Step("long", "", "finds", 90.0, 30.0, ())
    made = ran(look([long, step("finds")], tmp_path, seconds=20.0))
    assert made["long"].status == NOT_RUN
    assert made["long"].reason == "takes 30 s at least, and 17 s are left"
    assert made["finds"].status == DONE
    assert made["finds"].limit < 17.1  # never past the end


def test_a_plan_gives_each_step_its_limit_until_the_time_is_over(tmp_path: Path) -> None:
    steps = [pretended_steps.Step(str(n), "", "finds", 30.0, 10.0, ()) for n in range(4)]
    made = planned(look(steps, tmp_path, seconds=78.0))
    assert [r.limit for r in made] == [30.0, 30.0, 15.0, 0.0]
    assert made[3].reason == "takes 10 s at least, and 0 s are left"


def test_where_copies_cannot_use_the_machine_processes_are_begun_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STARTER", str(os.getpid()))
    made = ran(look([step("machine"), step("finds")], tmp_path, "forkserver", "spawn"))
    assert made["machine"].status == DONE
    assert made["finds"].status == DONE


def test_without_a_machine_that_can_be_used_no_step_is_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEAF", "1")
    made = ran(look([step("machine"), step("finds")], tmp_path))
    assert made["machine"].status == FAILED
    assert made["finds"].status == NOT_RUN
    assert "Cannot re-initialize CUDA" in (made["finds"].reason or "")


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_look_that_is_ended_leaves_what_it_found(tmp_path: Path, how: signal.Signals) -> None:
    program = subprocess.Popen([sys.executable, pretended_steps.__file__, str(tmp_path)])
    notes = tmp_path / "logs" / "hangs.found.json"
    until = time.monotonic() + 20
    while not notes.is_file():
        assert time.monotonic() < until
        time.sleep(0.02)
    program.send_signal(how)
    assert program.wait(10) != 0
    found = json.loads((tmp_path / "summary.json").read_text())
    assert [s["status"] for s in found["steps"]] == [DONE, RUNNING, WAITING]
    assert found["steps"][0]["found"] == {"tokens_per_second": 7.0}
    assert json.loads((tmp_path / "steps" / "00-finds.json").read_text())["status"] == DONE
    assert "| hangs | running |" in (tmp_path / "summary.md").read_text()
    assert gone(json.loads(notes.read_text())["own"])
    child = json.loads(notes.read_text())["child"]
    if not gone(child, 0.2):
        os.kill(child, signal.SIGKILL)
