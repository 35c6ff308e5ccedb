"""Several processes that train one adapter together, as `accelerate launch` starts them.

Each has the same code and a share of every update's rows. Used by `dslm.training.run.training_run`
and `dslm.training.run.answer_loss`; with one process everything here does nothing.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any


def count() -> int:
    """How many processes train together."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def join(*, cpu: bool) -> None:
    """Meet the other processes, each on a device of its own, before a model is loaded."""
    if count() > 1:
        from accelerate import PartialState

        PartialState(cpu=cpu)


def wait_for_all() -> None:
    """Go on when every process has come this far."""
    if count() > 1:
        import torch

        torch.distributed.barrier()


def least(value: int) -> int:
    """The smallest of all processes' values."""
    if count() == 1:
        return value
    import torch
    from accelerate import PartialState

    shared = torch.tensor(value, device=PartialState().device)
    torch.distributed.all_reduce(shared, op=torch.distributed.ReduceOp.MIN)
    return int(shared)


def sharded() -> bool:
    """Whether each process holds a part of the model only."""
    return os.environ.get("ACCELERATE_USE_FSDP", "").lower() == "true"


def within(model: Any, function: Callable[[Any], Any]) -> Any:
    """A function of the model, called where its gradients are averaged over the processes.

    `DistributedDataParallel` averages what its own `forward` leads to, and nothing else; so for the
    time of one call `function` takes the place of the wrapped model's forward pass.

    Args:
        model: As the trainer has it, wrapped or not.
        function: Takes the model itself, gives a tensor with gradient.
    """
    from torch.nn.parallel import DistributedDataParallel

    if not isinstance(model, DistributedDataParallel):
        return function(model)
    inner = model.module
    own = inner.__dict__.pop("forward", None)

    def instead() -> Any:
        inner.__dict__.pop("forward")
        if own is not None:
            inner.forward = own
        return function(inner)

    inner.forward = instead
    return model()


def bare(model: Any) -> Any:
    """The model itself, for what needs no gradients."""
    from torch.nn.parallel import DistributedDataParallel

    return model.module if isinstance(model, DistributedDataParallel) else model
