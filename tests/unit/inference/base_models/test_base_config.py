"""A base's config says what its architecture has, of whatever time, and no more."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.models import tiny_model

from dslm.errors import InputError
from dslm.inference.base_models.base_config import refuse_unknown_settings, refuse_unlike

# Keys of configs as the families publish them, of before transformers 5 and with notes of others.
COMMON = """
architectures attention_dropout bos_token_id eos_token_id hidden_size initializer_range
intermediate_size max_position_embeddings model_type num_attention_heads num_hidden_layers
num_key_value_heads rms_norm_eps rope_theta torch_dtype transformers_version use_cache
vocab_size
"""
PUBLISHED = {
    "phi3": """
        attention_bias embd_pdrop full_attn_mod hidden_act interpolate_factor lm_head_bias
        mlp_bias original_max_position_embeddings pad_token_id partial_rotary_factor resid_pdrop
        rope_scaling sliding_window tie_word_embeddings
    """,
    "smollm3": """
        attention_bias hidden_act layer_types max_window_layers mlp_bias no_rope_layer_interval
        no_rope_layers pad_token_id pretraining_tp rope_scaling sliding_window
        transformers.js_config use_sliding_window
    """,
    "gemma3_text": """
        _sliding_window_pattern attention_bias attn_logit_softcapping cache_implementation
        final_logit_softcapping head_dim hidden_activation pad_token_id query_pre_attn_scalar
        rope_local_base_freq rope_scaling sliding_window sliding_window_pattern
    """,
    "granite": """
        attention_bias attention_multiplier embedding_multiplier hidden_act logits_scaling
        mlp_bias pad_token_id residual_multiplier rope_scaling tie_word_embeddings
    """,
    "llama": """
        attention_bias head_dim hidden_act is_llama_config mlp_bias pad_token_id pretraining_tp
        rope_interleaved rope_scaling tie_word_embeddings transformers.js_config unsloth_fixed
    """,
    "qwen2": """
        hidden_act max_window_layers sliding_window tie_word_embeddings use_mrope
        use_sliding_window
    """,
    "mistral": """
        head_dim hidden_act sliding_window tie_word_embeddings
    """,
}


def config(folder: Path, **settings: object) -> Path:
    (folder / "config.json").write_text(json.dumps(settings))
    return folder


@pytest.mark.parametrize("family", PUBLISHED)
def test_what_the_families_publish_is_read(tmp_path: Path, family: str) -> None:
    keys = dict.fromkeys(f"{COMMON} {PUBLISHED[family]}".split(), None)
    refuse_unknown_settings(config(tmp_path, **(keys | {"model_type": family})))


@pytest.mark.parametrize("architecture", [*tiny_model.ARCHITECTURES, "gemma3_vision"])
def test_what_transformers_writes_is_read(architecture: str) -> None:
    refuse_unlike(tiny_model.base_folder(architecture))


PLANTED = [
    {"use_kernels": True}, {"kernel_config": {"a": "owner/kernel"}}, {"custom_generate": "x"},
    {"gguf_file": "../x"}, {"torchscript": True, "evil": 1}, {"attn_implementation": "o/kernel"},
    {"transformers_weights": "../../x.safetensors"}, {"base_model_pp_plan_": {}},
]  # fmt: skip


@pytest.mark.parametrize("planted", PLANTED, ids=lambda one: next(iter(one)))
def test_what_no_architecture_has_is_refused_by_name(tmp_path: Path, planted: dict) -> None:
    with pytest.raises(InputError, match="says what llama does not have: ") as refused:
        refuse_unknown_settings(config(tmp_path, model_type="llama", **planted))
    assert list(planted)[-1] in str(refused.value)


def test_parts_are_looked_at_too(tmp_path: Path) -> None:
    parts = {"text_config": {"model_type": "gemma3_text", "use_kernels": True}}
    with pytest.raises(InputError, match=r"does not have: text_config\.use_kernels"):
        refuse_unknown_settings(config(tmp_path, model_type="gemma3", **parts))


@pytest.mark.parametrize("name", [None, 3, "", "../../x", "evil"])
def test_an_architecture_that_is_not_known_is_refused(tmp_path: Path, name: object) -> None:
    with pytest.raises(InputError, match="of no known architecture"):
        refuse_unknown_settings(config(tmp_path, model_type=name))
