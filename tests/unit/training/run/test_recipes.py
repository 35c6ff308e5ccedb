"""Every recipe of this repository, on a tiny model of its base's architecture: its base is locked,
two updates are trained, and the adapter is saved, loaded and asked, all with the recipe's values.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file
from support.documents.code_reader import ROOT
from support.models import tiny_model
from support.models.four_bit import four_bit_works
from support.repositories.scored_rows import MINI, cases

from dslm.inference.base_models.base_locks import locate_locked, lock_base
from dslm.inference.base_models.model_loading import ADAPTER_WEIGHTS
from dslm.inference.decider import load_decider
from dslm.inference.prompts.prompt import tuned_prompt
from dslm.settings.bases import BaseFacts, facts_of
from dslm.settings.recipe import Lora, Recipe, Training, load_recipe
from dslm.settings.recipe_variants import require_as_claimed
from dslm.stage import whole_folder
from dslm.training.run.training_run import train

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # of trainer libraries, their own
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]
RECIPES = sorted((ROOT / "recipes").glob("*.yaml"))
STYLES = {"qwen3": "chatml", "gemma3_text": "gemma", "phi3": "phi", "granite": "granite",
          "mistral": "mistral"}  # fmt: skip
every_recipe = pytest.mark.parametrize("path", RECIPES, ids=lambda p: p.stem)
# What cannot be had on a CPU, or would only take time here.
HERE = {"max_steps": 2, "optimizer": "adamw", "threads": 1, "batch_size": 2, "validate_every": 2,
        "must_learn": None}  # fmt: skip


def facts(path: Path) -> BaseFacts:
    found = facts_of(load_recipe(path).base)
    assert found is not None
    return found


@cache
def like(name: str, config: str, vision: bool) -> tuple[str, str]:
    """Architecture and chat style of the tiny model that stands for a base."""
    style = STYLES.get(config, "llama3" if "Llama" in name else "chatml")
    architecture = {"gemma3_text": "gemma3"}.get(config, config)
    return ("gemma3_vision" if vision else architecture), style


def on_a_tiny_base(path: Path, root: Path) -> tuple[Recipe, str]:
    """A repository whose only recipe is this one, its base tiny; gives it locked, and the style."""
    base = facts(path)
    architecture, style = like(base.hub, base.config, base.vision > 0)
    tiny_model.write_base(root / "models" / "tiny", architecture, style)
    document = load_recipe(path).model_dump(mode="json", exclude={"extends"})
    document["base"] = {"folder": "models/tiny"}
    document["training"] |= HERE
    document["inference"]["max_answer_tokens"] = 64
    (root / "recipes").mkdir()
    own = root / "recipes" / "one.yaml"
    own.write_text(json.dumps(document))
    lock_base(load_recipe(own).base, root)
    return load_recipe(own), style


@pytest.mark.slow
@every_recipe
def test_a_recipe_trains_saves_loads_and_answers(path: Path, tmp_path: Path) -> None:
    if load_recipe(path).method == "qlora" and (reason := four_bit_works()):
        pytest.skip(reason)
    recipe, style = on_a_tiny_base(path, tmp_path)
    adapter = tmp_path / "adapter"
    files = locate_locked(recipe.base, tmp_path)
    inputs = files.digests() | {"data": "sha256:data", "recipe": recipe.digest()}
    with whole_folder(adapter, inputs) as folder:
        summary, _ = train(MINI, recipe, files, cases(8), cases(2, prefix="v"), folder)
    assert summary.steps == 2
    assert summary.preview["learnt"].endswith(tiny_model.STYLES[style].turn)
    decider = load_decider(
        MINI, recipe, tuned_prompt(MINI), root=tmp_path, adapter=adapter, threshold=0.0
    )
    answers = decider.answer(["Please send order A-17.", "Thanks", ""])
    assert [a.finish_reason for a, _ in answers] == ["stop"] * 3
    assert all(set(a.object or {}) == {"kind", "number"} for a, _ in answers)
    require_adapter(adapter, recipe)


def require_adapter(folder: Path, recipe: Recipe) -> None:
    """The adapter is the kind that the recipe asks for, on the layers it names."""
    config = json.loads((folder / "adapter_config.json").read_text())
    lora = recipe.lora
    assert (config["r"], config["use_dora"], config["use_rslora"]) == (
        lora.r, lora.dora, lora.rslora,
    )  # fmt: skip
    names = load_file(folder / ADAPTER_WEIGHTS)
    assert not [name for name in names if "vision" in name]
    assert any("lora_magnitude_vector" in name for name in names) == lora.dora
    if lora.targets != "all-linear":
        layers = {name.split(".lora_")[0].rsplit(".", 1)[-1] for name in names}
        assert layers == set(lora.targets)


@every_recipe
def test_every_value_stands_in_the_file(path: Path) -> None:
    from ruamel.yaml import YAML

    document: dict[str, Any] = YAML(typ="safe").load(path)
    recipe = load_recipe(path)
    for part, model in (("lora", Lora), ("training", Training)):
        assert set(document[part]) == set(model.model_fields), part
    given = recipe.model_dump(mode="json", exclude={"extends", "base"})
    assert {key: document[key] for key in given} == given


@every_recipe
def test_a_variant_is_what_it_claims_to_be(path: Path) -> None:
    require_as_claimed(path)


@every_recipe
def test_layers_are_named_as_the_architecture_has_them(path: Path) -> None:
    targets = load_recipe(path).lora.targets
    assert targets == "all-linear" or set(targets) == set(facts(path).linear_shapes())


@every_recipe
def test_four_bits_come_with_a_paged_optimizer_on_a_gpu(path: Path) -> None:
    recipe = load_recipe(path)
    paged = recipe.training.optimizer.startswith("paged_")
    assert paged == (recipe.method == "qlora" and "-gpu" in path.stem)


@pytest.mark.slow
def test_there_is_lora_and_qlora_for_every_base_and_a_recipe_for_every_size() -> None:
    loaded = [(facts(p).hub, load_recipe(p).method) for p in RECIPES]
    hubs = {hub for hub, _ in loaded}
    assert len(hubs) == 14
    assert {(hub, method) for hub in hubs for method in ("lora", "qlora")} == set(loaded)
    made_for = {p.stem.rsplit("-gpu")[-1] for p in RECIPES if "-gpu" in p.stem}
    assert made_for == {"16", "24", "48", "80"}
    assert {load_recipe(p).lora.dora for p in RECIPES} == {True, False}
    assert {load_recipe(p).lora.rslora for p in RECIPES} == {True, False}
