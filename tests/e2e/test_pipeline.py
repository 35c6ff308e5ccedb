"""The main job on a tiny model, run as a user runs it: DVC, stages, registry, releases.

Where the machine permits, every command runs in a network namespace without interfaces. Each kind
of command runs once at least in a process that loads all it needs itself (`Scratch.anew`); the
others start as copies of one that has the heavy libraries loaded.
"""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from scratch_repository import POLICY, Finished, Scratch, make_scratch

from dslm.errors import EXIT_BAD_INPUT, EXIT_GATE_FAILED, EXIT_REFUSED
from dslm.provenance import read_manifest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]
ALL = ["curate", "train", "calibrate", "baseline", "score_base", "score_champion", "score", "gate"]
SETTLED_SECONDS = 20  # 2 on a quiet machine


def unplugged() -> tuple[str, ...]:
    """What to put before a command to run it without a network; nothing where that is forbidden."""
    command = ("unshare", "--net")
    try:
        tried = subprocess.run([*command, "true"], check=False, capture_output=True)
    except FileNotFoundError:
        return ()
    return command if tried.returncode == 0 else ()


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scratch]:
    """A repository that ran once, from sources to the gate."""
    made = make_scratch(tmp_path_factory.mktemp("e2e") / "repository", unplugged())
    assert made.repro().ran == ALL
    with made.warm() as warm:
        yield warm


def verdict(scratch: Scratch) -> dict[str, Any]:
    return dict(json.loads((scratch.ws.results / "gate.json").read_text()))


def releases(scratch: Scratch) -> dict[int, list[str]]:
    """Every version and its aliases."""
    listed = scratch.dslm("release", "list", "mini", "--json")
    assert listed.code == 0, listed.text
    return {r["version"]: sorted(r["aliases"]) for r in json.loads(listed.out)}


def moved(scratch: Scratch, *arguments: str) -> Finished:
    """A release command that has to succeed."""
    finished = scratch.dslm("release", *arguments)
    assert finished.code == 0, finished.text
    return finished


def settled(scratch: Scratch) -> None:
    """`dvc repro` has nothing to do, and takes no time to find out."""
    started = time.monotonic()
    finished = scratch.repro()
    assert finished.ran == [], finished.out
    assert time.monotonic() - started < SETTLED_SECONDS


@contextmanager
def changed(path: Path, change: Callable[[bytes], bytes]) -> Iterator[None]:
    """A file that is other for a while."""
    before = path.read_bytes()
    after = change(before)
    assert after != before
    path.write_bytes(after)
    try:
        yield
    finally:
        path.write_bytes(before)


def flipped(data: bytes) -> bytes:
    """The last bit turned over."""
    return data[:-1] + bytes([data[-1] ^ 1])


def processes_in(folder: Path, sign: str) -> list[str]:
    """Command lines of processes that work in a folder."""
    found = []
    for process in Path("/proc").iterdir():
        try:
            if process.name.isdigit() and (process / "cwd").resolve() == folder.resolve():
                line = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                found += [line] if sign in line else []
        except OSError:
            continue  # it ended meanwhile
    return found


# --- the story --------------------------------------------------------------------------------


def test_the_life_of_a_workflow(scratch: Scratch) -> None:
    everything_is_there(scratch)
    only_what_changed_runs(scratch)
    first_release(scratch)
    killed_while_training(scratch)
    second_release(scratch)
    back_to_the_first(scratch)
    tampering_is_noticed(scratch)
    a_failed_gate_registers_nothing(scratch)


def everything_is_there(scratch: Scratch) -> None:
    ws = scratch.ws
    for folder in (
        ws.curated,
        ws.adapter,
        *(ws.scores(m) for m in ("candidate", "base", "champion", "calibration")),
    ):
        read_manifest(folder, made_by="its stage")
    for path in (ws.data_card, ws.data_page, ws.calibration, ws.baseline, ws.training_run,
                 ws.results / "scorecard.json", ws.results / "gate.md",
                 ws.results / "plots" / "risk_coverage.json"):  # fmt: skip
        assert path.stat().st_size > 2
    assert list(ws.artifacts.rglob("*.partial")) == []
    assert verdict(scratch)["status"] == "PASS"
    card = json.loads((ws.results / "scorecard.json").read_text())
    assert card["gold_cases"] == 20
    assert card["models"]["candidate"]["metrics"]["schema_valid_rate"]["value"] == 1.0
    settled(scratch)


