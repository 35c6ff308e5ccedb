"""The loss on CPU: logits only where there is loss, through the architecture's own head.

TRL's fused head is made for GPUs; on two cores it took half of every step. Used by
`dslm.training.run.training_run` where there is no GPU.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from dslm.training.distributed import bare, within
from dslm.training.encoded_rows import IGNORED
from dslm.training.run.lora_adapter import adapted_layers, stop_casting


def answer_loss(model: Any, inputs: dict[str, Any], items: Any) -> Any:
    """Cross entropy of the labelled tokens.

    Args:
        model: A PEFT model.
        inputs: `input_ids`, `labels` of shape (rows, tokens), and what else the model is to be
            given: `attention_mask`, or what `dslm.training.run.sequence_packing` makes.
        items: Labelled tokens of the whole update, over all its micro-batches; None divides by
            those of this one.

    Returns:
        A scalar with gradient: the sum over labelled tokens divided by `items`.
    """
    import torch
    from torch.nn import functional

    base = model.get_base_model()
    labels = inputs["labels"][:, 1:]  # token t is predicted at position t - 1
    columns = (labels != IGNORED).any(dim=0).nonzero().flatten()
    forward = type(base).forward  # the class's: TRL has put its fused head in the instance's
    given = {name: value for name, value in inputs.items() if name != "labels"}
    # An index, not a slice: a contiguous copy is what the head needs. With a cache, transformers
    # does not look for rows that lie end to end, and they would see each other.
    logits = forward(base, **given, logits_to_keep=columns, use_cache=False).logits
    wanted = labels[:, columns].reshape(-1)
    flat = logits.reshape(-1, logits.shape[-1]).float()
    total = functional.cross_entropy(flat, wanted, ignore_index=IGNORED, reduction="sum")
    count = (wanted != IGNORED).sum() if items is None else torch.as_tensor(items)
    return total / count


@contextmanager
def mixed_precision(layers: list[Any]) -> Iterator[None]:
    """Products in bfloat16 while adapter and optimizer keep float32; around one forward pass.

    PEFT by itself casts activations up to the adapter's type and multiplies there, which makes a
    step a fifth slower (`tests/bench/train_step_cpu.py`). Not to be held open over an update:
    autocast keeps the cast weights until its block ends.

    Args:
        layers: From `adapted_layers`; finding them takes too long for every step.
    """
    import torch

    before = [layer.cast_input_dtype_enabled for layer in layers]
    stop_casting(layers)
    try:
        with torch.autocast("cpu", dtype=torch.bfloat16):
            yield
    finally:
        for layer, enabled in zip(layers, before, strict=True):
            layer.cast_input_dtype_enabled = enabled


def with_cpu_loss(trainer: type[Any], *, mixed: bool) -> type[Any]:
    """A trainer class whose loss is `answer_loss`, under `mixed_precision` where asked."""
    layers: list[Any] = []

    def loss_of(model: Any, inputs: dict[str, Any], items: Any) -> Any:
        if not mixed:
            return answer_loss(model, inputs, items)
        if not layers:
            layers.extend(adapted_layers(model))
            # for good: checkpointed layers run again in the backward pass, outside of the block
            stop_casting(layers)
        with mixed_precision(layers):
            return answer_loss(model, inputs, items)

    class CpuTrainer(trainer):  # type: ignore[misc, unused-ignore]
        def compute_loss(
            self,
            model: Any,
            inputs: dict[str, Any],
            return_outputs: bool = False,
            num_items_in_batch: Any = None,
        ) -> Any:
            loss = within(model, lambda own: loss_of(own, inputs, num_items_in_batch))
            if num_items_in_batch is not None and self.accelerator.num_processes > 1:
                # items are those of all processes, and the mean of their gradients is taken
                loss = loss * self.accelerator.num_processes
            return (loss, {}) if return_outputs else loss

        def prediction_step(
            self, model: Any, inputs: dict[str, Any], *_: Any, **__: Any
        ) -> tuple[Any, None, None]:
            import torch

            with torch.no_grad():
                loss = loss_of(bare(model), self._prepare_inputs(inputs), None)
            return loss.detach(), None, None

    return CpuTrainer
