"""Trains a tiny model as one GPU does, or as several with FSDP do, on CPUs.

A program for `tests/unit/training/test_processes.py`, called as `together.py` is. accelerate shards
a model only for processes that it takes for GPUs' own, so here it takes CPU processes for such; all
else is what a GPU gets: TRL's own loss, padded rows, `recipes/accelerate/fsdp.yaml`.
"""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

import together
from accelerate import PartialState
from accelerate.utils import DistributedType

from dslm.settings.recipe import Recipe
from dslm.training import run
from dslm.training.packing import collator

if __name__ == "__main__":
    own_state, own_class = PartialState.__init__, run.trainer_class

    def state(self: Any, *given: Any, **named: Any) -> None:
        own_state(self, *given, **named)
        if self.distributed_type == DistributedType.MULTI_CPU:
            self.distributed_type = DistributedType.MULTI_GPU

    def trainer(recipe: Recipe, *, on_gpu: bool) -> type[Any]:
        return own_class(recipe, on_gpu=True)

    def padded(attention: Any, *, on_gpu: bool) -> Any:
        return collator(attention, on_gpu=True)

    with (
        patch.object(PartialState, "__init__", state),
        patch.object(run, "trainer_class", trainer),
        patch.object(run, "collator", padded),
    ):
        together.main()
