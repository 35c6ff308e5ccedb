from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import load
from support.models import tiny_model
from support.repositories.scored_rows import MINI, cases

from dslm.cli.shell.boundary import run as bounded
from dslm.errors import EXIT_INTERRUPTED, InputError
from dslm.inference.base_models.model_loading import ADAPTER_WEIGHTS
from dslm.provenance import digest_file
from dslm.training.checkpoints.checkpoint_files import Checkpoints
from dslm.training.run.early_stopping import EarlyStopper
from dslm.training.run.training_run import Summary, train
from dslm.training.run.training_tripwires import TrainingMonitor

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # of trainer libraries, their own
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]
# learns four rows by heart, so that the validation loss soon rises again
HASTY = {"learning_rate": 0.05, "schedule": "constant", "max_steps": 30, "epochs": 30,
         "validate_every": 2, "early_stopping": {"patience": 2}}  # fmt: skip


def adapted() -> Any:
    """A tiny model with an adapter."""
    config = LoraConfig(task_type="CAUSAL_LM", r=2, target_modules=["q_proj"])
    return get_peft_model(tiny_model.model(), config)


def fill(model: Any, value: float) -> None:
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if ".lora_B." in name:
                parameter.fill_(value)


def test_it_is_time_to_stop_after_so_many_looks_without_a_lower_loss() -> None:
    stopper, model = EarlyStopper(patience=2), adapted()
    told = [stopper.see(step, loss, model) for step, loss in
            enumerate([3.0, 2.0, 2.0, 1.5, 1.6, 1.7])]  # fmt: skip
    assert told == [False, False, False, False, False, True]
    assert stopper.best is not None
    assert (stopper.best.step, stopper.best.loss) == (3, 1.5)


def test_the_best_weights_come_back_as_the_bytes_that_were_recorded(tmp_path: Path) -> None:
    stopper, model = EarlyStopper(patience=2), adapted()
    fill(model, 0.25)
    stopper.see(1, 1.0, model)
    fill(model, 0.5)
    stopper.see(2, 2.0, model)
    model.save_pretrained(tmp_path)
    with pytest.raises(InputError, match="not the weights that were best at step 1"):
        stopper.verify(tmp_path / ADAPTER_WEIGHTS)
    stopper.load_into(model)
    model.save_pretrained(tmp_path)
    stopper.verify(tmp_path / ADAPTER_WEIGHTS)
    tensors = load((tmp_path / ADAPTER_WEIGHTS).read_bytes())
    assert {float(t.max()) for name, t in tensors.items() if ".lora_B." in name} == {0.25}


def test_other_weights_than_the_recorded_best_are_not_gone_on_with(tmp_path: Path) -> None:
    stopper, model = EarlyStopper(patience=2), adapted()
    stopper.see(1, 1.0, model)
    kept = tmp_path / "best.safetensors"
    kept.write_bytes(stopper.weights[:-1] + b"!")
    with pytest.raises(InputError, match="not the weights that were best"):
        EarlyStopper(patience=2).restore(stopper.state(), kept)


def trained(work: Path, **changes: Any) -> Summary:
    files = tiny_model.base_files()
    recipe = tiny_model.recipe(files.folder, **HASTY | changes)
    out = work / "out"
    out.mkdir(parents=True, exist_ok=True)
    kept = Checkpoints(work / "checkpoints", {"recipe": recipe.digest()})
    return train(MINI, recipe, files, cases(4), cases(8, prefix="v"), out, kept)[0]


@pytest.mark.slow
def test_a_run_that_stops_early_writes_its_best_weights_killed_or_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    summary = trained(tmp_path / "whole")
    best = min(summary.validation_losses, key=lambda point: point[1])
    assert summary.best is not None
    assert summary.best.step == best[0]
    assert summary.best.step < summary.steps < 30
    assert digest_file(tmp_path / "whole" / "out" / ADAPTER_WEIGHTS) == summary.best.digest
    told = json.loads((tmp_path / "whole" / "out" / "training.json").read_text())
    assert told["best"]["step"] == summary.best.step

    see = TrainingMonitor.see

    def interrupted(self: TrainingMonitor, step: int, loss: float) -> None:
        see(self, step, loss)
        if step == summary.steps:  # when the best weights are only in the checkpoint
            raise KeyboardInterrupt

    monkeypatch.setattr(TrainingMonitor, "see", interrupted)
    assert bounded(lambda: trained(tmp_path / "cut") and None) == EXIT_INTERRUPTED
    monkeypatch.setattr(TrainingMonitor, "see", see)
    assert trained(tmp_path / "cut") == summary
    same = [digest_file(tmp_path / work / "out" / ADAPTER_WEIGHTS) for work in ("whole", "cut")]
    assert same[0] == same[1]
