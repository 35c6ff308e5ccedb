from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import save_file
from support.models import tiny_model

from dslm.errors import InputError
from dslm.inference.base_models.model_loading import load_adapter, load_base
from dslm.training.run.lora_adapter import adapted

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning")  # of peft on transformers
SPLIT = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
FUSED = ["qkv_proj", "o_proj", "gate_up_proj", "down_proj"]
NAMED = {name: FUSED if name == "phi3" else SPLIT for name in tiny_model.ARCHITECTURES}
NAMED["gemma3_vision"] = SPLIT


def from_disk() -> Any:
    files = tiny_model.base_files("gemma3_vision", "gemma")
    return load_base(files, dtype="float32", attention="eager")


def wrapped(architecture: str, targets: Any, model: Any = None) -> Any:
    model = model or tiny_model.model(architecture)
    return get_peft_model(model, LoraConfig(r=2, **adapted(model, targets)))


def adapted_layers(model: Any) -> set[str]:
    """Names of the layers that carry an adapter, as the base calls them."""
    parts = [n.split(".lora_A.")[0] for n, _ in model.named_parameters() if ".lora_A." in n]
    return {part.removeprefix("base_model.model.") for part in parts}


@pytest.mark.parametrize("architecture", sorted(NAMED))
def test_all_linear_is_every_layer_of_the_text_by_name_and_never_the_head(
    architecture: str,
) -> None:
    named = adapted_layers(wrapped(architecture, NAMED[architecture]))
    every = adapted_layers(wrapped(architecture, "all-linear"))
    assert named == every
    assert len(named) == 2 * len(NAMED[architecture])
    assert not [name for name in named if "lm_head" in name]


@pytest.mark.parametrize("targets", [SPLIT, "all-linear"], ids=["named", "all-linear"])
def test_a_vision_tower_is_left_alone(targets: Any) -> None:
    model = wrapped("gemma3_vision", targets)
    layers = adapted_layers(model)
    assert layers
    assert all(name.startswith("model.language_model.") for name in layers)
    moving = [n for n, p in model.named_parameters() if p.requires_grad]
    assert moving
    assert not [name for name in moving if "vision" in name]


def test_an_adapter_beside_a_vision_tower_is_loaded_where_it_was_trained(tmp_path: Path) -> None:
    made = wrapped("gemma3_vision", "all-linear", from_disk())
    with torch.no_grad():
        for name, parameter in made.named_parameters():
            if ".lora_B." in name:
                parameter.fill_(0.1)
    made.save_pretrained(tmp_path)
    loaded = load_adapter(from_disk(), tmp_path, merge=False)
    assert adapted_layers(loaded) == adapted_layers(made)


def test_a_layer_that_the_family_does_not_have_is_told_those_it_has() -> None:
    said = r"no layer k_proj, q_proj to adapt — it has down_proj, gate_up_proj, o_proj, qkv_proj"
    with pytest.raises(InputError, match=said):
        wrapped("phi3", ["q_proj", "k_proj", "o_proj"])


def test_a_tensor_of_the_vision_tower_has_no_place_in_an_adapter(tmp_path: Path) -> None:
    made = wrapped("gemma3_vision", "all-linear", from_disk())
    made.save_pretrained(tmp_path)
    foreign = {"base_model.model.model.vision_tower.x.lora_B.weight": torch.ones(2, 2)}
    save_file(foreign, tmp_path / "adapter_model.safetensors")
    with pytest.raises(InputError, match="do not fit this base model"):
        load_adapter(from_disk(), tmp_path, merge=False)
