"""Attention of many rows over a prefix that they share and over keys of their own.

The shared keys are there once. The queries of all rows meet them in one product, and what each row
got from them is merged with what it got from its own keys, as if they had lain in one sequence
(Hydragen, arXiv:2402.05099). Called by the attention named `grouped` where answers are made.
"""

from __future__ import annotations

from typing import Any

# A logarithm of next to nothing: its exponential is lost in any sum with 1. Below it float32 has
# no normal numbers left, and there torch's exponentials take six times as long on CPU.
NOTHING = -87.0


def attend_shared(
    query: Any, key: Any, value: Any, mask: Any, scaling: float, shared: tuple[Any, Any]
) -> Any:
    """Softmax attention over shared keys and then own ones.

    Args:
        query: Shape (rows, heads, queries, width).
        key: The rows' own, shape (rows, groups, keys, width).
        value: As key.
        mask: Added to the scores; shape (rows, 1, queries, keys) where every query sees the whole
            prefix, else (rows, 1, queries, prefix + keys).
        scaling: Factor of the scores.
        shared: Keys and values of the prefix, each of shape (groups, prefix, width).

    Returns:
        The output, shape (rows, queries, heads, width).
    """
    rows, heads, queries, width = query.shape
    groups, own = key.shape[1], key.shape[2]
    asking = (query * scaling).view(rows, groups, heads // groups, queries, width)
    mask = mask[:, :, None]
    hidden = mask[..., :-own].transpose(0, 1) if mask.shape[-1] > own else None
    of_prefix = _part(asking.transpose(0, 1), *shared, hidden)
    of_own = _part(asking, key, value, mask[..., -own:])
    mixed = _merged([part.transpose(0, 1) for part in of_prefix], of_own)
    return mixed.to(query.dtype).permute(0, 3, 1, 2, 4).reshape(rows, queries, heads, width)


def _part(asking: Any, key: Any, value: Any, mask: Any) -> tuple[Any, Any, Any]:
    """What queries get from some of their keys, to be merged with what they get from the others.

    Args:
        asking: Scaled queries, shape (one, other, heads of a group, queries, width), where one and
            other are rows and groups in either order.
        key: Shape (one, other, keys, width), or (one, keys, width) where all `other` share them.
        value: As key.
        mask: Added to the scores, of shape (one, other, heads of a group, queries, keys) or one
            that spreads to it; or None.

    Returns:
        For each query, the sum of the values, each times the exponential of its score less the
        highest score; that highest score; and the sum of those exponentials.
    """
    import torch

    stacked = asking.reshape(*asking.shape[: key.dim() - 2], -1, asking.shape[-1])
    scores = torch.matmul(stacked, key.transpose(-2, -1)).float()
    if mask is not None:
        scores.view(*asking.shape[:-1], -1).add_(mask)
    highest = scores.amax(dim=-1, keepdim=True)
    weights = scores.sub_(highest).clamp_(min=NOTHING).exp_()
    total = weights.sum(dim=-1, keepdim=True)
    mixed = torch.matmul(weights.to(value.dtype), value).float()
    shape = asking.shape[:-1]
    return mixed.view(*shape, -1), highest.view(*shape, 1), total.view(*shape, 1)


def _merged(one: Any, other: Any) -> Any:
    import torch

    highest = torch.maximum(one[1], other[1])
    factors = [(part[1] - highest).exp_() for part in (one, other)]
    total = one[2] * factors[0] + other[2] * factors[1]
    return (one[0] * factors[0] + other[0] * factors[1]) / total
