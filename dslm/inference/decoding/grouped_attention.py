"""Attention for grouped-query models on CPU, without copying keys and values for each query head.

The eager attention of transformers repeats every key and value head once a query head, which for
short rows costs more than the attention itself. Here the query heads of a group are laid side by
side instead. Registered under the name `grouped`; used by recipes in training and inference alike.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from dslm.errors import InputError
from dslm.inference.decoding import varlen_attention
from dslm.inference.decoding.shared_prefix_attention import attend_shared

NAME = "grouped"


def grouped_attention(
    module: Any,
    query: Any,
    key: Any,
    value: Any,
    attention_mask: Any,
    scaling: float,
    dropout: float = 0.0,
    softcap: float | None = None,
    s_aux: Any = None,
    cu_seq_lens_q: Any = None,
    shared: Any = None,
    **_: Any,
) -> tuple[Any, None]:
    """Softmax attention, Vaswani et al. 2017; grouped queries, arXiv:2305.13245.

    Args:
        module: The layer, for its training flag.
        query: Shape (batch, heads, queries, width).
        key: Shape (batch, groups, keys, width).
        value: As key.
        attention_mask: Added to the scores; shape (batch, 1, queries, keys or more).
        scaling: Factor of the scores.
        dropout: Share of weights dropped in training.
        softcap: Of Gemma 2; not known here.
        s_aux: Attention sinks, of gpt-oss; not known here.
        cu_seq_lens_q: Where rows that lie end to end start and the last one ends, shape (rows + 1);
            each looks at itself alone, at the cost of its own length.
        shared: Keys and values of a prefix that the rows share, for each layer of the model;
            `key` and `value` then have what comes after it (see `attend_shared`).

    Returns:
        The output, shape (batch, queries, heads, width), and None for the weights.

    Raises:
        InputError: The model asks for something that would be left out.
    """
    import torch

    if softcap is not None or s_aux is not None:
        raise InputError("grouped attention has neither score caps nor sinks, this model needs one",
                         fix="set `attention: eager` in the recipe")  # fmt: skip
    if shared is not None:
        before = shared[module.layer_idx]
        return attend_shared(query, key, value, attention_mask, scaling, before), None
    share = dropout if module.training else 0.0
    if cu_seq_lens_q is None:
        return _attend(query, key, value, attention_mask, scaling, share), None
    starts = cu_seq_lens_q.tolist()
    rows = []
    for first, last in pairwise(starts):
        row = (..., slice(first, last), slice(None))
        mask = None if attention_mask is None else attention_mask[..., first:last, first:last]
        rows.append(_attend(query[row], key[row], value[row], mask, scaling, share))
    return torch.cat(rows, dim=1), None


def _attend(query: Any, key: Any, value: Any, mask: Any, scaling: float, dropout: float) -> Any:
    import torch
    from torch.nn import functional

    batch, heads, queries, width = query.shape
    groups, keys = key.shape[1], key.shape[2]
    side_by_side = query.reshape(batch, groups, heads // groups * queries, width)
    scores = torch.matmul(side_by_side, key.transpose(2, 3)) * scaling
    scores = scores.view(batch, groups, heads // groups, queries, keys)
    if mask is not None:
        scores = scores + mask[:, :, None, :, :keys]
    weights = functional.softmax(scores, dim=-1, dtype=torch.float32).to(query.dtype)
    weights = functional.dropout(weights, p=dropout)
    mixed = torch.matmul(weights.view(batch, groups, -1, keys), value)
    return mixed.view(batch, heads, queries, width).transpose(1, 2).contiguous()


def register() -> None:
    """Make `grouped` and `varlen` known to transformers as `attn_implementation`."""
    from transformers import AttentionInterface
    from transformers.masking_utils import AttentionMaskInterface, eager_mask

    AttentionInterface.register(NAME, grouped_attention)
    AttentionMaskInterface.register(NAME, eager_mask)
    AttentionInterface.register(varlen_attention.NAME, varlen_attention.varlen_attention)
    AttentionMaskInterface.register(varlen_attention.NAME, varlen_attention.no_mask)
