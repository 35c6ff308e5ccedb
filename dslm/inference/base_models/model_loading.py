"""Loads a base model, and an adapter onto it, and proves that the adapter took hold.

Takes files whose digests were checked; gives a torch module in evaluation mode. Called by the
decider and by training.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from dslm.errors import InputError
from dslm.inference.base_models.adapter_config import lora_settings
from dslm.inference.base_models.base_config import refuse_unlike
from dslm.inference.base_models.base_files import BaseFiles
from dslm.inference.base_models.safetensors_header import tensor_shapes
from dslm.inference.decoding import varlen_attention
from dslm.inference.decoding.grouped_attention import register
from dslm.inference.decoding.lazy_compile import lazy_compile
from dslm.settings.imports_without_gc import quick_imports
from dslm.settings.recipe import Dtype, TrainingAttention

ADAPTER_WEIGHTS = "adapter_model.safetensors"
OTHER_BASE = "load it on the base it was trained on"
_OF_LORA = re.compile(r"\.lora_(?:A|B|embedding_A|embedding_B|magnitude_vector)(?:\.|$)")


def quieten() -> None:
    """Keep what libraries say of each other from the reader, who can correct nothing of it."""
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()
    warnings.filterwarnings("ignore", ".*gradient_checkpointing` is deprecated", FutureWarning)


def import_libraries() -> None:
    """Import what models and adapters are loaded with, sooner than where each is first used."""
    with quick_imports(), lazy_compile():
        import torch  # noqa: F401, I001 - it is the one to name where all are missing
        from transformers import PreTrainedModel  # noqa: F401
        import peft  # noqa: F401


def device() -> str:
    """`cuda` where there is one, else `cpu`."""
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def load_base(
    files: BaseFiles,
    *,
    dtype: Dtype,
    attention: TrainingAttention,
    four_bit: bool = False,
    sharded: bool = False,
) -> Any:
    """A base model from safetensors, on the GPU where there is one.

    Args:
        files: Where it lies.
        dtype: Of weights and activations.
        attention: Implementation; `grouped` and `varlen` are ours.
        four_bit: NF4 with double quantisation (QLoRA, arXiv:2305.14314).
        sharded: Leave it in the host's memory: each GPU will get its part, and none ever holds all.

    Raises:
        InputError: torch is too old for the attention, or the base's config says what its
            architecture does not have.
    """
    import torch
    from transformers import AutoModelForCausalLM, BitsAndBytesConfig

    quieten()
    refuse_unlike(files.folder)
    register()
    if attention == varlen_attention.NAME and device() == "cuda":
        varlen_attention.require_kernel()
    # Half of the time of answers on an H200 went into attention of lengths that were all new;
    # of the kernels, cuDNN's are planned for each length (docs/measurements/gpu.md).
    torch.backends.cuda.enable_cudnn_sdp(False)
    compute = getattr(torch, dtype)
    quantisation = BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=compute,
    )
    model = AutoModelForCausalLM.from_pretrained(
        files.folder,
        dtype=compute,
        attn_implementation=attention,
        quantization_config=quantisation if four_bit else None,
        device_map=None if sharded else {"": device()},
        local_files_only=True,
        use_safetensors=True,
        trust_remote_code=False,
    )
    return model.eval()


def load_adapter(model: Any, adapter: Path, *, merge: bool) -> Any:
    """An adapter on its base model.

    Every tensor of the file must have found its place, and must change the answer: an adapter that
    loads but does nothing would serve the base model.

    Args:
        model: From `load_base`.
        adapter: Folder with weights and adapter_config.json.
        merge: Fold it into the weights.

    Raises:
        InputError: A tensor without a place or a place without a tensor, one that would replace the
            base's own, or an adapter that adds nothing: zeros on one side of each product, or a
            scale of zero.
    """
    import_libraries()
    from peft import LoraConfig, get_peft_model, set_peft_model_state_dict
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    path = adapter / ADAPTER_WEIGHTS
    settings = lora_settings(adapter, LoraConfig().to_dict())
    tensor_shapes(path)
    try:
        tensors = load_file(path, device="cpu")
    except (OSError, ValueError, SafetensorError) as error:
        raise InputError(f"cannot be read: {error}", where=adapter, fix="train again") from None
    _refuse_other_tensors(tensors, path)
    own = {"inference_mode": True, "base_model_name_or_path": model.name_or_path}
    config = LoraConfig(**settings, **own)
    try:
        wrapped = get_peft_model(model, config)
    except ValueError as error:  # PEFT's, for layers that there are not
        raise InputError(f"cannot be put on this base model: {str(error).splitlines()[0]}",
                         where=adapter, fix=OTHER_BASE) from None  # fmt: skip
    try:
        result = set_peft_model_state_dict(wrapped, tensors)
    except RuntimeError as error:  # torch's, for a tensor of another shape
        what = f"its tensors do not fit this base model ({str(error).splitlines()[-1].strip()})"
        raise InputError(what, where=path, fix=OTHER_BASE) from None
    lost = [key for key in result.missing_keys if "lora_" in key]
    if lost or result.unexpected_keys:
        count = len(lost) + len(result.unexpected_keys)
        raise InputError(f"{count} tensors do not fit this base model", where=path,
                         fix=OTHER_BASE)  # fmt: skip
    if not (config.lora_alpha and _adds_something(tensors)):
        raise InputError("all zeros: it would serve the base model", where=path, fix="train again")
    wrapped.eval()
    return wrapped.merge_and_unload() if merge else wrapped


def _refuse_other_tensors(tensors: Iterable[str], path: Path) -> None:
    """Refuse tensors that are no LoRA's: PEFT would put them in place of the base's weights."""
    if other := [name for name in tensors if not _OF_LORA.search(name)]:
        what = f"{len(other)} tensors are of no LoRA and would replace the base's own "
        what += f"({other[0][:80]!r})"
        raise InputError(what, where=path, fix="train again, or restore the adapter")


def _adds_something(tensors: Mapping[str, Any]) -> bool:
    """Whether B·A of some layer can be other than zero."""
    pairs = ((t, tensors[n.replace(".lora_B.", ".lora_A.")]) for n, t in tensors.items()
             if ".lora_B." in n)  # fmt: skip
    return any(bool(b.any()) and bool(a.any()) for b, a in pairs)
