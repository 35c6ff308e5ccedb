"""Trains a tiny model as one GPU does, or as several with FSDP do, on CPUs.

A program for `tests/unit/training/test_distributed.py`, called as `distributed_run.py` is.
accelerate shards a model only for processes that it takes for GPUs' own, so here it takes CPU
processes for such; all else is what a GPU gets: TRL's own loss, padded rows,
`recipes/accelerate/fsdp.yaml`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any
from unittest.mock import patch

from accelerate import PartialState
from accelerate.utils import DistributedType
from torch.distributed.fsdp import FSDPModule

from dslm.settings.recipe import Recipe
from dslm.training.checkpoints.checkpoint_callback import Saver
from dslm.training.run import lora_adapter, training_run
from dslm.training.run.sequence_packing import collator
from support.training import distributed_run


def note(name: str, found: object) -> None:
    """Leave what a process saw in the run's folder."""
    rank = PartialState().process_index
    (Path(sys.argv[1]) / f"{name}-{rank}.json").write_text(json.dumps(found))


def held(model: Any) -> dict[str, int]:
    """Bytes of the parameters that a process holds between two steps, and of all of them."""
    for module in model.modules():
        if isinstance(module, FSDPModule):
            module.reshard()  # the last layers stay whole from a forward pass to the next
    ours = [(p.to_local() if hasattr(p, "to_local") else p, p) for p in model.parameters()]
    return {"here": sum(own.nbytes for own, _ in ours), "all": sum(p.nbytes for _, p in ours)}


if __name__ == "__main__":
    own_state, own_class = PartialState.__init__, training_run.trainer_class
    own_load, own_run = lora_adapter.load_base, Saver.run

    def state(self: Any, *given: Any, **named: Any) -> None:
        own_state(self, *given, **named)
        if self.distributed_type == DistributedType.MULTI_CPU:
            self.distributed_type = DistributedType.MULTI_GPU

    def trainer(recipe: Recipe, *, on_gpu: bool) -> type[Any]:
        return own_class(recipe, on_gpu=True)

    def padded(attention: Any, *, on_gpu: bool) -> Any:
        return collator(attention, on_gpu=True)

    def loaded(*given: Any, **named: Any) -> Any:
        model = own_load(*given, **named)
        devices = sorted({parameter.device.type for parameter in model.parameters()})
        mapped = getattr(model, "hf_device_map", None)
        note("loaded", {"devices": devices, "device_map": mapped})
        return model

    def ran(self: Saver, trainer: Any) -> Any:
        own_run(self, trainer)
        note("held", held(trainer.model))

    with (
        patch.object(lora_adapter, "load_base", loaded),
        patch.object(Saver, "run", ran),
        patch.object(PartialState, "__init__", state),
        patch.object(training_run, "trainer_class", trainer),
        patch.object(training_run, "collator", padded),
    ):
        distributed_run.main()
