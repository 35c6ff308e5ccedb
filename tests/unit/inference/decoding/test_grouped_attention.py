from __future__ import annotations

import inspect
from typing import Any

import pytest
import torch
from support.models import tiny_model

from dslm.errors import InputError
from dslm.inference.decoding import varlen_attention as varlen
from dslm.inference.decoding.grouped_attention import grouped_attention, register
from dslm.inference.decoding.varlen_attention import require_kernel, varlen_attention
from dslm.training.run.sequence_packing import end_to_end

LAYOUTS = [(4, 4), (4, 2), (4, 1), (8, 2)]


def logits_of(model: Any, ids: Any, mask: Any, attention: str) -> Any:
    model.set_attn_implementation(attention)
    with torch.no_grad():
        return model(input_ids=ids, attention_mask=mask).logits


def batch(rows: int, width: int) -> tuple[Any, Any]:
    """Random ids, the first row padded on the left by three and the second by one."""
    generator = torch.Generator().manual_seed(0)
    ids = torch.randint(3, tiny_model.VOCABULARY, (rows, width), generator=generator)
    mask = torch.ones(rows, width, dtype=torch.long)
    mask[0, :3], mask[1, :1] = 0, 0
    return ids, mask


@pytest.mark.parametrize(("heads", "groups"), LAYOUTS)
def test_grouped_attention_equals_eager_whatever_the_heads(heads: int, groups: int) -> None:
    register()
    model = tiny_model.model(num_attention_heads=heads, num_key_value_heads=groups)
    ids, mask = batch(3, 11)
    eager = logits_of(model, ids, mask, "eager")
    grouped = logits_of(model, ids, mask, "grouped")
    seen = mask.bool()
    torch.testing.assert_close(grouped[seen], eager[seen], rtol=1e-4, atol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("architecture", tiny_model.ARCHITECTURES)
def test_grouped_attention_equals_eager_in_every_family(architecture: str) -> None:
    register()
    model = tiny_model.model(architecture, sliding_window=8)
    ids, mask = batch(2, 24)
    eager = logits_of(model, ids, mask, "eager")
    grouped = logits_of(model, ids, mask, "grouped")
    seen = mask.bool()
    torch.testing.assert_close(grouped[seen], eager[seen], rtol=1e-4, atol=1e-4)


def test_grouped_attention_gives_the_same_gradients() -> None:
    register()
    model = tiny_model.model()
    ids, mask = batch(2, 9)
    gradients = []
    for attention in ("eager", "grouped"):
        model.set_attn_implementation(attention)
        model.zero_grad()
        model(input_ids=ids, attention_mask=mask, labels=ids).loss.backward()
        gradients.append([p.grad.clone() for p in model.parameters()])
    for eager, grouped in zip(*gradients, strict=True):
        torch.testing.assert_close(grouped, eager, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("extra", [{"softcap": 30.0}, {"s_aux": torch.ones(2)}])
def test_attention_it_does_not_know_is_refused_and_not_left_out(extra: dict[str, Any]) -> None:
    one = torch.ones(1, 2, 3, 4)
    with pytest.raises(InputError, match="grouped"):
        grouped_attention(torch.nn.Identity(), one, one, one, None, 1.0, **extra)


@pytest.mark.slow
@pytest.mark.parametrize("architecture", tiny_model.ARCHITECTURES)
def test_varlen_attention_equals_eager_on_rows_end_to_end_in_every_family(
    architecture: str,
) -> None:
    register()
    model = tiny_model.model(architecture, sliding_window=4)
    generator = torch.Generator().manual_seed(0)
    sizes = (3, 1, 12)
    ids = [torch.randint(3, tiny_model.VOCABULARY, (n,), generator=generator) for n in sizes]
    batch = end_to_end([{"input_ids": row.tolist(), "labels": row.tolist()} for row in ids])
    found = []
    for attention in ("eager", "varlen"):
        model.set_attn_implementation(attention)
        with torch.no_grad():
            found.append(model(**batch, use_cache=False).logits)
    torch.testing.assert_close(found[1], found[0], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    "wrong",
    [{"softcap": 30.0}, {"s_aux": torch.ones(2)}, {"dropout": 0.1}, {"cu_seq_lens_q": None}],
)
def test_varlen_attention_refuses_what_it_would_leave_out(wrong: dict[str, Any]) -> None:
    one, module = torch.ones(1, 2, 3, 4), torch.nn.Identity().train()
    rows = {"cu_seq_lens_q": torch.tensor([0, 2, 3], dtype=torch.int32), "max_length_q": 2}
    assert varlen_attention(module, one, one, one, None, 1.0, **rows)[0].shape == (1, 3, 2, 4)
    with pytest.raises(InputError, match="varlen") as refused:
        varlen_attention(module, one, one, one, None, 1.0, **rows | wrong)
    assert "attention: sdpa" in str(refused.value)


@pytest.mark.parametrize(
    ("version", "enough"),
    [
        ("2.9.1", False),
        ("2.10.0+cu130", False),
        ("2.11.0+cu130", True),
        ("2.12.0", True),
        ("2.13.0+cpu", True),
        ("3.0", True),
    ],
)
def test_varlen_attention_names_the_torch_that_it_needs(
    version: str, enough: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch, "__version__", torch.torch_version.TorchVersion(version))
    if enough:
        require_kernel()
        return
    with pytest.raises(InputError, match=r"needs torch 2\.11 or newer, this is 2\.") as refused:
        require_kernel()
    assert "sdpa" in refused.value.message()


def test_the_kernel_takes_what_varlen_attention_asks_of_it() -> None:
    from torch.nn.attention.varlen import varlen_attn

    asked = {"scale", "window_size"}
    assert asked <= inspect.signature(varlen_attn).parameters.keys()


@pytest.mark.parametrize("knows_groups", [True, False])
def test_a_kernel_that_knows_no_groups_gets_the_keys_of_each_head(
    knows_groups: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As torch 2.11's, whose `varlen_attn` has no `enable_gqa`."""

    def kernel(q: Any, k: Any, v: Any, ends: Any, scale: float, *, groups: bool) -> torch.Tensor:
        assert groups or q.shape[1] == k.shape[1]
        one_by_one = [one.transpose(0, 1)[None] for one in (q, k, v)]
        return varlen._row_by_row(*one_by_one, scale, ends, window=99)[0]

    def newer(q: Any, k: Any, v: Any, ends: Any, *_: Any, scale: float, window_size: Any,
              enable_gqa: bool = False) -> torch.Tensor:  # fmt: skip
        return kernel(q, k, v, ends, scale, groups=enable_gqa)

    def older(
        q: Any, k: Any, v: Any, ends: Any, *_: Any, scale: float, window_size: Any
    ) -> torch.Tensor:
        return kernel(q, k, v, ends, scale, groups=False)

    monkeypatch.setattr("torch.nn.attention.varlen.varlen_attn", newer if knows_groups else older)
    query, key, value = (torch.randn(1, heads, 5, 8) for heads in (4, 2, 2))
    ends = torch.tensor([0, 3, 5], dtype=torch.int32)
    found = varlen._by_kernel(query, key, value, 0.3, ends, 3, 3)
    torch.testing.assert_close(found, varlen._row_by_row(query, key, value, 0.3, ends, 3))


@pytest.mark.parametrize("mixed", [True, False])
def test_the_kernel_gets_the_type_of_the_products_around_it(
    mixed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes no float32, which some models' positions make of queries and keys."""
    seen: list[torch.dtype] = []

    def kernel(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, *_: Any, **__: Any) -> Any:
        seen.extend(one.dtype for one in (q, k, v))
        return q

    monkeypatch.setattr("torch.nn.attention.varlen.varlen_attn", kernel)
    monkeypatch.setattr(torch, "is_autocast_enabled", lambda kind: mixed and kind == "cuda")
    monkeypatch.setattr(torch, "get_autocast_dtype", lambda _: torch.bfloat16)
    wide, narrow = torch.ones(1, 2, 3, 4), torch.ones(1, 2, 3, 4, dtype=torch.bfloat16)
    varlen._by_kernel(wide, wide, narrow, 0.3, torch.tensor([0, 3]), 3, 3)
    assert seen == [torch.bfloat16 if mixed else torch.float32] * 2 + [torch.bfloat16]
