"""Linear layers on CPU whose weights are laid out once, as oneDNN wants them, and not at each use.

Takes a loaded float32 model; replaces its linear layers. Called by the decider. A step of decoding
multiplies few rows with every weight, so laying them out anew each time takes a good part of the
products' own time.
"""

from __future__ import annotations

from typing import Any

ROWS = 64  # how many are multiplied at once, told to oneDNN when it chooses a layout


def pack(model: Any) -> int:
    """Replace the linear layers of a float32 model on CPU; in inference mode the rest is the same.

    Other models stay as they are, and so does one with an adapter beside its weights.

    Returns:
        How many layers were replaced.
    """
    import torch
    from transformers import PreTrainedModel

    known = torch.backends.mkldnn.is_available() and hasattr(torch.ops.mkldnn, "_linear_pointwise")
    if not known or not isinstance(model, PreTrainedModel):
        return 0
    found = [
        (parent, name, layer)
        for parent in model.modules()
        for name, layer in parent.named_children()
        if type(layer) is torch.nn.Linear
        and layer.weight.dtype == torch.float32
        and layer.weight.device.type == "cpu"
    ]
    for parent, name, layer in found:
        setattr(parent, name, _packed(layer))
    return len(found)


def _packed(layer: Any) -> Any:
    import torch

    operators = torch.ops.mkldnn

    class Packed(torch.nn.Module):
        """As `torch.nn.Linear`, without gradients."""

        def __init__(self) -> None:
            super().__init__()
            weight = layer.weight.detach()
            self.packed = operators._reorder_linear_weight(weight, ROWS)
            self.bias = None if layer.bias is None else layer.bias.detach()

        def forward(self, given: Any) -> Any:
            return operators._linear_pointwise(given, self.packed, self.bias, "none", [], "")

    return Packed()
