"""Every value of a recipe reaches what trains or answers: no knob does nothing.

Each is turned alone, and what arrives where training hands over to the library (or where an engine
is made) must be other than before. A key of the recipe that is not turned here fails the test.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from pydantic import BaseModel
from support.models import tiny_model
from support.models.four_bit import four_bit_works
from support.repositories.scored_rows import MINI, cases

from dslm.errors import InputError, Problems
from dslm.inference.decider import load_decider
from dslm.inference.prompts.prompt import tuned_prompt
from dslm.settings.recipe import Inference, Lora, Recipe, Training
from dslm.training.checkpoints.checkpoint_files import Checkpoints
from dslm.training.run.training_run import train

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]
TURNED: dict[str, Any] = {
    "method": "qlora",
    "lora.r": 8,
    "lora.alpha": 16,
    "lora.dropout": 0.1,
    "lora.dtype": "bfloat16",
    "lora.targets": ["q_proj"],
    "lora.rslora": True,
    "lora.dora": True,
    "training.epochs": 2,
    "training.max_steps": 5,
    "training.learning_rate": 0.001,
    "training.schedule": "linear",
    "training.warmup_share": 0.5,
    "training.weight_decay": 0.1,
    "training.max_grad_norm": 0.5,
    "training.batch_size": 2,
    "training.accumulation": 2,
    "training.optimizer": "paged_adamw_8bit",  # refused where there is no GPU
    "training.max_tokens": 16,  # refused: every row is longer
    "training.dtype": "float32",
    "training.attention": "eager",
    "training.gradient_checkpointing": True,
    "training.seed": 4,
    "training.validate_every": 2,
    "training.checkpoint_every": 5,
    "training.must_learn": {"share": 0.5, "margin": 0.01},
    "training.early_stopping": {"patience": 2},
    "training.threads": 2,
}
ANSWERING: dict[str, Any] = {
    "inference.dtype": "bfloat16",
    "inference.attention": "eager",
    "inference.merge_adapter": False,
    "inference.batch_size": 3,
    "inference.max_answer_tokens": 7,
    "inference.copy_grounded": True,
}
# Used where the prompt of the untrained base is made, not where an engine is.
ELSEWHERE = {"inference.baseline_examples"}
NAMES_OF_FOLDERS = ("output_dir", "logging_dir", "run_name")


class Reached(Exception):
    """Training has handed over to the library."""


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    yield
    torch.set_num_threads(1)


def turned(key: str | None, value: Any = None) -> Recipe:
    """The tiny recipe with one value changed, on a base in bfloat16 with an adapter in float32."""
    document = tiny_model.recipe_document(tiny_model.base_folder(), dtype="bfloat16")
    node: Any = document
    *path, last = (key or "method").split(".")
    for part in path:
        node = node[part]
    if key:
        node[last] = value
    if document["method"] == "qlora" or document["inference"]["dtype"] != "float32":
        document["inference"]["merge_adapter"] = False
    return Recipe.model_validate(document)


def held(callbacks: list[Any]) -> list[Any]:
    """What the callbacks keep: settings of dslm's own that are no argument of the trainer."""
    functions = [f for c in callbacks for f in vars(type(c)).values() if hasattr(f, "__closure__")]
    cells = [cell.cell_contents for f in functions for cell in f.__closure__ or ()]
    kept = [
        vars(x) for x in cells if dataclasses.is_dataclass(x) or type(x).__module__[:4] == "dslm"
    ]
    return [sorted((k, str(v)) for k, v in each.items() if is_setting(v)) for each in kept] + [
        str(getattr(each.get("stopper"), "patience", None)) for each in kept
    ]


def is_setting(value: Any) -> bool:
    return isinstance(value, int | str | BaseModel | None)


def arrived(recipe: Recipe, out: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """All that training hands over for a recipe, or how it is refused before that, as text."""
    import trl

    seen: dict[str, Any] = {}

    def stop(self: Any, *, model: Any, args: Any, callbacks: list[Any], **_: Any) -> None:
        config = model.peft_config["default"].to_dict()
        seen["adapter"] = {k: sorted(v) if isinstance(v, set) else v for k, v in config.items()}
        seen["args"] = {k: v for k, v in args.to_dict().items() if k not in NAMES_OF_FOLDERS}
        seen["types"] = sorted({(n[-30:], str(p.dtype)) for n, p in model.named_parameters()})
        seen["attention"] = model.config._attn_implementation
        seen["callbacks"] = held(callbacks)
        seen["threads"] = torch.get_num_threads()
        raise Reached

    monkeypatch.setattr(trl.SFTTrainer, "__init__", stop)
    files = tiny_model.base_files()
    try:
        train(MINI, recipe, files, cases(24), cases(8, prefix="v"), out, Checkpoints(out / "c", {}))
    except Reached:
        return json.dumps(seen, sort_keys=True, default=str)
    except (InputError, Problems) as refused:
        return f"refused: {refused}"
    raise AssertionError("training never handed over")


@pytest.mark.parametrize("key", sorted(TURNED))
def test_a_knob_of_training_changes_what_is_trained_with(
    key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if key == "method" and (why := four_bit_works()):
        pytest.skip(why)
    before = arrived(turned(None), tmp_path, monkeypatch)
    assert not before.startswith("refused"), before
    assert arrived(turned(None), tmp_path, monkeypatch) == before, "it differs without a change"
    torch.set_num_threads(1)
    assert arrived(turned(key, TURNED[key]), tmp_path, monkeypatch) != before


def answers_with(recipe: Recipe, adapter: Path) -> str:
    decider = load_decider(
        MINI, recipe, tuned_prompt(MINI), root=adapter.parent, adapter=adapter, threshold=0.5,
        locked=False,
    )  # fmt: skip
    engine = decider.engine
    model = engine.model
    kept = {k: v for k, v in vars(engine).items() if isinstance(v, int)}
    types = sorted({str(p.dtype) for p in model.parameters()})
    made = [type(model).__name__, model.config._attn_implementation, decider.copies]
    return json.dumps([kept, types, *made])


@pytest.mark.parametrize("key", sorted(ANSWERING))
def test_a_knob_of_answering_changes_what_is_answered_with(key: str, tmp_path: Path) -> None:
    adapter = tiny_model.write_adapter(tmp_path / "adapter")
    before = answers_with(turned(None), adapter)
    assert answers_with(turned(key, ANSWERING[key]), adapter) != before


def test_every_key_of_a_recipe_is_turned() -> None:
    parts = {"lora": Lora, "training": Training, "inference": Inference}
    keys = {f"{part}.{key}" for part, model in parts.items() for key in model.model_fields}
    assert keys | {"method"} == set(TURNED) | set(ANSWERING) | ELSEWHERE
    assert set(Recipe.model_fields) == {*parts, "method", "base", "extends"}
