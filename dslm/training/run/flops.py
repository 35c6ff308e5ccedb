"""How much arithmetic a trained token needs, counted from shapes: what utilisation is a share of.

Takes a base's shapes, a recipe and rows; gives floating-point operations. Called by
`dslm.training.run.throughput` and the benchmarks.

A product of n × k by k × m takes 2nkm operations. A weight that is trained takes part in three of
them, forward, gradient of its input, gradient of itself: the 6N of Kaplan et al. 2020
(arXiv:2001.08361). A frozen weight needs no gradient of itself: **4N** (Hu et al. 2021,
arXiv:2106.09685, section 4.2, freezes all but the adapter). So, of each token:

- linear layers of the blocks: 4 × their parameters, and 6 × the adapter's;
- the output layer: 4 × its parameters, for tokens with loss only, since no others get logits; the
  look-up of embeddings takes none;
- attention: both of its products, of no weights, take part in three: 12 × heads × width × the
  tokens looked at, here those before it and itself, as a causal kernel computes them (the 12LHQT
  of Chowdhery et al. 2022, arXiv:2204.02311, appendix B, counts all pairs).

Work that is done twice (gradient checkpointing), padding, norms, softmax, NF4's unpacking and
DoRA's scales are no part of it: utilisation is of what the model needs (*model FLOPs utilisation*,
ibid.).
"""

from __future__ import annotations

from collections.abc import Sequence

from dslm.settings.bases import BaseFacts
from dslm.settings.recipe import Recipe
from dslm.training.encoded_rows import Encoded
from dslm.training.memory.memory_forecast import adapter_parameters

FROZEN, TRAINED = 4, 6  # operations a token and parameter
ATTENTION = 12  # a pair of tokens and element of the heads


def attended(tokens: int) -> int:
    """Pairs of tokens that a causal row looks at; sliding windows are longer than our rows."""
    return tokens * (tokens + 1) // 2


def step_flops(base: BaseFacts, recipe: Recipe, tokens: Sequence[int], answers: int) -> float:
    """Operations of the model for some rows, forward and backward.

    Args:
        base: Shapes of the base.
        recipe: Whose adapter it is.
        tokens: Of each row.
        answers: Tokens that carry loss, of all rows.
    """
    each = FROZEN * base.linear_parameters + TRAINED * adapter_parameters(recipe, base)
    head = FROZEN * base.hidden * base.vocabulary * answers
    pairs = base.layers * base.heads * base.width * sum(attended(n) for n in tokens)
    return float(each * sum(tokens) + head + ATTENTION * pairs)


def flops_per_token(base: BaseFacts, recipe: Recipe, rows: Sequence[Encoded]) -> float:
    """Operations of one token, on average over some rows."""
    tokens = [len(row.input_ids) for row in rows]
    return step_flops(base, recipe, tokens, sum(row.trained for row in rows)) / sum(tokens)
