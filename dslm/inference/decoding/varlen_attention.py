"""Attention of rows that lie end to end, each over itself alone: torch's FlashAttention kernel.

A mask over rows end to end costs the square of all their tokens together, in time and, since the
kernels of `sdpa` keep it as a bias for each layer's backward pass, in memory. This costs what each
row would alone, and needs no package besides torch. Registered under the name `varlen_attention`;
for training alone, since answering has a prefix that rows share. On CPU, where there is no such
kernel, `sdpa` takes one row after the other, with the same result.
"""

from __future__ import annotations

from inspect import signature
from itertools import pairwise
from typing import Any

from dslm.errors import InputError

NAME = "varlen"
OTHERWISE = "set `training.attention: sdpa` in the recipe"
FLOOR = "2.11"  # the first torch whose kernel takes a scale and windows; 2.10 had less


def require_kernel() -> None:
    """Refuse a torch without the kernel, before a model is loaded.

    Raises:
        InputError: It is older.
    """
    import torch

    if torch.__version__ < FLOOR:
        raise InputError(f"varlen attention needs torch {FLOOR} or newer, this is "
                         f"{torch.__version__}", fix=f"install it, or {OTHERWISE}")  # fmt: skip


def varlen_attention(
    module: Any,
    query: Any,
    key: Any,
    value: Any,
    attention_mask: Any,
    scaling: float,
    dropout: float = 0.0,
    sliding_window: int | None = None,
    softcap: float | None = None,
    s_aux: Any = None,
    cu_seq_lens_q: Any = None,
    max_length_q: int | None = None,
    **_: Any,
) -> tuple[Any, None]:
    """Causal softmax attention within each row, arXiv:2307.08691.

    Args:
        module: The layer, for its training flag.
        query: Shape (1, heads, tokens of all rows, width).
        key: Shape (1, groups, tokens of all rows, width).
        value: As key.
        attention_mask: None; rows are known by their ends.
        scaling: Factor of the scores.
        dropout: Share of weights dropped in training; the kernel knows none.
        sliding_window: How many tokens a token looks back on, itself counted; None for all.
        softcap: Of Gemma 2; not known here.
        s_aux: Attention sinks, of gpt-oss; not known here.
        cu_seq_lens_q: Where each row starts, and the end of the last: int32, shape (rows + 1).
        max_length_q: Tokens of the longest row.

    Returns:
        The output, shape (1, tokens of all rows, heads, width), and None for the weights.

    Raises:
        InputError: The model asks for something that would be left out, or rows are padded.
    """
    if softcap is not None or s_aux is not None or (dropout and module.training):
        raise InputError("varlen attention has no score caps, sinks or dropout, this model needs "
                         "one", fix=OTHERWISE)  # fmt: skip
    if cu_seq_lens_q is None or max_length_q is None or attention_mask is not None:
        raise InputError("varlen attention is for training on rows end to end", fix=OTHERWISE)
    window = sliding_window or max_length_q  # none is as wide as the longest row
    if not query.is_cuda:
        return _row_by_row(query, key, value, scaling, cu_seq_lens_q, window), None
    return _by_kernel(query, key, value, scaling, cu_seq_lens_q, max_length_q, window), None


def _by_kernel(
    query: Any, key: Any, value: Any, scaling: float, ends: Any, longest: int, window: int
) -> Any:
    import torch
    from torch.nn.attention.varlen import varlen_attn

    q, k, v = (_narrow(one)[0].transpose(0, 1) for one in (query, key, value))
    back = -1 if window >= longest else window - 1
    shared: dict[str, Any] = {}
    if query.shape[1] != key.shape[1]:
        if "enable_gqa" in signature(varlen_attn).parameters:
            shared = {"enable_gqa": True}
        else:  # torch 2.11: each head gets its group's keys and values as its own
            k, v = (one.repeat_interleave(q.shape[1] // one.shape[1], dim=1) for one in (k, v))
    try:
        mixed: Any = varlen_attn(
            q, k, v, ends, ends, longest, longest, scale=scaling, window_size=(back, 0), **shared
        )
    except torch.OutOfMemoryError:
        raise
    except RuntimeError as error:  # an old GPU, float32, heads that are too wide
        said = str(error).splitlines()[0]
        raise InputError(f"torch's FlashAttention cannot do this: {said}", fix=OTHERWISE) from error
    return mixed[None]


def _narrow(tensor: Any) -> Any:
    """float32 in the type of the products around it, which is all that the kernel takes."""
    import torch

    if tensor.dtype == torch.float32 and torch.is_autocast_enabled("cuda"):
        return tensor.to(torch.get_autocast_dtype("cuda"))
    return tensor


def _row_by_row(query: Any, key: Any, value: Any, scaling: float, ends: Any, window: int) -> Any:
    import torch
    from torch.nn.functional import scaled_dot_product_attention

    shared = query.shape[1] != key.shape[1]
    rows = []
    for first, last in pairwise(ends.tolist()):
        near = torch.ones(last - first, last - first, dtype=torch.bool).tril().triu(1 - window)
        q, k, v = (one[..., first:last, :] for one in (query, key, value))
        rows.append(scaled_dot_product_attention(
            q, k, v, attn_mask=near, scale=scaling, enable_gqa=shared
        ))  # fmt: skip
    return torch.cat(rows, dim=2).transpose(1, 2)


def no_mask(*_: Any, **__: Any) -> None:
    """What transformers makes of a mask for `varlen`."""
    return
