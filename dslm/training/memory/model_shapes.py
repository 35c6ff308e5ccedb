"""A base model's shapes as its own `config.json` has them, for prediction of memory and work.

Takes the folder of a base; gives what `dslm.settings.bases` lists of known ones, so that a base of
one's own is predicted too. Needs no torch. Called by `dslm.training.run.training_run` and `dslm
doctor`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dslm.settings.bases import BaseFacts, facts_of
from dslm.settings.recipe import BaseModelSource
from dslm.strict_json import strict_json

# Families whose blocks are those that `BaseFacts.linear_shapes` knows, by `model_type`.
FAMILIES = {
    "llama": "llama", "qwen2": "llama", "qwen3": "qwen3", "gemma3_text": "gemma3_text",
    "phi3": "phi3", "granite": "granite", "mistral": "mistral",
}  # fmt: skip


def shapes_of(source: BaseModelSource, folder: Path) -> BaseFacts | None:
    """The shapes of a base: from its configuration, else as listed; None where nobody knows.

    Args:
        source: The recipe's `base`.
        folder: Where its files lie.
    """
    listed = facts_of(source)
    path = folder / "config.json"
    config = strict_json(path.read_bytes(), infinite=True) if path.is_file() else {}
    found = _read(config.get("text_config", config), source.name)
    if found is None or listed is None:
        return found or listed
    return found.model_copy(update={"vision": listed.vision})


def _read(config: dict[str, Any], name: str) -> BaseFacts | None:
    """Shapes of one text model; transformers writes no key whose value is a family's default."""
    family = FAMILIES.get(str(config.get("model_type")))
    keys = ("hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads",
            "vocab_size")  # fmt: skip
    if family is None or any(config.get(key) is None for key in keys):
        return None
    hidden, inner, layers, heads, vocabulary = (config[key] for key in keys)
    facts = {
        "hub": name, "config": family, "licence": "not listed", "layers": layers,
        "hidden": hidden, "heads": heads, "groups": config.get("num_key_value_heads") or heads,
        "width": config.get("head_dim") or hidden // heads, "intermediate": inner,
        "vocabulary": vocabulary, "tied": bool(config.get("tie_word_embeddings", False)),
        "fused": family == "phi3", "parameters": 1.0,
    }  # fmt: skip
    made = BaseFacts.model_validate(facts)
    count = (made.linear_parameters + made.embedding_parameters) / 1e9
    return made.model_copy(update={"parameters": count})
