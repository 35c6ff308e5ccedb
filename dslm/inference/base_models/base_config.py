"""What a base model's `config.json` may say: an allow-list, by what its architecture has.

transformers makes an attribute of every key, and acts on some that nobody would look for in a
config: another weights file, kernels to fetch, ways to run. Takes a folder that
`unsafe_model_files` has looked through; refuses a key that neither the architecture nor the list
below knows. Called by `models.load_base` before anything is loaded, and by `dslm base lock`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from dslm.errors import InputError
from dslm.inference.base_models.safetensors_header import tensor_shapes
from dslm.inference.base_models.unsafe_model_files import OWN_PACKING, UNSAFE_KEYS
from dslm.strict_json import strict_json

# Of every architecture: who made it, with what, for what; and how its tokens are called.
EVERYWHERE = frozenset({
    "_name_or_path", "_model_name_or_path", "architectures", "bos_token_id",
    "chunk_size_feed_forward", "decoder_start_token_id", "dtype", "eos_token_id", "id2label",
    "initializer_range", "is_decoder", "is_encoder_decoder", "label2id", "license", "model_type",
    "name_or_path",
    "output_attentions", "output_hidden_states", "pad_token_id", "problem_type", "return_dict",
    "sep_token_id", "tie_word_embeddings", "tokenizer_class", "torch_dtype",
    "transformers_version", "unk_token_id", "use_cache", "vocab_size", "word_embed_proj_dim",
})  # fmt: skip
# As configs wrote it before transformers 5, which still reads it.
BEFORE = frozenset({
    "attention_bias", "mlp_bias", "max_window_layers", "original_max_position_embeddings",
    "partial_rotary_factor",
    "pretraining_tp", "rope_interleaved", "rope_local_base_freq", "rope_parameters",
    "rope_scaling", "rope_theta", "rotary_pct", "sliding_window", "sliding_window_pattern",
    "use_mrope", "use_sliding_window", "layer_types", "head_dim",
})  # fmt: skip
# What a sampler would be told: transformers drops it, and we answer greedily.
SAMPLING = frozenset({
    "cache_implementation", "do_sample", "forced_eos_token_id", "max_length", "num_beams",
    "repetition_penalty", "temperature", "top_k", "top_p",
})  # fmt: skip
# Notes that other programs leave; nothing reads them.
NOTES = frozenset({
    "_attn_implementation_autoset", "full_attn_mod", "interpolate_factor", "is_llama_config",
    "lm_head_bias", "transformers.js_config", "unsloth_fixed", "unsloth_version",
})  # fmt: skip
# transformers acts on these wherever they come from.
FORBIDDEN = frozenset({*UNSAFE_KEYS, *OWN_PACKING})
ALLOWED = EVERYWHERE | BEFORE | SAMPLING | NOTES


def refuse_unlike(folder: Path) -> None:
    """Refuse a base whose weights or config are not what a base of its architecture has.

    Raises:
        InputError: A key, the architecture, or a header of the weights; named.
    """
    refuse_unknown_settings(folder)
    for path in sorted(folder.glob("*.safetensors")):
        tensor_shapes(path)


def refuse_unknown_settings(folder: Path) -> None:
    """Refuse a base whose config is of no known architecture, or says what that does not have.

    Args:
        folder: With a `config.json` that is a JSON object.

    Raises:
        InputError: Names the key, or the architecture.
    """
    from transformers import CONFIG_MAPPING

    path = folder / "config.json"
    config = strict_json(path.read_bytes(), infinite=True)
    name = config.get("model_type")
    if not isinstance(name, str) or name not in CONFIG_MAPPING:
        fix = "name a base of an architecture that the installed transformers has"
        raise InputError(f"is of no known architecture ({name!r})", where=path, fix=fix)
    unknown = sorted(_unknown(config, CONFIG_MAPPING[name]))
    if unknown:
        what = f"says what {name} does not have: {', '.join(unknown)}"
        fix = "remove it in a copy of the model's folder, name that copy, and lock it"
        raise InputError(what, where=path, fix=fix)


def _unknown(config: Mapping[str, Any], kind: Any, within: str = "") -> Iterator[str]:
    parts: Mapping[str, Any] = kind.sub_configs
    for key, value in config.items():
        if key in parts and isinstance(value, dict):
            yield from _unknown(value, _part(parts[key], value), f"{within}{key}.")
        elif key not in ALLOWED and key not in _known(kind):
            yield within + key


def _part(kind: Any, config: Mapping[str, Any]) -> Any:
    """The class of a part: where the architecture leaves it open, the one that the part names."""
    from transformers import CONFIG_MAPPING, AutoConfig

    if kind is not AutoConfig:
        return kind
    name = config.get("model_type")
    return CONFIG_MAPPING[name] if name in CONFIG_MAPPING else CONFIG_MAPPING["llama"]


def _known(kind: Any) -> set[str]:
    """The settings of an architecture: those it takes, and those it writes when it is saved."""
    from huggingface_hub.errors import StrictDataclassError

    named = {one.name for one in fields(kind) if not one.name.startswith("_")}
    try:
        written = set(kind().to_dict())
    except StrictDataclassError:  # an architecture that is nothing without its settings
        written = set()
    return (named | set(kind.attribute_map) | written) - FORBIDDEN
