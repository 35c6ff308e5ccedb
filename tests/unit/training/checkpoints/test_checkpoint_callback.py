from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from support.models import tiny_model
from support.repositories.scored_rows import MINI, cases
from support.repositories.small_repository import ROOT

from dslm.cli.shell.boundary import run as bounded
from dslm.errors import EXIT_ENVIRONMENT, EXIT_INTERRUPTED, Interrupted
from dslm.inference.base_models.model_loading import ADAPTER_WEIGHTS
from dslm.provenance import MANIFEST, digest_file, write_manifest
from dslm.training.checkpoints.checkpoint_files import Checkpoints
from dslm.training.run.run_record import RunRecord
from dslm.training.run.training_run import Summary, train
from dslm.training.run.training_tripwires import TrainingMonitor

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # of trainer libraries, their own
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.slow,
]
ROWS, HELD_OUT = cases(24), cases(8, prefix="v")
WRITTEN = (ADAPTER_WEIGHTS, "training.json")


def trained(
    work: Path, *, lora: dict[str, Any] | None = None, **changes: Any
) -> tuple[Summary, RunRecord]:
    """A run with checkpoints every second update, six updates to an epoch."""
    files = tiny_model.base_files()
    recipe = tiny_model.recipe(files.folder, **{"max_steps": 8, "epochs": 2} | changes)
    recipe = recipe.model_copy(update={"lora": recipe.lora.model_copy(update=lora or {})})
    out = work / "out"
    out.mkdir(parents=True, exist_ok=True)
    kept = Checkpoints(work / "checkpoints", {"recipe": recipe.digest()})
    return train(MINI, recipe, files, ROWS, HELD_OUT, out, kept)


def stopped_at(monkeypatch: pytest.MonkeyPatch, step: int, error: BaseException) -> None:
    """Have the next run end with an error when the loss of a step is seen."""
    see = TrainingMonitor.see

    def stopping(self: TrainingMonitor, now: int, loss: float) -> None:
        see(self, now, loss)
        if now == step:
            monkeypatch.setattr(TrainingMonitor, "see", see)
            raise error

    monkeypatch.setattr(TrainingMonitor, "see", stopping)


def digests(work: Path) -> dict[str, str]:
    return {name: digest_file(work / "out" / name) for name in WRITTEN}


def test_a_run_killed_again_and_again_ends_with_the_same_bytes(tmp_path: Path) -> None:
    asked = {
        "work": str(tmp_path),
        "kills": 10,
        "seed": 5,
        "recipe": {"training": {"max_steps": 14, "epochs": 3}, "lora": {"dropout": 0.1}},
    }
    done = subprocess.run(
        [sys.executable, "-m", "support.training.killed_runs", json.dumps(asked)],
        env=os.environ | {"PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}", "OMP_NUM_THREADS": "1"},
        capture_output=True, text=True, check=False, timeout=280,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout)
    assert told["at_random"] + told["in_writes"] >= 10
    assert told["in_writes"] > 0
    assert told["halves"] > 0, "no kill left a half-written checkpoint"
    assert told["runs"] >= 2
    assert len(told["weights"]) == len(told["summaries"]) == 1


@pytest.mark.parametrize("step", [1, 3, 6, 7])  # before the first, within an epoch, at its end
def test_ctrl_c_says_where_the_same_command_goes_on_and_there_it_does(
    tmp_path: Path,
    step: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    lora = {"dropout": 0.1, "dtype": "bfloat16"}
    trained(tmp_path / "whole", lora=lora)
    stopped_at(monkeypatch, step, KeyboardInterrupt())
    assert bounded(lambda: trained(tmp_path / "cut", lora=lora) and None) == EXIT_INTERRUPTED
    newest = (step - 1) // 2 * 2
    again = f"goes on from update {newest}" if newest else "starts again"
    assert f"the same command {again}" in capsys.readouterr().err
    trained(tmp_path / "cut", lora=lora)
    if newest:
        assert f"goes on from update {newest}" in capsys.readouterr().err
    assert digests(tmp_path / "cut") == digests(tmp_path / "whole")


def test_a_run_goes_on_with_the_threads_it_was_begun_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped_at(monkeypatch, 5, KeyboardInterrupt())
    assert bounded(lambda: trained(tmp_path, threads="auto") and None) == EXIT_INTERRUPTED
    manifest = tmp_path / "checkpoints" / "checkpoint-4" / MANIFEST
    sealed = json.loads(manifest.read_bytes())
    sealed["inputs"]["threads"] = "3"  # measuring tries 1, 2, 4 and so on
    manifest.write_text(json.dumps(sealed))
    _, measured = trained(tmp_path, threads="auto")
    assert measured.threads == 3


@pytest.fixture
def small_disk(tmp_path: Path) -> Any:
    """A file system with room for two checkpoints of a tiny model, not for three."""
    mount = tmp_path / "disk"
    mount.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=900k", "tmpfs", str(mount)]
    if os.name != "posix" or os.geteuid() != 0 or subprocess.run(command, check=False).returncode:
        pytest.skip("only root may mount a file system")
    yield mount
    subprocess.run(["umount", str(mount)], check=True)


def test_a_full_disk_is_one_clear_line_and_with_room_again_the_run_goes_on(
    tmp_path: Path, small_disk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trained(tmp_path / "whole")
    size = sum(f.stat().st_size for f in one_checkpoint(tmp_path / "whole").rglob("*"))
    work = tmp_path / "cut"
    work.mkdir()
    (work / "checkpoints").symlink_to(small_disk)
    filler = small_disk / "filler"
    filler.write_bytes(bytes(900 * 1024 - int(1.5 * size)))
    assert bounded(lambda: trained(work) and None) == EXIT_ENVIRONMENT
    said = capsys.readouterr().err
    assert "the disk is full — free some space" in said
    assert "Traceback" not in said
    assert [path.name for path in small_disk.glob("checkpoint-*")] == ["checkpoint-2"]
    filler.unlink()
    trained(work)
    assert "goes on from update 2" in capsys.readouterr().err
    assert digests(work) == digests(tmp_path / "whole")


def one_checkpoint(work: Path) -> Path:
    """A checkpoint of a run."""
    return next((work / "checkpoints").glob("checkpoint-*"))


class Burglar:
    """Runs what it likes where it is unpickled."""

    def __init__(self, trace: Path):
        self.trace = trace

    def __reduce__(self) -> Any:
        return Path.touch, (self.trace,)


PICKLED = ("rng_state.pth", "optimizer.pt", "scheduler.pt")


@pytest.mark.parametrize("name", PICKLED)
def test_the_trainer_s_state_is_read_as_tensors_and_runs_no_code(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped_at(monkeypatch, 4, KeyboardInterrupt())
    with pytest.raises(Interrupted):
        trained(tmp_path)
    folder = tmp_path / "checkpoints" / "checkpoint-2"
    trace = tmp_path / "was-here"
    torch.save(Burglar(trace), folder / name)
    inputs = json.loads((folder / MANIFEST).read_bytes())["inputs"]
    (folder / MANIFEST).unlink()
    write_manifest(folder, inputs)  # an intruder who knows how, or digests alone would stop it
    with pytest.raises(pickle.UnpicklingError, match="Weights only load failed"):
        trained(tmp_path)
    assert not trace.exists()
    torch.load(folder / name, weights_only=False)
    assert trace.exists(), "what was planted is harmless"
