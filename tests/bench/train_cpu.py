"""A whole training run on CPU, ours beside a plain TRL script: tokens a second, validation loss.

    python tests/bench/train_cpu.py [--steps 40] [--batch 8] [--out FILE.json]

Same base model, cases, adapter, learning rate, schedule, seed and rows an update; nothing else of
TRL's settings is changed but that it must not use a GPU, save or report. Cases of the example's
sources. Tokens are those of the rows, padding not counted, over the steps after the third. Both
adapters are judged by one loss: per token, over all validation rows. Needs the base model
(`dslm base prepare`) and nothing else running.
"""

from __future__ import annotations

import argparse
import json
import platform
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import dslm  # noqa: F401  sets the environment before torch is imported
from dslm.contract import Contract, load_contract
from dslm.inference.base_models.base_files import BaseFiles, load_tokenizer, locate
from dslm.inference.base_models.model_loading import load_adapter, load_base
from dslm.inference.prompts.prompt import tuned_prompt
from dslm.provenance import write_manifest
from dslm.records import Case
from dslm.settings.recipe import Recipe, load_recipe
from dslm.training.encoded_rows import encode
from dslm.training.run.answer_loss import answer_loss
from dslm.training.run.sequence_packing import end_to_end
from dslm.training.run.training_run import train

WARM_UP = 3
VALIDATION = 40


class Clock:
    """When each update began; the first ones are not counted."""

    def __init__(self) -> None:
        self.starts: list[float] = []

    def callback(self) -> Any:
        from transformers import TrainerCallback

        clock = self

        class Tick(TrainerCallback):
            def on_step_begin(self, *_: Any, **__: Any) -> None:
                clock.starts.append(time.perf_counter())

        return Tick()

    @property
    def seconds(self) -> float:
        return self.starts[-1] - self.starts[WARM_UP]


def ours(
    contract: Contract, recipe: Recipe, files: BaseFiles, cases: Sequence[Case], out: Path
) -> Clock:
    """Our run, timed by a callback that the trainer gets beside our own."""
    from trl import SFTTrainer

    clock = Clock()
    plain = SFTTrainer.__init__

    def timed(self: Any, *args: Any, **given: Any) -> None:
        plain(self, *args, **given)
        self.add_callback(clock.callback())

    SFTTrainer.__init__ = timed
    try:
        train(contract, recipe, files, cases[VALIDATION:], cases[:VALIDATION], out)
    finally:
        SFTTrainer.__init__ = plain
    return clock


def plain_trl(
    contract: Contract, recipe: Recipe, files: BaseFiles, cases: Sequence[Case], out: Path
) -> Clock:
    """What a newcomer writes: a data set of conversations, a LoRA config, SFTTrainer."""
    from datasets import Dataset
    from peft import LoraConfig
    from trl import SFTConfig, SFTTrainer

    from dslm.contract.answers.canonical_answer import canonical_text

    prompt, plan = tuned_prompt(contract), recipe.training
    rows = [
        {
            "prompt": prompt.messages(case.input),
            "completion": [
                {"role": "assistant", "content": canonical_text(contract, case.target or {})}
            ],
        }
        for case in cases[VALIDATION:]
    ]
    clock = Clock()
    trainer = SFTTrainer(
        model=str(files.folder),
        args=SFTConfig(
            output_dir=str(out / "trl"), use_cpu=True, save_strategy="no", report_to=[],
            max_steps=plan.max_steps, per_device_train_batch_size=plan.batch_size,
            learning_rate=plan.learning_rate, lr_scheduler_type=plan.schedule, seed=plan.seed,
            disable_tqdm=True,
        ),
        train_dataset=Dataset.from_list(rows),
        peft_config=LoraConfig(
            task_type="CAUSAL_LM", r=recipe.lora.r, lora_alpha=recipe.lora.alpha,
            target_modules=recipe.lora.targets,
        ),
        callbacks=[clock.callback()],
    )  # fmt: skip
    trainer.train()
    trainer.model.save_pretrained(out)
    return clock


def validation_loss(
    contract: Contract, files: BaseFiles, cases: Sequence[Case], adapter: Path
) -> float:
    """Nats a trained token of an adapter, in float32."""
    import torch

    write_manifest(adapter, files.digests())
    model = load_base(files, dtype="float32", attention="sdpa")
    model = load_adapter(model, adapter, merge=False)
    tokenizer, prompt = load_tokenizer(files), tuned_prompt(contract)
    rows = [encode(tokenizer, prompt, case) for case in cases[:VALIDATION]]
    total = sum(row.trained for row in rows)
    with torch.no_grad():
        losses = [
            answer_loss(
                model, end_to_end([{"input_ids": row.input_ids, "labels": row.labels}]), total
            ).item()
            for row in rows
        ]
    return sum(losses)


def main() -> None:
    """Run both, write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    import torch

    from dslm.cases import read_labelled

    root = Path.cwd()
    contract = load_contract(root / "data/invoice_intake/workflow.yaml")
    recipe = load_recipe(root / "recipes/smollm2-135m-lora-cpu.yaml")
    plan = recipe.training.model_copy(
        update={"max_steps": asked.steps, "batch_size": asked.batch, "validate_every": 10**6}
    )
    recipe = recipe.model_copy(update={"training": plan})
    files = locate(recipe.base, root)
    cases = read_labelled(root / "data/invoice_intake/sources/cases.jsonl", contract)
    tokenizer, prompt = load_tokenizer(files), tuned_prompt(contract)
    rows = [encode(tokenizer, prompt, case) for case in cases[VALIDATION:]]
    a_row = sum(len(row.input_ids) for row in rows) / len(rows)
    result: dict[str, Any] = {
        "machine": f"{platform.machine()}, {torch.get_num_threads()} threads, {torch.__version__}",
        "steps": asked.steps, "rows_an_update": asked.batch, "tokens_a_row": round(a_row, 1),
    }  # fmt: skip
    for name, run in (("plain TRL", plain_trl), ("ours", ours)):
        with tempfile.TemporaryDirectory() as folder:
            clock = run(contract, recipe, files, cases, Path(folder))
            timed = (asked.steps - 1 - WARM_UP) * asked.batch * a_row
            result[name] = {
                "tokens_per_second": round(timed / clock.seconds, 1),
                "validation_loss": round(validation_loss(contract, files, cases, Path(folder)), 4),
                "threads": torch.get_num_threads(),
            }
    speeds = [result[name]["tokens_per_second"] for name in ("ours", "plain TRL")]
    result["ratio"] = round(speeds[0] / speeds[1], 2)
    text = json.dumps(result, indent=2)
    print(text)
    if asked.out:
        asked.out.write_text(text + "\n")


if __name__ == "__main__":
    main()
