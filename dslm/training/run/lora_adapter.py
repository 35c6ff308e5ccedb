"""A LoRA adapter: the layers that carry it, made fresh, proved to have moved, and written.

Takes a base model and a recipe; gives a model with an adapter, then its files without a trace of
the machine. Called by `training_run`.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from dslm.errors import InputError
from dslm.inference.base_models.base_files import BaseFiles
from dslm.inference.base_models.model_loading import ADAPTER_WEIGHTS, device, load_base
from dslm.settings.recipe import Optimizer, Recipe
from dslm.strict_json import strict_json
from dslm.training import distributed


def adapted(model: Any, targets: Literal["all-linear"] | Sequence[str]) -> dict[str, Any]:
    """`target_modules` and, where the model has more than text, `exclude_modules` for PEFT.

    Args:
        model: A causal language model of transformers, weights in 4 bits or whole.
        targets: Last parts of layers' names, or `all-linear` for every linear layer but the head.

    Raises:
        InputError: A name that no linear layer of the text part has; names those there are. Fused
            layers are the usual cause: Phi has `qkv_proj`, not `q_proj`.
    """
    inside, outside = _linear_layers(model)
    there = {name.rsplit(".", 1)[-1] for name in inside}
    if targets != "all-linear" and (unknown := sorted(set(targets) - there)):
        raise InputError(
            f"the base has no layer {', '.join(unknown)} to adapt",
            where="recipe: lora.targets",
            fix=f"it has {', '.join(sorted(there))}; or write all-linear",
        )
    found: dict[str, Any] = {"target_modules": targets if targets == "all-linear" else [*targets]}
    if outside:
        found["exclude_modules"] = rf"(?!{re.escape(_text_part(model))}\.).*"
    return found


def _linear_layers(model: Any) -> tuple[list[str], list[str]]:
    """Names of linear layers within and outside of the text part, the output layer left out."""
    import torch

    within = f"{_text_part(model)}."
    head = model.get_output_embeddings()
    names = [
        name
        for name, layer in model.named_modules()
        if isinstance(layer, torch.nn.Linear) and layer is not head
    ]
    inside = [name for name in names if name.startswith(within)]
    return inside, [name for name in names if not name.startswith(within)]


def _text_part(model: Any) -> str:
    """The dotted name of the module that holds the text layers: `model`, `model.language_model`."""
    decoder = model.get_decoder()
    return next(str(name) for name, module in model.named_modules() if module is decoder)


# As transformers calls them; paged ones are of bitsandbytes (arXiv:2305.14314, section 3).
OPTIMIZERS: dict[Optimizer, str] = {
    "adamw": "adamw_torch_fused",
    "paged_adamw_8bit": "paged_adamw_8bit",
    "paged_adamw_32bit": "paged_adamw_32bit",
}


def require_device_for(optimizer: Optimizer) -> None:
    """Paged optimizer state moves between GPU and host; elsewhere it would be something else."""
    if optimizer.startswith("paged_") and device() != "cuda":
        raise InputError(f"{optimizer} is for a GPU, and there is none here",
                         where="recipe: training.optimizer", fix="write adamw")  # fmt: skip


def fresh_adapter(recipe: Recipe, files: BaseFiles) -> Any:
    """The base model with a fresh adapter on it.

    What four bits leave as it is (norms, embeddings, output layer) keeps the recipe's type, as
    under `lora` and in the release's answers. `peft.prepare_model_for_kbit_training` would raise it
    to float32, all activations with it, and train on another base than the one that answers.
    """
    from peft import LoraConfig, get_peft_model

    plan, lora = recipe.training, recipe.lora
    four_bit = recipe.method == "qlora"
    model = load_base(
        files,
        dtype=plan.dtype,
        attention=plan.attention,
        four_bit=four_bit,
        sharded=distributed.sharded(),
    )
    if four_bit:
        _keep_differentiable(model)
    model.config.use_cache = False
    return get_peft_model(
        model,
        LoraConfig(
            task_type="CAUSAL_LM",
            r=lora.r,
            lora_alpha=lora.alpha,
            lora_dropout=lora.dropout,
            **adapted(model, lora.targets),
            use_rslora=lora.rslora,
            use_dora=lora.dora,
        ),
        autocast_adapter_dtype=lora.dtype == "float32",
    )


def _keep_differentiable(model: Any) -> None:
    """Keep 4-bit layers from packing their weights at the first look at the validation loss.

    On CPUs with AVX512-BF16, bitsandbytes packs for a kernel without a gradient once a layer is
    asked in evaluation mode, and never unpacks: training went on with gradients cut off.
    """
    for module in model.modules():
        if hasattr(module, "support_avx512bf16_for_cpu"):
            module.support_avx512bf16_for_cpu = False


def adapted_layers(model: Any) -> list[Any]:
    """The layers of a PEFT model that carry an adapter."""
    from peft.tuners.tuners_utils import BaseTunerLayer

    return [module for module in model.modules() if isinstance(module, BaseTunerLayer)]


def stop_casting(layers: list[Any]) -> None:
    """Keep PEFT from raising activations to the adapter's type, which autocast then lowers again.

    As peft.helpers.disable_input_dtype_casting does; for whoever trains under autocast.

    Args:
        layers: From `adapted_layers`.
    """
    for layer in layers:
        layer.cast_input_dtype_enabled = False


def require_moved(model: Any) -> None:
    """Refuse an adapter that is exactly the base model."""
    moved = any(
        bool(parameter.any()) for name, parameter in model.named_parameters() if ".lora_B." in name
    )
    if not moved:  # B starts at zero, so an adapter that learnt nothing is exactly the base model
        raise InputError("the adapter did not move", fix="raise learning_rate or epochs")


def write_adapter(trainer: Any, recipe: Recipe, out: Path) -> None:
    """Write weights and config, free of paths of this machine and of set order."""
    sharded = trainer.is_fsdp_enabled  # then every process has to bring its part
    tensors = trainer.accelerator.get_state_dict(trainer.model) if sharded else None
    trainer.model.save_pretrained(out, state_dict=tensors, safe_serialization=True)
    (out / "README.md").unlink(missing_ok=True)
    # the trainer makes its folder whether it saves or not
    shutil.rmtree(out / "trainer", ignore_errors=True)
    path = out / "adapter_config.json"
    config = strict_json(path.read_bytes())
    config["base_model_name_or_path"] = recipe.base.name
    config["target_modules"] = sorted(config["target_modules"])
    path.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")
    (out / ADAPTER_WEIGHTS).chmod(0o644)
