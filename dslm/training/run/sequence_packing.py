"""Rows of one batch end to end in one long row, so that none is padded.

Takes encoded rows, gives the model's inputs. Position ids start again at each row, from which
transformers makes a mask that keeps rows apart; `cu_seq_lens_q` tells our own attentions where they
end, so that they need not look at the rest. Used by `dslm.training.run.training_run`.

transformers looks for such rows (`masking_utils.find_packed_sequence_indices`) where there is
neither an `attention_mask` nor a cache: then `sdpa`, `eager` and `grouped` get a mask that is
causal within each row and shut between rows; `varlen` needs none. TRL's own packing relies on
FlashAttention's package and only warns elsewhere, so it is not used.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dslm.settings.recipe import TrainingAttention


def collator(attention: TrainingAttention, *, on_gpu: bool) -> Any:
    """What makes a batch of rows: `end_to_end`, or None for the trainer's own, which pads.

    All but `grouped` and `varlen` keep something for every pair of tokens, of different rows too:
    `eager` the scores, `sdpa` its mask, each layer its own. On a GPU, where batches are large, that
    takes more than padding does.
    """
    return None if on_gpu and attention in ("eager", "sdpa") else end_to_end


def end_to_end(rows: Sequence[Mapping[str, Sequence[int]]]) -> dict[str, Any]:
    """The inputs of a batch; a collator of the transformers trainer.

    Args:
        rows: Each with `input_ids` and `labels`, of one length; the first label is not trained on,
            so that no row is asked what follows the one before it.

    Returns:
        `input_ids`, `labels` and `position_ids` of shape (1, tokens of all rows), `cu_seq_lens_q`
        of shape (rows + 1): where each row starts, and the end of the last, `max_length_q`: the
        tokens of the longest row.
    """
    import torch

    lengths = [len(row["input_ids"]) for row in rows]
    ids = [token for row in rows for token in row["input_ids"]]
    labels = [label for row in rows for label in row["labels"]]
    places = [place for length in lengths for place in range(length)]
    starts = [sum(lengths[:n]) for n in range(len(lengths) + 1)]
    return {
        "input_ids": torch.tensor([ids]),
        "labels": torch.tensor([labels]),
        "position_ids": torch.tensor([places]),
        "cu_seq_lens_q": torch.tensor(starts, dtype=torch.int32),
        "max_length_q": max(lengths),
    }
