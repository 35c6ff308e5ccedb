"""Training on the same rows with other programs: TRL's script, Unsloth's script.

Takes a folder that `random_base.write_shapes` made and what is asked of the run; gives numbers.
Called through `training_variants.one`, in a process of its own.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

from dslm.inference.prompts.prompt import tuned_prompt
from dslm.settings.bases import known_bases
from support.models import random_base
from support.repositories.scored_rows import MINI
from support.training.asked_run import Asked, card_memory, lengths, on_gpu, recipe_for, rows_of


class Clock:
    """Seconds of updates after the first, and rows that went through."""

    def __init__(self) -> None:
        self.starts: list[float] = []
        self.losses: list[float] = []

    def callback(self) -> Any:
        import torch
        from transformers import TrainerCallback

        clock = self

        class Tick(TrainerCallback):
            def _tick(self) -> None:
                if torch.cuda.is_available():
                    torch.cuda.synchronize()
                clock.starts.append(time.perf_counter())

            def on_step_begin(self, *_: Any, **__: Any) -> None:
                self._tick()

            def on_train_end(self, *_: Any, **__: Any) -> None:
                self._tick()

            def on_log(self, args: Any, state: Any, control: Any, logs: Any, **_: Any) -> None:
                if "loss" in logs:
                    clock.losses.append(round(float(logs["loss"]), 5))

        return Tick()


def conversations(asked: Asked) -> tuple[Any, float]:
    """The same rows as a newcomer would write them, and their mean length in tokens."""
    from datasets import Dataset

    from dslm.contract.answers.canonical_answer import canonical_text

    made, prompt = rows_of(asked)[4:], tuned_prompt(MINI)
    rows = [
        {
            "prompt": prompt.messages(case.input),
            "completion": [
                {"role": "assistant", "content": canonical_text(MINI, case.target or {})}
            ],
        }
        for case in made
    ]
    return Dataset.from_list(rows), sum(lengths(made)) / len(made)


def settings_of_trl(asked: Asked, out: str) -> Any:
    """TRL's defaults, but for what makes runs comparable: rows at once, seed, rate and schedule."""
    from trl import SFTConfig

    plan = recipe_for(Path(out), asked, {}).training
    return SFTConfig(
        output_dir=out, max_steps=asked.steps, per_device_train_batch_size=asked.batch,
        learning_rate=plan.learning_rate, lr_scheduler_type=plan.schedule,
        warmup_steps=round(plan.warmup_share * asked.steps), seed=plan.seed, data_seed=plan.seed,
        logging_steps=1, save_strategy="no", report_to=[], use_cpu=not on_gpu(), max_length=None,
        disable_tqdm=True,
    )  # fmt: skip


def _measured(clock: Clock, asked: Asked, mean: float, args: Any) -> dict[str, Any]:
    import torch

    seconds = clock.starts[-1] - clock.starts[1]
    tokens = (asked.steps - 1) * asked.batch * mean
    peak = torch.cuda.max_memory_allocated() / 1e9 if on_gpu() else None
    return card_memory() | {
        "tokens_per_second": round(tokens / seconds, 1), "peak_memory_gb": peak,
        "losses": clock.losses, "tokens_a_row": round(mean, 1),
        "gradient_checkpointing": bool(args.gradient_checkpointing),  # TRL's default is true
    }  # fmt: skip


def trl(folder: Path, asked: Asked, *, four_bit: bool) -> dict[str, Any]:
    """The script of TRL's documentation."""
    import torch
    from peft import LoraConfig
    from transformers import AutoModelForCausalLM, AutoTokenizer, BitsAndBytesConfig
    from trl import SFTTrainer

    quantised = BitsAndBytesConfig(
        load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=torch.bfloat16
    )
    with random_base.weights_from_nowhere() as built:
        model = AutoModelForCausalLM.from_pretrained(
            folder, dtype=torch.bfloat16 if on_gpu() else torch.float32,
            device_map={"": "cuda" if on_gpu() else "cpu"},
            quantization_config=quantised if four_bit else None,
        )  # fmt: skip
    rows, mean = conversations(asked)
    clock = Clock()
    lora = LoraConfig(task_type="CAUSAL_LM", r=16, lora_alpha=32, target_modules="all-linear")
    with tempfile.TemporaryDirectory() as out:
        settings = settings_of_trl(asked, out)
        SFTTrainer(
            model=model, args=settings, train_dataset=rows, peft_config=lora,
            processing_class=AutoTokenizer.from_pretrained(folder), callbacks=[clock.callback()],
        ).train()  # fmt: skip
    found = _measured(clock, asked, mean, settings)
    return found | {"seconds_to_build": round(built.seconds, 2)}


def unsloth(folder: Path, asked: Asked, *, four_bit: bool) -> dict[str, Any]:
    """The script of Unsloth's documentation; never run by us yet. It reads weights from files."""
    from transformers import AutoModelForCausalLM
    from unsloth import FastLanguageModel  # before trl, which it patches

    if not random_base.has_weights(folder):
        import torch

        with random_base.weights_from_nowhere():
            AutoModelForCausalLM.from_pretrained(
                folder, dtype=torch.bfloat16, device_map={"": "cuda"}
            ).save_pretrained(folder)
    model, tokenizer = FastLanguageModel.from_pretrained(
        str(folder), max_seq_length=8192, load_in_4bit=four_bit
    )
    names = sorted(known_bases()[random_base.SIZES["1b"]].linear_shapes())
    model = FastLanguageModel.get_peft_model(model, r=16, lora_alpha=32, target_modules=names)
    from trl import SFTTrainer

    rows, mean = conversations(asked)
    clock = Clock()
    with tempfile.TemporaryDirectory() as out:
        settings = settings_of_trl(asked, out)
        SFTTrainer(
            model=model, args=settings, train_dataset=rows,
            processing_class=tokenizer, callbacks=[clock.callback()],
        ).train()  # fmt: skip
    return _measured(clock, asked, mean, settings)
