"""Tiny real models, built in memory and written as a folder: two layers, a tokenizer of its own.

Takes an architecture and a style of chat template; gives what a recipe's `base: {folder: …}` may
name. Random weights, so nothing is known and everything is possible. Built once a test session.
"""

from __future__ import annotations

import atexit
import functools
import json
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dslm.inference.base_models.base_files import BaseFiles, locate
from dslm.inference.base_models.model_loading import quieten
from dslm.provenance import digest_bytes, write_manifest
from dslm.settings.recipe import BaseModelSource, Recipe

VOCABULARY = 512
ARCHITECTURES = ("llama", "qwen3", "gemma3", "mistral", "phi3", "granite")
# What a multimodal Gemma 3 adds: a vision tower whose layers bear the same names as the text's.
VISION = {
    "vision_config": {
        "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 1,
        "num_attention_heads": 2, "image_size": 28, "patch_size": 14,
    },
    "mm_tokens_per_image": 4, "image_token_index": 511, "boi_token_index": 509,
    "eoi_token_index": 510,
}  # fmt: skip


class Style:
    """One family's chat template and control tokens: of them `begin` and `end` are the tokenizer's
    own, and `turn` is what the template puts after a turn, where that is another than `end`.
    """

    def __init__(
        self,
        template: str,
        tokens: str,
        *,
        end: str,
        begin: str | None = None,
        turn: str | None = None,
    ):
        self.template, self.tokens = template, tuple(tokens.split())
        self.end, self.begin, self.turn = end, begin, turn or end


# As the families write them, tools and checks left out.
STYLES = {
    "chatml": Style(
        "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
        "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}",
        "<|endoftext|> <|im_start|> <|im_end|>",
        end="<|im_end|>",
    ),
    "llama3": Style(
        "{{ bos_token }}{% for m in messages %}<|start_header_id|>{{ m.role }}<|end_header_id|>"
        "\n\n{{ m.content | trim }}<|eot_id|>{% endfor %}{% if add_generation_prompt %}"
        "<|start_header_id|>assistant<|end_header_id|>\n\n{% endif %}",
        "<|begin_of_text|> <|start_header_id|> <|end_header_id|> <|eot_id|>",
        end="<|eot_id|>",
        begin="<|begin_of_text|>",
    ),
    "gemma": Style(
        "{{ bos_token }}{% if messages[0].role == 'system' %}{{ raise_exception('System role not "
        "supported') }}{% endif %}{% for m in messages %}<start_of_turn>"
        "{{ 'model' if m.role == 'assistant' else m.role }}\n{{ m.content | trim }}<end_of_turn>\n"
        "{% endfor %}{% if add_generation_prompt %}<start_of_turn>model\n{% endif %}",
        "<pad> <eos> <bos> <start_of_turn> <end_of_turn>",
        end="<eos>",
        begin="<bos>",
        turn="<end_of_turn>",
    ),
    "mistral": Style(
        "{{ bos_token }}{% if messages[0].role == 'system' %}{% set system = messages[0].content "
        "%}{% set turns = messages[1:] %}{% else %}{% set system = '' %}{% set turns = messages %}"
        "{% endif %}{% for m in turns %}{% if m.role == 'user' %}[INST] {% if loop.last and system "
        "%}{{ system }}\n\n{% endif %}{{ m.content }}[/INST]{% else %} {{ m.content }}"
        "{{ eos_token }}{% endif %}{% endfor %}",
        "<unk> <s> </s> [INST] [/INST]",
        end="</s>",
        begin="<s>",
    ),
    "phi": Style(
        "{% for m in messages %}<|{{ m.role }}|>\n{{ m.content }}<|end|>\n{% endfor %}"
        "{% if add_generation_prompt %}<|assistant|>\n{% else %}{{ eos_token }}{% endif %}",
        "<|endoftext|> <|system|> <|user|> <|assistant|> <|end|>",
        end="<|endoftext|>",
        turn="<|end|>",
    ),
    "granite": Style(
        "{% for m in messages %}<|start_of_role|>{{ m.role }}<|end_of_role|>{{ m.content }}"
        "<|end_of_text|>\n{% endfor %}{% if add_generation_prompt %}"
        "<|start_of_role|>assistant<|end_of_role|>{% endif %}",
        "<|end_of_text|> <|start_of_role|> <|end_of_role|>",
        end="<|end_of_text|>",
    ),
}

CORPUS = [
    'Please send order A-17. {"kind":"order","number":"A-17"}',
    'Thanks for the nice day. {"kind":"other","number":null}',
    "Extract the order. system user assistant model Answer with one JSON object",
    '{"type":"object","additionalProperties":false,"required":["kind","number"],"properties":{}}',
]


