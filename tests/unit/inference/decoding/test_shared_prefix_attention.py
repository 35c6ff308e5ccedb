from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import torch

from dslm.inference.decoding.grouped_attention import grouped_attention
from dslm.inference.decoding.shared_prefix_attention import attend_shared

ROWS, OWN, PREFIX, WIDTH = 3, 7, 11, 8
LAYOUTS = [(4, 4), (4, 2), (4, 1), (1, 1)]


def drawn(heads: int, groups: int, queries: int, dtype: Any = torch.float32) -> tuple[Any, ...]:
    """Queries, own keys and values, and those of a prefix."""
    generator = torch.Generator().manual_seed(heads + queries)

    def draw(*shape: int) -> Any:
        return torch.randn(shape, generator=generator).to(dtype)

    own = [draw(ROWS, groups, OWN, WIDTH) for _ in range(2)]
    return draw(ROWS, heads, queries, WIDTH), *own, *(draw(groups, PREFIX, WIDTH) for _ in range(2))


def mask_of(queries: int, window: int, *, whole: bool) -> Any:
    """What rows with 2, 1 and 0 places to spare see: themselves and what is near before them."""
    last = torch.tensor([OWN - 3, OWN - 2, OWN - 1])
    asking = last[:, None, None, None] - torch.arange(queries - 1, -1, -1)[:, None]
    keys = torch.arange(-PREFIX if whole else 0, OWN)
    hidden = (keys > asking) | (keys <= asking - window)
    return torch.zeros(hidden.shape).masked_fill_(hidden, torch.finfo(torch.float32).min)


def in_one_sequence(query: Any, key: Any, value: Any, before: tuple[Any, Any], mask: Any) -> Any:
    laid = [kept.expand(ROWS, -1, -1, -1) for kept in before]
    keys, values = torch.cat([laid[0], key], dim=2), torch.cat([laid[1], value], dim=2)
    return grouped_attention(torch.nn.Identity(), query, keys, values, mask, 0.3)[0]


@pytest.mark.parametrize("queries", [1, 4])
@pytest.mark.parametrize(("heads", "groups"), LAYOUTS)
def test_it_is_as_if_the_prefix_lay_before_each_row(heads: int, groups: int, queries: int) -> None:
    query, key, value, *before = drawn(heads, groups, queries)
    everything = mask_of(queries, 99, whole=True)
    found = attend_shared(query, key, value, mask_of(queries, 99, whole=False), 0.3, tuple(before))
    expected = in_one_sequence(query, key, value, tuple(before), everything)
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("window", [1, 3, OWN, OWN + 2, OWN + PREFIX - 3, 99])
def test_so_it_is_where_a_window_ends_before_in_or_after_the_prefix(window: int) -> None:
    query, key, value, *before = drawn(4, 2, 4)
    mask = mask_of(4, window, whole=True)
    found = attend_shared(query, key, value, mask, 0.3, tuple(before))
    expected = in_one_sequence(query, key, value, tuple(before), mask)
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("side", ["prefix", "own"])
def test_scores_far_apart_neither_overflow_nor_vanish(side: str) -> None:
    query, key, value, *before = drawn(4, 2, 1)
    query = torch.ones_like(query)
    key, before[0] = (torch.full_like(k, -900.0) for k in (key, before[0]))
    (before[0] if side == "prefix" else key)[:] = 900.0
    found = attend_shared(query, key, value, mask_of(1, 99, whole=False), 1.0, tuple(before))
    seen = [before[1].mean(dim=1).expand(ROWS, -1, -1)] if side == "prefix" else [
        torch.stack([row[:, : OWN - spare].mean(dim=1) for row, spare in zip(value, (2, 1, 0),
                                                                             strict=True)])
    ]  # fmt: skip
    torch.testing.assert_close(found[:, 0], seen[0].repeat_interleave(2, dim=1))


def test_in_bfloat16_it_is_as_near_to_the_truth_as_one_sequence_is() -> None:
    query, key, value, *before = drawn(4, 2, 4, torch.bfloat16)
    masks = [mask_of(4, 99, whole=whole).bfloat16() for whole in (False, True)]
    found = attend_shared(query, key, value, masks[0], 0.3, tuple(before))
    plain = in_one_sequence(query, key, value, tuple(before), masks[1])
    exact = [t.float() for t in (query, key, value, *before)]
    truth = in_one_sequence(*exact[:3], tuple(exact[3:]), masks[1].float())
    assert found.dtype == torch.bfloat16
    assert (found - truth).abs().max() <= 1.5 * (plain - truth).abs().max()


def test_grouped_attention_takes_the_prefix_of_its_own_layer() -> None:
    query, key, value, *before = drawn(4, 2, 1)
    mask = mask_of(1, 99, whole=False)
    layers = [tuple(torch.zeros_like(kept) for kept in before), tuple(before)]
    module: Any = SimpleNamespace(layer_idx=1, training=False)
    found, _ = grouped_attention(module, query, key, value, mask, 0.3, shared=layers)
    torch.testing.assert_close(found, attend_shared(query, key, value, mask, 0.3, layers[1]))