def only_what_changed_runs(scratch: Scratch) -> None:
    recipe = scratch.root / "recipes" / "tiny.yaml"
    scratch.edit(recipe, "# tiny\n", "# tiny, for tests\n")
    scratch.edit(scratch.ws.contract, "task: ", "# what is asked\ntask: ")
    settled(scratch)
    with changed(recipe, lambda text: text.replace(b'"seed": 3', b'"seed": 99')):
        planned = scratch.repro("--dry").ran
        assert planned[0] == "train"
        assert "curate" not in planned
    with changed(recipe, lambda text: text.replace(b'"batch_size": 8', b'"batch_size": 7')):
        assert scratch.repro("--dry").ran[0] == "calibrate", "a knob of answering retrains"
    lines = scratch.ws.gold.read_text().splitlines()
    case = json.loads(lines[1])
    lines[1] = json.dumps(case | {"input": case["input"] + " kvvv"})
    scratch.ws.gold.write_text("\n".join(lines) + "\n")
    ran = scratch.repro().ran
    assert {"score_base", "score", "gate"} <= set(ran)
    assert not {"train", "calibrate"} & set(ran)


def first_release(scratch: Scratch) -> None:
    scratch.anew.repro("registry/dvc.yaml:register@mini")
    assert releases(scratch) == {1: ["candidate"]}
    assert scratch.repro("registry/dvc.yaml:register@mini").ran == ["register"]
    assert releases(scratch) == {1: ["candidate"]}
    shutil.rmtree(scratch.root / ".mlflow")  # a clone has none; the receipt is in git
    assert scratch.repro("registry/dvc.yaml:register@mini").ran == ["register"]
    assert releases(scratch) == {1: ["candidate"]}
    moved(scratch.anew, "promote", "mini", "--reason", "the first that works")
    assert json.loads(scratch.ws.champion.read_text())["version"] == 1
    scratch.repro()
    settled(scratch)
    assert verdict(scratch)["baseline"]["version"] == 0, "its own verdict changed by promoting it"
    scratch.repro("registry/dvc.yaml:register@mini")
    assert releases(scratch) == {1: ["candidate", "champion"]}


def killed_while_training(scratch: Scratch) -> None:
    """A second candidate, whose first `dvc repro` is killed without a chance to tidy up."""
    scratch.edit(scratch.root / "recipes" / "tiny.yaml", '"seed": 3', '"seed": 4')
    with scratch.anew.start(*scratch.anew.dvc("repro")) as run:
        end = time.monotonic() + 60
        while not list(scratch.ws.artifacts.glob(".adapter.*.partial")):
            assert run.poll() is None, "it ended before it trained"
            assert time.monotonic() < end, "it never began to train"
            time.sleep(0.05)
        assert processes_in(scratch.root, "pipelines.train"), "there is nothing to orphan"
        run.send_signal(signal.SIGKILL)
        run.wait()
        end = time.monotonic() + 10
        while orphans := processes_in(scratch.root, "pipelines."):
            assert time.monotonic() < end, orphans
            time.sleep(0.05)


def second_release(scratch: Scratch) -> None:
    ran = scratch.repro().ran
    assert ran[0] == "train"
    assert {"score_champion", "score", "gate"} <= set(ran)
    assert list(scratch.ws.artifacts.rglob("*.partial")) == []
    inputs = read_manifest(scratch.ws.scores("champion"), made_by="x")["inputs"]
    assert inputs["release"] == json.loads(scratch.ws.champion.read_text())["digest"]
    assert verdict(scratch)["baseline"]["version"] == 1
    scratch.repro("registry/dvc.yaml:register@mini")
    moved(scratch, "promote", "mini", "--version", "2", "--reason", "another seed")
    assert releases(scratch) == {1: ["previous"], 2: ["candidate", "champion"]}
    scratch.repro()
    settled(scratch)


