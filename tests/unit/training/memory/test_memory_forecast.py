from __future__ import annotations

import json
from typing import Any

import pytest
import torch
from peft import LoraConfig, get_peft_model
from support.documents.code_reader import ROOT

from dslm.settings.bases import BaseFacts, facts_of, known_bases
from dslm.settings.recipe import Recipe, load_recipe
from dslm.training.memory.memory_forecast import (
    Micro,
    adapter_parameters,
    block_activations,
    of_a_run,
    predict,
)
from dslm.training.recipe_table import hardware

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning")  # of peft on transformers
RECIPES = sorted((ROOT / "recipes").glob("*.yaml"))
FAMILIES = ("llama", "qwen3", "gemma3_text", "phi3", "granite", "mistral")
TOKENS = 256


def config(facts: BaseFacts, **changes: Any) -> Any:
    """The facts as transformers has them."""
    from transformers import AutoConfig

    settings = {
        "hidden_size": facts.hidden, "intermediate_size": facts.intermediate,
        "num_hidden_layers": facts.layers, "num_attention_heads": facts.heads,
        "num_key_value_heads": facts.groups, "head_dim": facts.width,
        "vocab_size": facts.vocabulary, "tie_word_embeddings": facts.tied,
        "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2,
    }  # fmt: skip
    return AutoConfig.for_model(facts.config, **settings | changes)


def small(family: str) -> BaseFacts:
    return BaseFacts(
        hub="a/b", config=family, licence="none", parameters=1, layers=2, hidden=512, heads=8,
        groups=2, width=64, intermediate=1536, vocabulary=512, tied=True, fused=family == "phi3",
    )  # fmt: skip


def recipe_for(facts: BaseFacts, **changes: Any) -> Recipe:
    found = load_recipe(ROOT / "recipes" / "qwen3-4b-lora-gpu24.yaml")
    lora = found.lora.model_copy(update={"targets": "all-linear"} | changes)
    return found.model_copy(update={"lora": lora})


@pytest.mark.parametrize("name", sorted(known_bases()))
def test_a_base_s_shapes_add_up_to_what_its_card_and_transformers_say(name: str) -> None:
    from transformers import AutoModelForCausalLM

    facts = known_bases()[name]
    counted = facts.linear_parameters + facts.embedding_parameters
    assert (counted + facts.vision) / 1e9 == pytest.approx(facts.parameters, rel=0.02)
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(config(facts))
    assert counted == pytest.approx(model.num_parameters(), rel=0.001)  # less the norms
    linear = {
        n.rsplit(".", 1)[-1]: (m.in_features, m.out_features)
        for n, m in model.named_modules()
        if isinstance(m, torch.nn.Linear) and n != "lm_head"
    }
    assert linear == facts.linear_shapes()


@pytest.mark.slow
@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("dora", [False, True], ids=["lora", "dora"])
def test_the_adapter_has_as_many_parameters_as_peft_makes(family: str, dora: bool) -> None:
    facts = small(family)
    model = wrapped(facts, use_dora=dora)
    made = sum(p.numel() for p in model.parameters() if p.requires_grad)
    assert adapter_parameters(recipe_for(facts, dora=dora), facts) == made


def wrapped(facts: BaseFacts, **changes: Any) -> Any:
    from transformers import AutoModelForCausalLM

    built = config(facts)
    built._attn_implementation = "sdpa"
    model = AutoModelForCausalLM.from_config(built).to(torch.bfloat16)
    targets = list(facts.linear_shapes())
    adapter = LoraConfig(task_type="CAUSAL_LM", r=16, target_modules=targets, **changes)
    return get_peft_model(model, adapter).train()


def kept_a_token(facts: BaseFacts, **changes: Any) -> float:
    """Bytes that torch keeps of one token for the backward pass, weights left out."""
    model = wrapped(facts, **changes)
    own = {p.untyped_storage().data_ptr() for p in [*model.parameters(), *model.buffers()]}
    kept: dict[int, Any] = {}

    def keep(tensor: Any) -> Any:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own and TOKENS in tensor.shape:
            kept[storage.data_ptr()] = storage  # held, so that no address is used twice
        return tensor

    hooks = torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor)
    ids = torch.zeros((1, TOKENS), dtype=torch.long)
    with hooks, torch.autocast("cpu", dtype=torch.bfloat16):
        out = model.get_base_model().model(input_ids=ids)  # its graph holds what was kept
    assert out is not None
    return sum(storage.nbytes() for storage in kept.values()) / TOKENS


