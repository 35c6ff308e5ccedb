from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from support.models import tiny_model

from dslm.errors import InputError
from dslm.inference.base_models.model_loading import ADAPTER_WEIGHTS, load_adapter, load_base

IDS = torch.tensor([[5, 60, 70, 80, 90], [6, 7, 8, 9, 10]])


def fresh(architecture: str = "llama") -> Any:
    files = tiny_model.base_files(architecture)
    return load_base(files, dtype="float32", attention="grouped")


def logits(model: Any) -> Any:
    with torch.no_grad():
        return model(input_ids=IDS).logits


@pytest.fixture
def adapter(tmp_path: Path) -> Path:
    return tiny_model.write_adapter(tmp_path / "adapter")


def test_a_base_is_loaded_ready_to_answer_and_exactly() -> None:
    model = fresh()
    assert not model.training
    torch.testing.assert_close(logits(model), logits(tiny_model.model()), rtol=1e-4, atol=1e-4)


def test_an_adapter_changes_the_answers_merged_or_not(adapter: Path) -> None:
    plain = logits(fresh())
    merged = logits(load_adapter(fresh(), adapter, merge=True))
    beside = logits(load_adapter(fresh(), adapter, merge=False))
    assert (merged - plain).abs().max() > 0.1
    torch.testing.assert_close(merged, beside, rtol=1e-4, atol=1e-4)


def test_a_merged_model_is_the_plain_architecture_again(adapter: Path) -> None:
    merged = load_adapter(fresh(), adapter, merge=True)
    assert type(merged) is type(fresh())
    assert not merged.training


def spoiled(adapter: Path, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Path:
    path = adapter / ADAPTER_WEIGHTS
    save_file(change(load_file(path)), path)
    return adapter


def zeros(tensors: dict[str, Any]) -> dict[str, Any]:
    return {n: t * 0 if ".lora_B." in n else t for n, t in tensors.items()}


def zeros_on_the_other_side(tensors: dict[str, Any]) -> dict[str, Any]:
    return {n: t * 0 if ".lora_A." in n else t for n, t in tensors.items()}


def one_less(tensors: dict[str, Any]) -> dict[str, Any]:
    return dict(sorted(tensors.items())[1:])


def one_more(tensors: dict[str, Any]) -> dict[str, Any]:
    name, tensor = sorted(tensors.items())[0]
    return tensors | {name.replace("layers.0", "layers.7"): tensor.clone()}


def other_names(tensors: dict[str, Any]) -> dict[str, Any]:
    return {n.replace("self_attn", "attention"): t for n, t in tensors.items()}


def narrower(tensors: dict[str, Any]) -> dict[str, Any]:
    return {n: t[:, :32].contiguous() if ".lora_A." in n else t for n, t in tensors.items()}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (zeros, "all zeros: it would serve the base model"),
        (zeros_on_the_other_side, "all zeros: it would serve the base model"),
        (one_less, "1 tensors do not fit"),
        (one_more, "1 tensors do not fit"),
        (other_names, "16 tensors do not fit"),
        (narrower, "do not fit this base model"),
    ],
)
def test_an_adapter_that_does_not_take_hold_is_refused(
    adapter: Path, change: Callable[..., Any], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        load_adapter(fresh(), spoiled(adapter, change), merge=True)


def test_an_adapter_whose_scale_is_zero_is_refused(adapter: Path) -> None:
    path = adapter / "adapter_config.json"
    path.write_text(json.dumps(json.loads(path.read_bytes()) | {"lora_alpha": 0}))
    with pytest.raises(InputError, match="it would serve the base model"):
        load_adapter(fresh(), adapter, merge=True)


def test_an_adapter_of_another_architecture_is_refused(tmp_path: Path) -> None:
    other = tiny_model.write_adapter(tmp_path / "wide", "gemma3")
    with pytest.raises(InputError, match="do not fit this base model"):
        load_adapter(fresh(), spoiled(other, one_more), merge=True)


@pytest.mark.parametrize(
    "damage",
    [
        lambda a: (a / ADAPTER_WEIGHTS).unlink(),
        lambda a: (a / ADAPTER_WEIGHTS).write_bytes(b"\x80\x04pickle"),
        lambda a: (a / ADAPTER_WEIGHTS).write_bytes((a / ADAPTER_WEIGHTS).read_bytes()[:-40]),
        lambda a: (a / "adapter_config.json").unlink(),
        lambda a: (a / "adapter_config.json").write_text('{"peft'),
    ],
    ids=["no weights", "a pickle", "cut weights", "no config", "cut config"],
)
def test_an_adapter_that_cannot_be_read_is_one_clear_line(
    adapter: Path, damage: Callable[[Path], Any]
) -> None:
    damage(adapter)
    with pytest.raises(InputError, match="cannot be read"):
        load_adapter(fresh(), adapter, merge=True)


def test_the_base_s_name_in_an_adapter_does_not_matter(adapter: Path) -> None:
    path = adapter / "adapter_config.json"
    settings = json.loads(path.read_bytes())
    path.write_text(json.dumps(settings | {"base_model_name_or_path": "somebody/elses"}))
    load_adapter(fresh(), adapter, merge=False)  # digests say which base it is, not names