def back_to_the_first(scratch: Scratch) -> None:
    moved(scratch.anew, "rollback", "mini", "--reason", "complaints")
    assert "champion" in releases(scratch)[1]
    history = json.loads(moved(scratch, "history", "mini", "--json").out)
    moves = [(e["action"], e["from_version"], e["to_version"]) for e in history]
    assert moves == [("promote", 0, 1), ("promote", 1, 2), ("rollback", 2, 1)]
    assert json.loads(scratch.ws.champion.read_text())["version"] == 1
    scratch.repro()
    settled(scratch)


def tampering_is_noticed(scratch: Scratch) -> None:
    card = scratch.ws.results / "scorecard.json"
    sound = scratch.anew.dslm("verify", "mini")
    assert sound.code == 0, sound.text
    untouched = scratch.stage("register")
    assert untouched.code == 0, f"what follows would prove nothing: {untouched.text}"
    with changed(card, lambda data: data.replace(b'"n": 20', b'"n": 21', 1)):
        told = scratch.dslm("verify", "mini")
        assert told.code == EXIT_BAD_INPUT
        assert "21" in told.text
        assert scratch.stage("register").code == EXIT_REFUSED
    weights = scratch.ws.adapter / "adapter_model.safetensors"
    rows = scratch.ws.scores("candidate") / "rows.jsonl"
    for path in (weights, rows, scratch.ws.gold, scratch.ws.calibration):
        with changed(path, lambda data: data + b" " if data.endswith(b"\n") else flipped(data)):
            refused = scratch.stage("register")
            assert refused.code == EXIT_REFUSED, f"{path.name}: {refused.text}"
            assert "Traceback" not in refused.text
    assert set(releases(scratch)) == {1, 2}


def a_failed_gate_registers_nothing(scratch: Scratch) -> None:
    right = "{id: right, kind: bound, metric: case_exact_match, at_least: 0.99, on: value}"
    strict = f"{POLICY}  - {right}\n"
    with changed(scratch.ws.policy, lambda _: strict.encode()):
        gate = scratch.run(*scratch.dvc("repro", "gate@mini"))
        assert gate.code != 0
        assert "gate mini: FAIL" in gate.text
        assert verdict(scratch)["status"] == "FAIL"
        register = scratch.stage("register")
        assert register.code == EXIT_GATE_FAILED
        assert "the gate says FAIL: right" in register.text
        assert scratch.run(*scratch.dvc("repro", "registry/dvc.yaml:register@mini")).code != 0
    assert set(releases(scratch)) == {1, 2}


@pytest.mark.parametrize(
    "arguments",
    [("-c", "import sys; print(sys.argv, sys.path, __name__); sys.exit(3)", "a"),
     ("-c", "import sys; sys.exit('said')"),
     ("-c", "import os, signal; os.kill(os.getpid(), signal.SIGTERM)"),
     ("-m", "pipelines.gate", "--workflow", "other"), ("-m", "nothing"), ("-V",)],
    ids=str,
)  # fmt: skip
def test_a_python_that_is_a_copy_ends_as_a_new_one(
    scratch: Scratch, arguments: tuple[str, ...]
) -> None:
    copy, new = (one.run("python", *arguments) for one in (scratch, scratch.anew))
    assert (copy.code, copy.out, copy.err[-40:]) == (new.code, new.out, new.err[-40:])


def test_all_this_needs_no_network(scratch: Scratch) -> None:
    if not scratch.wrapper:
        pytest.skip("this machine does not let us take the network away (unshare --net)")
    probe = "import socket; socket.create_connection(('1.1.1.1', 53), timeout=5)"
    unreachable = scratch.run("python", "-c", probe)
    assert "Network is unreachable" in unreachable.err
