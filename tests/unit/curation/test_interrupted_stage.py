"""The stage is ended while its worker processes are reading: none may stay, nor half an output."""

from __future__ import annotations

import functools
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from support.models import tiny_model
from support.repositories.dvc_repository import unlike_cases
from support.repositories.small_repository import RECIPE, ROOT, make_repository, write_lines

from dslm.errors import EXIT_INTERRUPTED, EXIT_TERMINATED
from dslm.provenance import read_manifest
from dslm.settings.workspace import Workspace

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks into /proc"),
]

PARTS, WORKERS = 4, 2
WORKER = "daft.execution.udf_worker"
STARTED_SECONDS, GONE_SECONDS = 90, 4
LONG = 30_000  # rows of one part: reading them takes a worker many seconds


@pytest.fixture(scope="module")
def ws(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    made = make_repository(tmp_path_factory.mktemp("killed"))
    (made.data / "sources" / "cases.jsonl").unlink()
    write_lines(made.gold, unlike_cases(30, prefix="g", seed=2))
    text = tiny_model.recipe_text(tiny_model.base_folder())
    (made.root / "recipes" / f"{RECIPE}.yaml").write_text(text)
    with (made.root / "params.yaml").open("a") as stream:
        stream.write(f"curate: {{workers: {WORKERS}}}\n")
    return made


@functools.cache
def lines(part: int, rows: int) -> str:
    """Rows as JSON lines; of many the later ones repeat the texts of the first."""
    cases = unlike_cases(min(rows, 1000), prefix=f"p{part}-", seed=part + 10)
    once = [json.dumps(case, separators=(",", ":")) for case in cases]
    return "".join(
        once[row % len(once)].replace(f'"p{part}-', f'"p{part}-{row}-', 1) + "\n"
        for row in range(rows)
    )


def give(ws: Workspace, rows: int) -> None:
    for part in range(PARTS):
        (ws.data / "sources" / f"{part}.jsonl").write_text(lines(part, rows))


def workers_of(pid: int) -> set[int]:
    """The worker processes that a process started, as long as they run."""
    found = set()
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                parent, state = _parent_and_state(folder)
                if parent == pid and state != "Z" and WORKER in (folder / "cmdline").read_text():
                    found.add(int(folder.name))
            except OSError:
                continue
    return found


def _parent_and_state(folder: Path) -> tuple[int, str]:
    rest = (folder / "stat").read_text().rsplit(")", 1)[1].split()
    return int(rest[1]), rest[0]


def busy(pid: int) -> bool:
    """Whether a process has used three seconds of processor time since it began: it reads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12]) > 3 * os.sysconf("SC_CLK_TCK")


def running(pids: set[int]) -> set[int]:
    found = set()
    for pid in pids:
        try:
            if _parent_and_state(Path(f"/proc/{pid}"))[1] != "Z":
                found.add(pid)
        except OSError:
            continue
    return found


@contextmanager
def stage_at_work(ws: Workspace) -> Iterator[tuple[subprocess.Popen[str], set[int]]]:
    """The stage in a process group of its own, and its workers once they are there and one reads.

    On a quiet machine one of them may read nearly all parts, and the other wait.
    """
    command = [sys.executable, "-m", "pipelines.curate", "--workflow", "mini"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, cwd=ws.root, env=environment, text=True, start_new_session=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE) as stage:  # fmt: skip
        try:
            until = time.monotonic() + STARTED_SECONDS
            workers: set[int] = set()
            while len(workers) < WORKERS or not any(map(busy, workers)):
                assert stage.poll() is None, stage.communicate()
                assert time.monotonic() < until, workers
                time.sleep(0.2)
                workers = workers_of(stage.pid)
            yield stage, workers
        finally:
            if stage.poll() is None:
                stage.kill()


def gone(pids: set[int]) -> None:
    until = time.monotonic() + GONE_SECONDS
    while left := running(pids):
        assert time.monotonic() < until, f"{len(left)} of {len(pids)} workers are still there"
        time.sleep(0.05)


def succeeds(ws: Workspace) -> None:
    """The next run, on shorter sources, is as if nothing had been."""
    give(ws, 60)
    command = [sys.executable, "-m", "pipelines.curate", "--workflow", "mini"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ws.root, env=environment, capture_output=True, text=True,
                          check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr
    read_manifest(ws.curated, made_by="the stage")
    book = json.loads((ws.curated / "ledger.json").read_bytes())
    assert book["read"] == PARTS * 60
    assert [path.name for path in ws.artifacts.iterdir() if "partial" in path.name] == []
    (ws.curated / "MANIFEST.json").unlink()


def nothing_half_written(ws: Workspace) -> None:
    """There is no output, or none that would count as one."""
    assert not (ws.curated / "MANIFEST.json").exists()
    assert not ws.data_card.exists() or ws.curated.exists()


@pytest.mark.parametrize("how", ["killed", "told to end"])
def test_no_worker_outlives_a_stage_that_was(how: str, ws: Workspace) -> None:
    give(ws, LONG)
    with stage_at_work(ws) as (stage, workers):
        stage.send_signal(signal.SIGKILL if how == "killed" else signal.SIGTERM)
        ended = {"killed": -signal.SIGKILL, "told to end": EXIT_TERMINATED}
        assert stage.wait(GONE_SECONDS) == ended[how]
        gone(workers)
    nothing_half_written(ws)
    succeeds(ws)


@pytest.mark.parametrize("whom", ["all of them", "the stage alone"])
def test_an_interrupted_stage_says_how_to_go_on_and_leaves_no_worker(
    whom: str, ws: Workspace
) -> None:
    give(ws, LONG)
    with stage_at_work(ws) as (stage, workers):
        if whom == "all of them":  # as a terminal does on Ctrl-C
            os.killpg(stage.pid, signal.SIGINT)
        else:
            stage.send_signal(signal.SIGINT)
        ended = stage.wait(2 * GONE_SECONDS)
        assert stage.stderr is not None
        told = stage.stderr.read()
        assert ended == EXIT_INTERRUPTED, told
        gone(workers)
    assert "`dvc repro curate@mini` does this stage again" in told
    assert "Traceback" not in told
    nothing_half_written(ws)
    succeeds(ws)
