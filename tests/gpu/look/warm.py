"""Loads what most steps need, once; their processes are copies of the one that did.

Never touches the GPU: a copy of a process that did cannot use it. That is why bitsandbytes, which
looks at the card when it is loaded, is left to the steps.
"""

from __future__ import annotations

import contextlib
import importlib
import os

os.environ["PYTORCH_NVML_BASED_CUDA_CHECK"] = "1"  # "is there a GPU" is asked without touching it

for _name in (
    "dslm", "torch", "transformers.models.llama.modeling_llama", "peft", "datasets", "trl",
    "trl.trainer.sft_trainer", "dslm.training.run.training_run",
    "support.training.training_variants",
):  # fmt: skip
    # what is missing or broken is said by the step that needs it, in its own words
    with contextlib.suppress(Exception):
        importlib.import_module(_name)
