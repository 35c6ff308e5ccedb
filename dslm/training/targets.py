"""Which layers of a base model carry the adapter: those that a recipe names, in its text part.

Takes a loaded base and `lora.targets`; gives what PEFT is told. A multimodal base (Gemma 3 4B) has
a vision tower whose layers bear the same names (`q_proj`, …): they are left alone, since no row
here ever shows them a picture. Called by `dslm.training.run`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Literal

from dslm.errors import InputError


def adapted(model: Any, targets: Literal["all-linear"] | Sequence[str]) -> dict[str, Any]:
    """`target_modules` and, where the model has more than text, `exclude_modules` for PEFT.

    Args:
        model: A causal language model of transformers, weights in 4 bits or whole.
        targets: Last parts of layers' names, or `all-linear` for every linear layer but the head.

    Raises:
        InputError: A name that no linear layer of the text part has; names those there are. Fused
            layers are the usual cause: Phi has `qkv_proj`, not `q_proj`.
    """
    inside, outside = _linear_layers(model)
    there = {name.rsplit(".", 1)[-1] for name in inside}
    if targets != "all-linear" and (unknown := sorted(set(targets) - there)):
        raise InputError(
            f"the base has no layer {', '.join(unknown)} to adapt",
            where="recipe: lora.targets",
            fix=f"it has {', '.join(sorted(there))}; or write all-linear",
        )
    found: dict[str, Any] = {"target_modules": targets if targets == "all-linear" else [*targets]}
    if outside:
        found["exclude_modules"] = rf"(?!{re.escape(_text_part(model))}\.).*"
    return found


def _linear_layers(model: Any) -> tuple[list[str], list[str]]:
    """Names of linear layers within and outside of the text part, the output layer left out."""
    import torch

    within = f"{_text_part(model)}."
    head = model.get_output_embeddings()
    names = [
        name
        for name, layer in model.named_modules()
        if isinstance(layer, torch.nn.Linear) and layer is not head
    ]
    inside = [name for name in names if name.startswith(within)]
    return inside, [name for name in names if not name.startswith(within)]


def _text_part(model: Any) -> str:
    """The dotted name of the module that holds the text layers: `model`, `model.language_model`."""
    decoder = model.get_decoder()
    return next(str(name) for name, module in model.named_modules() if module is decoder)
