"""One step on the longest micro-batch, to see what it takes, and everything put back as it was.

Takes a trainer before its run; gives the peak of memory, or that there was too little. Adapter,
gradients, random numbers and the trainer's own counts are the same afterwards: a run with a probe
writes the same bytes as one without. Called by `dslm.training.memory.micro_batching`.

On a GPU the peak is what torch's allocator handed out (`max_memory_allocated`). On CPU it is the
process's largest resident set during the step, libraries and all; a run's own peak is higher by
what glibc and oneDNN keep in between (docs/measurements/training.md).
"""

from __future__ import annotations

import ctypes
import gc
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from dslm.training.encoded_rows import Encoded
from dslm.training.memory.memory_budget import PROC, field, resident

PEAK_OF_RESIDENT = "5"  # proc(5): writing it to clear_refs resets VmHWM


@dataclass(frozen=True)
class Probed:
    """What a step took.

    Attributes:
        peak: Bytes of tensors on a GPU, of the whole process on CPU; None where there was too
            little, or the system does not say.
        held: Bytes that count against the room: on a GPU the allocator's reserve.
        fitted: Whether the step went through.
    """

    peak: int | None
    held: int | None
    fitted: bool


def probe(trainer: Any, rows: Sequence[Encoded]) -> Probed:
    """Forward, backward and an update on some rows, none of which leaves a trace.

    Args:
        trainer: A transformers trainer whose `train` was not called yet.
        rows: One micro-batch.
    """
    import torch

    on_gpu = next(trainer.model.parameters()).device.type == "cuda"
    _reset_peak(on_gpu)
    found = Probed(None, None, fitted=False)
    try:
        with _untouched(trainer):
            _step(trainer, rows, on_gpu)
            peak, held = _peak(on_gpu)
            found = Probed(peak or None, held or None, fitted=True)
    except RuntimeError as error:
        if not _out_of_memory(error):
            raise
    gc.collect()  # after the error, which holds the step's tensors, is gone
    _give_back()
    if on_gpu:
        torch.cuda.empty_cache()
    return found


def _out_of_memory(error: RuntimeError) -> bool:
    """Whether there was too little: on CPU torch says so in words only."""
    import torch

    return isinstance(error, torch.OutOfMemoryError) or "DefaultCPUAllocator" in str(error)


def _step(trainer: Any, rows: Sequence[Encoded], on_gpu: bool) -> None:
    """As the trainer makes one; accelerate's mixed precision is not prepared yet, so by hand."""
    import torch

    items = [{"input_ids": list(r.input_ids), "labels": list(r.labels)} for r in rows]
    inputs = trainer._prepare_inputs(trainer.data_collator(items))
    mixed = torch.autocast("cuda", torch.bfloat16, enabled=on_gpu and trainer.args.bf16)
    made, settings = type(trainer).get_optimizer_cls_and_kwargs(trainer.args, trainer.model)
    optimizer = made([p for p in trainer.model.parameters() if p.requires_grad], **settings)
    if trainer.args.gradient_checkpointing:  # as `train` does at its start
        trainer.model.gradient_checkpointing_enable(trainer.args.gradient_checkpointing_kwargs)
    trainer.model.train()
    with mixed:
        loss = trainer.compute_loss(trainer.model, inputs)
    loss.backward()
    optimizer.step()


@contextmanager
def _untouched(trainer: Any) -> Iterator[None]:
    """Put back what a step changes, however it ends."""
    import random

    import numpy as np
    import torch

    model = trainer.model
    trained = [p for p in model.parameters() if p.requires_grad]
    before = [p.detach().to("cpu", copy=True) for p in trained]
    training = model.training
    counted = getattr(trainer, "_total_train_tokens", None)  # of TRL, as are the metrics
    devices = [torch.cuda.current_device()] if torch.cuda.is_available() else []
    states = random.getstate(), np.random.get_state()
    with torch.random.fork_rng(devices=devices):
        try:
            yield
        finally:
            with torch.no_grad():
                for parameter, value in zip(trained, before, strict=True):
                    parameter.copy_(value)
                    parameter.grad = None
            model.train(training)
            random.setstate(states[0])
            np.random.set_state(states[1])
            if counted is not None:
                trainer._total_train_tokens = counted
                for metrics in trainer._metrics.values():
                    metrics.clear()


def _give_back() -> None:
    """Have glibc give freed memory back to the system; elsewhere nothing happens."""
    if sys.platform.startswith("linux"):
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:  # musl has none
            trim(0)


def _reset_peak(on_gpu: bool) -> None:
    import torch

    if on_gpu:
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
        return
    _give_back()
    try:
        (PROC / "self" / "clear_refs").write_text(PEAK_OF_RESIDENT)
    except OSError:  # not Linux, or not allowed: the peak is the process's so far
        return


def _peak(on_gpu: bool) -> tuple[int, int]:
    """Peak as it is told, and as it counts against the room."""
    import torch

    if on_gpu:
        torch.cuda.synchronize()
        return torch.cuda.max_memory_allocated(), torch.cuda.max_memory_reserved()
    peak = field(PROC / "self" / "status", "VmHWM") or resident()
    return peak, peak