@pytest.mark.slow
@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("dora", [False, True], ids=["lora", "dora"])
def test_activations_are_what_torch_keeps_or_a_little_more(family: str, dora: bool) -> None:
    facts = small(family)
    deeper = facts.model_copy(update={"layers": 4})
    a_block = (kept_a_token(deeper, use_dora=dora) - kept_a_token(facts, use_dora=dora)) / 2
    ratio = block_activations(recipe_for(facts, dora=dora), facts) / a_block
    assert 0.95 <= ratio <= 1.25


@pytest.mark.parametrize("path", RECIPES, ids=lambda p: p.stem)
def test_a_recipe_is_predicted_to_fit_what_it_is_made_for(path: Any) -> None:
    recipe = load_recipe(path)
    base = facts_of(recipe.base)
    assert base is not None
    predicted = predict(recipe, base)
    parts = (predicted.weights, predicted.adapter, predicted.activations, predicted.loss)
    assert all(part > 0 for part in parts)
    made_for = hardware(path.stem)
    room = 8 if made_for == "CPU" else int(made_for.split()[2])
    assert predicted.total < 0.92 * room * 1e9


def test_four_bits_checkpointing_and_smaller_batches_take_less() -> None:
    lora = load_recipe(ROOT / "recipes" / "qwen3-8b-lora-gpu48.yaml")
    base = facts_of(lora.base)
    assert base is not None
    whole = predict(lora, base)
    four_bit = predict(lora.model_copy(update={"method": "qlora"}), base)
    assert four_bit.weights < 0.6 * whole.weights
    kept = lora.training.model_copy(update={"gradient_checkpointing": False})
    assert predict(lora.model_copy(update={"training": kept}), base).total > 1.5 * whole.total
    small_batch = lora.training.model_copy(update={"batch_size": 1})
    less = predict(lora.model_copy(update={"training": small_batch}), base)
    assert less.activations == pytest.approx(whole.activations / lora.training.batch_size)
    assert less.weights == whole.weights


def test_measured_steps_and_runs_on_cpu_are_met() -> None:
    base, plan = known_bases()["SmolLM2-135M-Instruct"], "smollm2-135m-lora-cpu"
    recipe = load_recipe(ROOT / "recipes" / f"{plan}.yaml")
    found = json.loads((ROOT / "docs" / "measurements" / "train_memory.json").read_text())["runs"]
    assert len(found) >= 8
    for one in found:
        changes = {"attention": one["attention"], "batch_size": one["rows_at_once"]}
        training = recipe.training.model_copy(update=changes)
        changed = recipe.model_copy(update={"training": training})
        step = predict(changed, base, Micro(**one["micro_batch"])).total / 1e9
        assert step == pytest.approx(one["probed_gb"], rel=0.12), one
        assert of_a_run(step * 1e9, on_gpu=False) / 1e9 >= 0.95 * one["peak_of_the_run_gb"], one


MEASURED = json.loads((ROOT / "docs" / "measurements" / "gpu_h200.json").read_text())["after"]


@pytest.mark.parametrize("one", MEASURED, ids=lambda one: f"{one['size']} {one['run']}")
def test_measured_steps_on_a_gpu_are_met(one: dict[str, Any]) -> None:
    name = {"1b": "llama3.2-1b-lora-gpu16", "8b": "llama3.1-8b-lora-gpu80"}[one["size"]]
    recipe = load_recipe(ROOT / "recipes" / f"{name}.yaml")
    base, settings = facts_of(recipe.base), {"gradient_checkpointing": False} | one["settings"]
    assert base is not None
    method = settings.pop("method", "lora")
    training = recipe.training.model_copy(update=settings)
    lora = recipe.lora.model_copy(update={"targets": "all-linear", "r": 16})
    changed = recipe.model_copy(update={"training": training, "lora": lora, "method": method})
    found = predict(changed, base, Micro(**one["micro_batch"]), on_gpu=True)
    assert found.tensors / 1e9 == pytest.approx(one["peak_memory_gb"], rel=0.05)
    if "whole_card_gb" in one:
        assert found.total / 1e9 == pytest.approx(one["whole_card_gb"], rel=0.1)
        assert found.total / 1e9 >= one["whole_card_gb"]


def test_a_base_is_known_by_hub_id_embedded_name_or_folder() -> None:
    source = load_recipe(RECIPES[0]).base
    named = {
        "hub": "Qwen/Qwen3-4B", "embedded": "smollm2-135m-instruct",
        "folder": "/somewhere/Phi-4-mini-instruct",
    }  # fmt: skip
    for kind, name in named.items():
        found = facts_of(type(source)(**{kind: name}))
        assert found is not None
    assert facts_of(type(source)(hub="a/unknown")) is None
