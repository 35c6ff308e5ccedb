from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from support.models import tiny_model
from support.repositories.scored_rows import MINI, cases

from dslm.errors import InputError
from dslm.inference.prompts.prompt import tuned_prompt
from dslm.settings.recipe import Recipe
from dslm.training.encoded_rows import Encoded, encode
from dslm.training.memory.memory_budget import Budget, resident
from dslm.training.memory.memory_forecast import GROWTH_ON_CPU
from dslm.training.memory.micro_batching import MicroBatcher, longest
from dslm.training.memory.step_probe import probe
from dslm.training.run.answer_loss import with_cpu_loss
from dslm.training.run.sequence_packing import end_to_end

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.slow,
]
LARGER = {"hidden_size": 256, "intermediate_size": 1024, "num_hidden_layers": 4, "head_dim": 64}


def rows(count: int) -> list[Encoded]:
    tokenizer = tiny_model.tokenizer()
    return [encode(tokenizer, tuned_prompt(MINI), case) for case in cases(count)]


def adapted(**changes: Any) -> Any:
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(0)
    lora = LoraConfig(task_type="CAUSAL_LM", r=4, target_modules="all-linear", lora_dropout=0.1)
    return get_peft_model(tiny_model.model(**changes), lora)


def builder(folder: Path, model: Any, *, ours: bool = True) -> Callable[[Recipe], Any]:
    """Makes the trainer of a run on CPU, or TRL's own as a GPU has it."""
    from datasets import Dataset
    from trl import SFTConfig, SFTTrainer

    def build(recipe: Recipe) -> Any:
        made = with_cpu_loss(SFTTrainer, mixed=False) if ours else SFTTrainer
        config = SFTConfig(
            output_dir=str(folder), use_cpu=True, bf16=False, report_to=[], max_length=None,
            dataset_kwargs={"skip_prepare_dataset": True}, disable_tqdm=True,
            gradient_checkpointing=recipe.training.gradient_checkpointing,
            per_device_train_batch_size=recipe.training.batch_size,
        )  # fmt: skip
        data = [{"input_ids": [1, 2], "labels": [1, 2]}]
        return made(
            model=model, args=config, train_dataset=Dataset.from_list(data),
            processing_class=tiny_model.tokenizer(), data_collator=end_to_end,
        )  # fmt: skip

    return build


def recipe(**training: Any) -> Recipe:
    return tiny_model.recipe("nowhere", **training)


def state(trainer: Any) -> dict[str, Any]:
    """All that a step could change."""
    model = trainer.model
    return {
        "weights": {n: p.detach().clone() for n, p in model.named_parameters()},
        "gradients": [n for n, p in model.named_parameters() if p.grad is not None],
        "mode": model.training,
        "torch": torch.get_rng_state(),
        "python": random.getstate(),
        "numpy": str(np.random.get_state()),
        "counted": trainer._total_train_tokens,
        "metrics": {name: dict(found) for name, found in trainer._metrics.items()},
        "optimizer": trainer.optimizer,
        "step": trainer.state.global_step,
    }


@pytest.mark.parametrize("ours", [True, False], ids=["ours", "trl"])
@pytest.mark.parametrize("again", [False, True], ids=["kept", "checkpointed"])
def test_everything_is_as_it_was(tmp_path: Path, ours: bool, again: bool) -> None:
    model = adapted()
    if again:
        model.enable_input_require_grads()
    trainer = builder(tmp_path, model, ours=ours)(recipe(gradient_checkpointing=again))
    before = state(trainer)
    found = probe(trainer, rows(4))
    assert found.fitted
    after = state(trainer)
    torch.testing.assert_close(before.pop("weights"), after.pop("weights"), rtol=0, atol=0)
    torch.testing.assert_close(before.pop("torch"), after.pop("torch"), rtol=0, atol=0)
    assert before == after


def test_a_fault_that_is_no_lack_of_memory_is_raised_and_leaves_no_trace(tmp_path: Path) -> None:
    trainer = builder(tmp_path, adapted())(recipe())
    before = state(trainer)["weights"]
    trainer.data_collator = lambda items: end_to_end(items) | {"labels": torch.zeros(1, 2)}
    with pytest.raises((RuntimeError, IndexError)):
        probe(trainer, rows(2))
    torch.testing.assert_close(before, state(trainer)["weights"], rtol=0, atol=0)


@pytest.mark.parametrize("error", [torch.OutOfMemoryError(), RuntimeError("DefaultCPUAllocator")])
def test_too_little_memory_is_told_and_leaves_no_trace(tmp_path: Path, error: Exception) -> None:
    trainer = builder(tmp_path, adapted())(recipe())
    before = state(trainer)["weights"]

    def full(*_: Any, **__: Any) -> Any:
        raise error

    trainer.model.get_base_model().register_forward_hook(full)
    trainer.model.get_base_model().get_input_embeddings().register_forward_hook(full)
    assert not probe(trainer, rows(2)).fitted
    torch.testing.assert_close(before, state(trainer)["weights"], rtol=0, atol=0)


def test_more_rows_are_seen_to_take_more_and_the_update_is_cut_until_it_fits(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    build, many = builder(tmp_path, adapted(**LARGER)), rows(64)
    trainer = build(recipe())
    taken = {n: probe(trainer, longest(many, n)).held or 0 for n in (64, 1)}
    assert taken[64] - taken[1] > 100e6
    assert resident() < taken[64] - 50e6  # given back
    between = Budget((taken[1] + taken[64]) / 2 + GROWTH_ON_CPU, "a test's")
    fitter = MicroBatcher(recipe(batch_size=64), None, many, between, on_gpu=False)
    _, fit = fitter.fitted(fitter.predicted(), build)
    rows_at_once, times = fit.split
    assert 1 <= rows_at_once < 64
    assert rows_at_once * times == 64
    assert fit.probed is not None
    assert fit.probed.held is not None
    assert fit.probed.held <= between.bytes - GROWTH_ON_CPU
    said = capsys.readouterr().err
    assert "not predicted: the base's shapes are not known" in said
    assert "64 rows at once do not fit" in said
    assert f"{rows_at_once} rows at once × {times}" in said


def test_one_row_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    build = builder(tmp_path, adapted())
    fitter = MicroBatcher(
        recipe(batch_size=2), None, rows(2), Budget(1e6, "a test's"), on_gpu=False
    )
    with pytest.raises(InputError, match=r"one row at once: .* GB measured.*gradient_checkpoint"):
        fitter.fitted(fitter.predicted(), build)
