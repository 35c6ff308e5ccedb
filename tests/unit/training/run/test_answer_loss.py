from __future__ import annotations

from typing import Any

import pytest
import torch
from support.models import tiny_model
from support.repositories.scored_rows import MINI, cases

from dslm.inference.prompts.prompt import tuned_prompt
from dslm.training.encoded_rows import IGNORED, encode
from dslm.training.run.answer_loss import (
    adapted_layers,
    answer_loss,
    mixed_precision,
    with_cpu_loss,
)

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]


def adapted(architecture: str = "llama") -> Any:
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(0)
    config = LoraConfig(task_type="CAUSAL_LM", r=4, target_modules="all-linear")
    model = get_peft_model(tiny_model.model(architecture), config)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if ".lora_B." in name:
                parameter.normal_(std=0.1)
    return model


def batch(count: int = 4) -> dict[str, Any]:
    """Rows of unlike length, padded on the right as the trainer's collator does."""
    rows = [encode(tiny_model.tokenizer(), tuned_prompt(MINI), c) for c in cases(count)]
    width = max(len(r.input_ids) for r in rows)

    def padded(values: list[tuple[int, ...]], filler: int) -> Any:
        return torch.tensor([[*v, *[filler] * (width - len(v))] for v in values])

    return {
        "input_ids": padded([r.input_ids for r in rows], 0),
        "attention_mask": padded([(1,) * len(r.input_ids) for r in rows], 0),
        "labels": padded([r.labels for r in rows], IGNORED),
    }


@pytest.mark.parametrize("architecture", ["llama", "gemma3", "granite"])
def test_the_loss_is_the_library_s_own(architecture: str) -> None:
    model, inputs = adapted(architecture), batch()
    assert answer_loss(model, inputs, None).item() == pytest.approx(
        model(**inputs).loss.item(), abs=1e-4
    )


def test_its_gradients_are_too() -> None:
    found = []
    for ours in (True, False):
        model, inputs = adapted(), batch()
        (answer_loss(model, inputs, None) if ours else model(**inputs).loss).backward()
        found.append([p.grad for p in model.parameters() if p.requires_grad])
    for ours_, theirs in zip(*found, strict=True):
        torch.testing.assert_close(ours_, theirs, rtol=1e-3, atol=1e-5)


def test_micro_batches_add_up_to_the_whole_batch() -> None:
    model, inputs = adapted(), batch(4)
    items = int((inputs["labels"] != IGNORED).sum())
    whole = answer_loss(model, inputs, items)
    parts = [
        answer_loss(model, {k: v[i : i + 1] for k, v in inputs.items()}, items) for i in range(4)
    ]
    assert sum(parts).item() == pytest.approx(whole.item(), abs=1e-5)
    assert whole.item() == pytest.approx(answer_loss(model, inputs, None).item(), abs=1e-5)


def test_what_is_not_the_answer_does_not_count() -> None:
    model, inputs = adapted(), batch(1)
    changed = {k: v.clone() for k, v in inputs.items()}
    changed["labels"][0, -1] = IGNORED
    assert answer_loss(model, changed, None).item() != answer_loss(model, inputs, None).item()
    end = int((inputs["labels"][0] != IGNORED).nonzero()[0])
    assert set(inputs["labels"][0, :end].tolist()) == {IGNORED}


def test_mixed_precision_multiplies_in_bfloat16_and_keeps_the_adapter_in_float32() -> None:
    model, inputs = adapted(), batch()
    seen = set()
    for name, module in model.named_modules():
        if name.endswith("lora_A.default"):
            module.register_forward_hook(lambda _m, _i, out: seen.add(out.dtype))
    exact = answer_loss(model, inputs, None).item()
    assert seen == {torch.float32}
    seen.clear()
    with mixed_precision(adapted_layers(model)):
        loss = answer_loss(model, inputs, None)
    loss.backward()
    assert seen == {torch.bfloat16}
    assert loss.item() == pytest.approx(exact, abs=0.05)
    trained = [p for p in model.parameters() if p.requires_grad]
    assert {p.dtype for p in trained} == {p.grad.dtype for p in trained} == {torch.float32}


def test_mixed_precision_ends_with_its_block() -> None:
    model, inputs = adapted(), batch()
    before = answer_loss(model, inputs, None).item()
    with mixed_precision(adapted_layers(model)):
        assert answer_loss(model, inputs, None).item() != before
    assert answer_loss(model, inputs, None).item() == before


def test_checkpointed_dora_is_computed_again_as_it_was_the_first_time() -> None:
    class Bare:
        """All that the trainer's loss needs of a trainer."""

    from peft import LoraConfig, get_peft_model

    config = LoraConfig(task_type="CAUSAL_LM", r=4, target_modules="all-linear", use_dora=True)
    model, inputs = get_peft_model(tiny_model.model(), config), batch()
    model.enable_input_require_grads()
    trainer = with_cpu_loss(Bare, mixed=True)()
    gradients = []
    for checkpointed in (False, True):
        model.zero_grad()
        if checkpointed:
            model.gradient_checkpointing_enable({"use_reentrant": False})
        model.train()
        trainer.compute_loss(model, inputs).backward()
        found = [p.grad.clone() for p in model.parameters() if p.grad is not None]
        gradients.append(torch.cat([g.flatten() for g in found]))
    torch.testing.assert_close(gradients[0], gradients[1])


@pytest.mark.slow
@pytest.mark.parametrize("architecture", ["llama", "gemma3_vision"])
def test_it_is_the_loss_that_trl_computes(tmp_path: Any, architecture: str) -> None:
    from trl import SFTConfig, SFTTrainer

    losses = []
    for trainer_class in (SFTTrainer, with_cpu_loss(SFTTrainer, mixed=False)):
        model, inputs = adapted(architecture), batch()
        config = SFTConfig(
            output_dir=str(tmp_path), use_cpu=True, bf16=False, report_to=[], max_length=None,
            dataset_kwargs={"skip_prepare_dataset": True}, disable_tqdm=True,
        )  # fmt: skip
        from datasets import Dataset

        rows = Dataset.from_dict({k: inputs[k].tolist() for k in ("input_ids", "labels")})
        trainer = trainer_class(
            model=model, args=config, train_dataset=rows, processing_class=tiny_model.tokenizer()
        )
        trainer.model.train()
        losses.append(trainer.compute_loss(trainer.model, inputs).item())
        losses.append(trainer.compute_loss(trainer.model, inputs, num_items_in_batch=100).item())
    assert losses[:2] == pytest.approx(losses[2:], abs=1e-4)