def tokenizer(style: str = "chatml", lines: Sequence[str] = CORPUS) -> Any:
    """A byte-level BPE tokenizer of at most `VOCABULARY` tokens, trained on a few lines."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    chosen = STYLES[style]
    core = Tokenizer(models.BPE())
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=list(chosen.tokens),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    core.train_from_iterator(lines, trainer)
    made = PreTrainedTokenizerFast(
        tokenizer_object=core,
        bos_token=chosen.begin,
        eos_token=chosen.end,
        pad_token=chosen.tokens[0],
    )
    made.chat_template = chosen.template
    return made


# A quarter of the weights, for a model that is kept in git
SMALL = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 1, "head_dim": 8}


def model(architecture: str = "llama", *, seed: int = 0, **changes: Any) -> Any:
    """A two-layer model with random weights, larger than usual so that tokens differ clearly."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    name = {"gemma3": "gemma3_text", "small_llama": "llama"}.get(architecture, architecture)
    settings: dict[str, Any] = {
        "vocab_size": VOCABULARY,
        "hidden_size": 64,
        "intermediate_size": 128,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 16,
        "max_position_embeddings": 2048,
        "initializer_range": 0.2,
        "tie_word_embeddings": True,
        "pad_token_id": 0,
        "bos_token_id": 1,
        "eos_token_id": 2,
    }
    settings |= (SMALL if architecture == "small_llama" else {}) | changes
    if architecture == "gemma3_vision":
        tied = {"tie_word_embeddings": settings["tie_word_embeddings"]}
        name, settings = "gemma3", {"text_config": settings} | tied | VISION
    config = AutoConfig.for_model(name, **settings)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return AutoModelForCausalLM.from_config(config).float().eval()


@functools.cache
def _store() -> Path:
    """Keeps what was built until the process ends."""
    folder = Path(tempfile.mkdtemp(prefix="tiny-models-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def base_folder(architecture: str = "llama", style: str = "chatml") -> Path:
    """A model folder, shared by the session: do not change it."""
    return _built(architecture, style)


@functools.cache  # apart from `base_folder`: its key is then the same however that is called
def _built(architecture: str, style: str) -> Path:
    quieten()
    folder = _store() / f"{architecture}-{style}"
    model(architecture).save_pretrained(folder)
    tokenizer(style).save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)
    return folder


def write_base(folder: Path, architecture: str = "llama", style: str = "chatml") -> Path:
    """A copy of a model folder, for tests that change it or a repository that has its own."""
    return Path(shutil.copytree(base_folder(architecture, style), folder))


def base_files(architecture: str = "llama", style: str = "chatml") -> BaseFiles:
    """A shared model folder with its digests."""
    folder = base_folder(architecture, style)
    return locate(BaseModelSource(folder=str(folder)), folder)


def recipe(folder: Path | str, **training: Any) -> Recipe:
    """A recipe of six updates on a tiny model, everything in float32 with one thread."""
    return Recipe.model_validate(recipe_document(folder, **training))


def recipe_document(folder: Path | str, **training: Any) -> dict[str, Any]:
    """As `recipe`, as it stands in a file."""
    return {
        "base": {"folder": str(folder)},
        "method": "lora",
        "lora": {"r": 4, "alpha": 8, "dropout": 0.0, "dtype": "float32", "targets": "all-linear"},
        "training": {
            "epochs": 1, "max_steps": 6, "learning_rate": 0.005, "schedule": "cosine",
            "warmup_share": 0.1, "weight_decay": 0.0, "max_grad_norm": 1.0, "batch_size": 4,
            "accumulation": 1, "max_tokens": 256, "dtype": "float32", "attention": "grouped",
            "gradient_checkpointing": False, "seed": 3, "validate_every": 3, "threads": 1,
            "checkpoint_every": 2, "early_stopping": None,
        } | training,
        "inference": {
            "dtype": "float32", "attention": "grouped", "merge_adapter": True, "batch_size": 8,
            "max_answer_tokens": 64, "copy_grounded": False,
            "baseline_examples": 1,
        },
    }  # fmt: skip


def recipe_text(folder: Path | str, **training: Any) -> str:
    """As `recipe`, as YAML (which JSON is)."""
    return json.dumps(recipe_document(folder, **training), indent=2) + "\n"


def write_adapter(folder: Path, architecture: str = "llama", *, seed: int = 0) -> Path:
    """An adapter with random weights, sealed as the train stage seals one."""
    import torch
    from peft import LoraConfig, get_peft_model

    quieten()
    config = LoraConfig(
        task_type="CAUSAL_LM", r=4, lora_alpha=8, target_modules=["q_proj", "v_proj"]
    )
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        wrapped = get_peft_model(model(architecture), config)
        for name, parameter in wrapped.named_parameters():
            if ".lora_B." in name:
                torch.nn.init.normal_(parameter, std=0.5)
    wrapped.save_pretrained(folder)
    (folder / "README.md").unlink(missing_ok=True)
    made_from = base_files(architecture).digests() | {
        "data": digest_bytes(b"data"),
        "recipe": digest_bytes(b"recipe"),
    }
    write_manifest(folder, made_from)
    return folder
