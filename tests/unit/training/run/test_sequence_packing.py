from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from support.models import tiny_model
from support.repositories.scored_rows import MINI, cases

from dslm.inference.decoding.grouped_attention import register
from dslm.inference.prompts.prompt import tuned_prompt
from dslm.training.encoded_rows import IGNORED, encode
from dslm.training.run.answer_loss import answer_loss
from dslm.training.run.sequence_packing import collator, end_to_end

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]


def rows(count: int = 3) -> list[dict[str, list[int]]]:
    encoded = [encode(tiny_model.tokenizer(), tuned_prompt(MINI), c) for c in cases(count)]
    return [{"input_ids": list(r.input_ids), "labels": list(r.labels)} for r in encoded]


def adapted(architecture: str, attention: str) -> Any:
    from peft import LoraConfig, get_peft_model

    register()
    torch.manual_seed(0)
    model = tiny_model.model(architecture)
    model.set_attn_implementation(attention)
    config = LoraConfig(task_type="CAUSAL_LM", r=4, target_modules="all-linear")
    return get_peft_model(model, config)


@pytest.mark.slow
@pytest.mark.parametrize("attention", ["eager", "sdpa", "grouped", "varlen"])
@pytest.mark.parametrize("architecture", tiny_model.ARCHITECTURES)
def test_the_loss_of_rows_end_to_end_is_that_of_each_alone(
    architecture: str, attention: str
) -> None:
    model, items = adapted(architecture, attention), rows()
    trained = sum(label != IGNORED for row in items for label in row["labels"])
    together = answer_loss(model, end_to_end(items), trained)
    alone = [answer_loss(model, end_to_end([row]), trained) for row in items]
    assert together.item() == pytest.approx(sum(alone).item(), abs=1e-5)
    assert together.item() > 0


@pytest.mark.slow
@pytest.mark.parametrize("attention", ["eager", "sdpa", "grouped", "varlen"])
@pytest.mark.parametrize("architecture", tiny_model.ARCHITECTURES)
def test_a_row_does_not_see_the_one_before_it(architecture: str, attention: str) -> None:
    model, items = adapted(architecture, attention), rows(2)
    items[0]["labels"] = [IGNORED] * len(items[0]["labels"])
    before = answer_loss(model, end_to_end(items), None).item()
    items[0]["input_ids"] = [7] * len(items[0]["input_ids"])
    assert answer_loss(model, end_to_end(items), None).item() == pytest.approx(before, abs=1e-6)
    items[1]["input_ids"][0] = 7
    assert answer_loss(model, end_to_end(items), None).item() != pytest.approx(before, abs=1e-6)


def trl(folder: Path, model: Any) -> Any:
    """TRL's trainer with its own loss, as a GPU has it; its own collator pads."""
    from datasets import Dataset
    from trl import SFTConfig, SFTTrainer

    config = SFTConfig(
        output_dir=str(folder), use_cpu=True, bf16=False, report_to=[], max_length=None,
        gradient_checkpointing=False, dataset_kwargs={"skip_prepare_dataset": True},
        disable_tqdm=True,
    )  # fmt: skip
    trainer = SFTTrainer(
        model=model, args=config, train_dataset=Dataset.from_list(rows()),
        processing_class=tiny_model.tokenizer(),
    )  # fmt: skip
    trainer.model.train()
    return trainer


@pytest.mark.slow
@pytest.mark.parametrize("architecture", [*tiny_model.ARCHITECTURES, "gemma3_vision"])
def test_the_loss_on_a_gpu_is_the_same_end_to_end_padded_and_row_by_row(
    tmp_path: Path, architecture: str
) -> None:
    trainer, items = trl(tmp_path, adapted(architecture, "varlen")), rows()
    trained = sum(label != IGNORED for row in items for label in row["labels"])

    def loss(batch: Any) -> float:
        found = trainer.compute_loss(trainer.model, dict(batch), num_items_in_batch=trained)
        return float(found.detach())

    pack = collator("varlen", on_gpu=True)
    together = loss(pack(items))
    assert together > 0
    assert sum(loss(pack([row])) for row in items) == pytest.approx(together, abs=1e-5)
    trainer.model.set_attn_implementation("sdpa")
    assert loss(trainer.data_collator(items)) == pytest.approx(together, abs=1e-5)


@pytest.mark.slow
def test_on_a_gpu_too_no_row_sees_another(tmp_path: Path) -> None:
    trainer, items = trl(tmp_path, adapted("llama", "varlen")), rows(2)
    items[0]["labels"] = [IGNORED] * len(items[0]["labels"])

    def loss() -> float:
        batch = collator("varlen", on_gpu=True)(items)
        return float(trainer.compute_loss(trainer.model, batch).detach())

    before = loss()
    items[0]["input_ids"] = [7] * len(items[0]["input_ids"])
    assert loss() == pytest.approx(before, abs=1e-6)
    items[1]["input_ids"][0] = 7
    assert loss() != pytest.approx(before, abs=1e-6)


def test_rows_are_padded_only_where_pairs_of_different_rows_would_be_kept() -> None:
    assert [collator(name, on_gpu=True) for name in ("eager", "sdpa")] == [None, None]
    found = [collator(name, on_gpu=gpu) for name in ("varlen", "grouped") for gpu in (True, False)]
    found += [collator(name, on_gpu=False) for name in ("eager", "sdpa")]
    assert found == [end_to_end] * 6


def test_its_gradients_are_those_of_each_alone() -> None:
    found = []
    for packed in (True, False):
        model, items = adapted("llama", "grouped"), rows()
        trained = sum(label != IGNORED for row in items for label in row["labels"])
        for batch in [items] if packed else [[row] for row in items]:
            answer_loss(model, end_to_end(batch), trained).backward()
        found.append([p.grad for p in model.parameters() if p.requires_grad])
    for together, alone in zip(*found, strict=True):
        torch.testing.assert_close(together, alone, rtol=1e-3, atol=1e-6)


@given(st.lists(st.integers(1, 9), min_size=1, max_size=6))
def test_no_token_is_padding_and_every_row_starts_at_zero(lengths: list[int]) -> None:
    batch = end_to_end([{"input_ids": [5] * n, "labels": [IGNORED] * n} for n in lengths])
    assert batch["input_ids"].shape == batch["position_ids"].shape == (1, sum(lengths))
    starts = batch["cu_seq_lens_q"].tolist()
    assert starts[0] == 0
    assert [b - a for a, b in pairwise(starts)] == lengths
    assert all(batch["position_ids"][0, start] == 0 for start in starts[:-1])
