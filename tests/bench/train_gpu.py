"""Training on one GPU: tokens a second, utilisation and memory, each switch alone, beside others.

    python tests/bench/train_gpu.py [--sizes 1b 3b 8b] [--tokens 512] [--batch 16] [--steps 12]
        [--only ours trl …] [--out FILE.json]

Needs a CUDA machine and no network: models have the shapes of Llama 3.2 1B and 3B and Llama 3.1 8B
(`dslm/settings/bases.yaml`) and random weights. Every variant is a process of its own: ours goes
through `dslm.training.run.train`, doctor, probe and all; TRL's is the script that a newcomer
writes. Rows are the same, of random lengths around `--tokens`; tokens are those of rows, padding
not counted, of updates after the first. A variant that fails says so and the others go on.

Without a GPU it runs a tiny model on CPU, to show that it works, and says what was not measured.

`utilisation` is by operations that the model needs (`dslm.training.flops`), of the peak that the
maker specifies; `utilisation_of_measured` is of what a large product reached in this run.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))  # tiny_model, scored_rows

import tiny_model
from scored_rows import MINI, cases

import dslm  # noqa: F401  sets the environment before torch is imported
from dslm.inference.base import BaseFiles, locate_tokenizer
from dslm.inference.prompt import tuned_prompt
from dslm.records import Case
from dslm.settings.bases import known_bases
from dslm.settings.recipe import BaseModelSource, Recipe
from dslm.training import hardware, run

SIZES = {
    "1b": "Llama-3.2-1B-Instruct",
    "3b": "Llama-3.2-3B-Instruct",
    "8b": "Llama-3.1-8B-Instruct",
}
AIMS = {"1b": 72_000, "3b": 28_000, "8b": 11_000}  # tokens a second, LoRA in bf16 on one H200
TINY = "tiny"
LIMIT = 580  # seconds a variant
QLORA = {"method": "qlora"}
# What our run is changed by; everything else is as `ours`.
OURS: dict[str, dict[str, Any]] = {
    "ours": {},
    "ours, qlora": QLORA,
    "ours, padded": {"padded": True, "attention": "sdpa"},
    "ours, gradient checkpointing": {"gradient_checkpointing": True},
    "ours, the other loss": {"other_loss": True},
    "ours, attention eager": {"attention": "eager"},
    "ours, FlashAttention 2": {"attention": "flash_attention_2"},
    "ours, Liger's layers": {"liger": True},
    "ours, qlora, one row": QLORA | {"batch_size": 1, "optimizer": "paged_adamw_8bit",
                                     "gradient_checkpointing": True},
}  # fmt: skip
OTHERS = ("trl", "trl, qlora", "unsloth", "unsloth, qlora")
NEEDS = {  # packages, and whether a GPU is needed
    "ours, FlashAttention 2": ("flash_attn", True),
    "ours, Liger's layers": ("liger_kernel", True),
    "ours, qlora": ("bitsandbytes", True),
    "ours, qlora, one row": ("bitsandbytes", True),
    "trl, qlora": ("bitsandbytes", True),
    "unsloth": ("unsloth", True),
    "unsloth, qlora": ("unsloth", True),
}


def on_gpu() -> bool:
    import torch

    return bool(torch.cuda.is_available())


def write_base(size: str, folder: Path) -> None:
    """A model of that size with random weights, and a small tokenizer."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    if size == TINY:
        model = tiny_model.model("llama")
    else:
        facts = known_bases()[SIZES[size]]
        config = AutoConfig.for_model(
            facts.config, hidden_size=facts.hidden, intermediate_size=facts.intermediate,
            num_hidden_layers=facts.layers, num_attention_heads=facts.heads,
            num_key_value_heads=facts.groups, head_dim=facts.width, vocab_size=facts.vocabulary,
            tie_word_embeddings=facts.tied, pad_token_id=0, bos_token_id=1, eos_token_id=2,
            max_position_embeddings=8192,
        )  # fmt: skip
        torch.manual_seed(0)
        with torch.device("cuda"):
            model = AutoModelForCausalLM.from_config(config, dtype=torch.bfloat16)
    model.save_pretrained(folder)
    tiny_model.tokenizer().save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)
    if on_gpu():
        del model
        torch.cuda.empty_cache()  # the runs have processes of their own


def rows_of(tokens: int, count: int) -> list[Case]:
    """Cases whose prompts have half to one and a half times so many tokens."""
    chance = random.Random(0)
    words = ["day", "order", "Please", "nice", "Thanks", "send"]
    made = []
    for case in cases(count):
        filler = " ".join(chance.choices(words, k=chance.randint(tokens // 2, tokens * 3 // 2)))
        made.append(case.model_copy(update={"input": f"{filler} {case.input}"}))
    return made


def recipe_for(folder: Path, asked: argparse.Namespace, changes: dict[str, Any]) -> Recipe:
    """One update is one micro-batch of `--batch` rows."""
    plan: dict[str, Any] = {
        "batch_size": asked.batch, "max_steps": asked.steps, "epochs": 99, "learning_rate": 1e-4,
        "max_tokens": 8192, "dtype": "bfloat16" if on_gpu() else "float32", "attention": "varlen",
        "validate_every": 10**6, "checkpoint_every": 10**6,
    }  # fmt: skip
    plan |= {name: value for name, value in changes.items() if name in ("attention", "batch_size",
             "optimizer", "gradient_checkpointing")}  # fmt: skip
    made = tiny_model.recipe(folder)
    lora = made.lora.model_copy(update={"r": 16, "alpha": 32})
    training = made.training.model_copy(update=plan)
    method = changes.get("method", "lora")
    return made.model_copy(update={"lora": lora, "training": training, "method": method})


def ours(folder: Path, asked: argparse.Namespace, changes: dict[str, Any]) -> dict[str, Any]:
    """Our run, with one switch turned."""
    if changes.get("padded"):  # on a GPU `sdpa` alone does it
        run.collator = lambda *_, **__: None
    if changes.get("other_loss"):
        plain = run.trainer_class
        run.trainer_class = lambda recipe, *, on_gpu: plain(recipe, on_gpu=not on_gpu)
    if changes.get("liger"):
        settings = run._settings

        def with_liger(*given: Any, **more: Any) -> Any:
            made = settings(*given, **more)
            made.use_liger_kernel = True
            return made

        run._settings = with_liger
    found = locate_tokenizer(BaseModelSource(folder=str(folder)), folder)
    files = BaseFiles(folder, found.tokenizer, found.template, "random", {})
    made = rows_of(asked.tokens, asked.rows)
    with tempfile.TemporaryDirectory() as out:
        _, measured = run.train(
            MINI, recipe_for(folder, asked, changes), files, made[4:], made[:4], Path(out)
        )
    result = measured.metrics() | {"peak_source": measured.peak_source}
    return result | {"tokens_per_second": measured.update_tokens_per_second}


class Clock:
    """Seconds of updates after the first, and rows that went through."""

    def __init__(self) -> None:
        self.starts: list[float] = []

    def callback(self) -> Any:
        import time

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

        return Tick()


def conversations(asked: argparse.Namespace) -> tuple[Any, float]:
    """The same rows as a newcomer would write them, and their mean length in tokens."""
    from datasets import Dataset

    from dslm.contract.answer import canonical_text
    from dslm.training.encoding import encode

    made, prompt = rows_of(asked.tokens, asked.rows)[4:], tuned_prompt(MINI)
    tokenizer = tiny_model.tokenizer()
    lengths = [len(encode(tokenizer, prompt, case).input_ids) for case in made]
    rows = [
        {
            "prompt": prompt.messages(case.input),
            "completion": [
                {"role": "assistant", "content": canonical_text(MINI, case.target or {})}
            ],
        }
        for case in made
    ]
    return Dataset.from_list(rows), sum(lengths) / len(lengths)


def settings_of_trl(asked: argparse.Namespace, out: str) -> Any:
    """TRL's defaults, but for what makes runs comparable."""
    from trl import SFTConfig

    return SFTConfig(
        output_dir=out, max_steps=asked.steps, per_device_train_batch_size=asked.batch,
        save_strategy="no", report_to=[], use_cpu=not on_gpu(), max_length=None, disable_tqdm=True,
    )  # fmt: skip


def measured_by(clock: Clock, asked: argparse.Namespace, mean: float) -> dict[str, Any]:
    import torch

    seconds = clock.starts[-1] - clock.starts[1]
    tokens = (asked.steps - 1) * asked.batch * mean
    peak = torch.cuda.max_memory_allocated() / 1e9 if on_gpu() else None
    return {"tokens_per_second": round(tokens / seconds, 1), "peak_memory_gb": peak}


def trl(folder: Path, asked: argparse.Namespace, *, four_bit: bool) -> dict[str, Any]:
    """The script of TRL's documentation."""
    import torch
    from peft import LoraConfig
    from transformers import AutoModelForCausalLM, AutoTokenizer, BitsAndBytesConfig
    from trl import SFTTrainer

    quantised = BitsAndBytesConfig(
        load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=torch.bfloat16
    )
    model = AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.bfloat16 if on_gpu() else torch.float32,
        device_map={"": "cuda" if on_gpu() else "cpu"},
        quantization_config=quantised if four_bit else None,
    )  # fmt: skip
    rows, mean = conversations(asked)
    clock = Clock()
    lora = LoraConfig(task_type="CAUSAL_LM", r=16, lora_alpha=32, target_modules="all-linear")
    with tempfile.TemporaryDirectory() as out:
        SFTTrainer(
            model=model, args=settings_of_trl(asked, out), train_dataset=rows, peft_config=lora,
            processing_class=AutoTokenizer.from_pretrained(folder), callbacks=[clock.callback()],
        ).train()  # fmt: skip
    return measured_by(clock, asked, mean)


def unsloth(folder: Path, asked: argparse.Namespace, *, four_bit: bool) -> dict[str, Any]:
    """The script of Unsloth's documentation; never run by us yet."""
    from unsloth import FastLanguageModel  # before trl, which it patches

    model, tokenizer = FastLanguageModel.from_pretrained(
        str(folder), max_seq_length=8192, load_in_4bit=four_bit
    )
    names = sorted(known_bases()[SIZES["1b"]].linear_shapes())
    model = FastLanguageModel.get_peft_model(model, r=16, lora_alpha=32, target_modules=names)
    from trl import SFTTrainer

    rows, mean = conversations(asked)
    clock = Clock()
    with tempfile.TemporaryDirectory() as out:
        SFTTrainer(
            model=model, args=settings_of_trl(asked, out), train_dataset=rows,
            processing_class=tokenizer, callbacks=[clock.callback()],
        ).train()  # fmt: skip
    return measured_by(clock, asked, mean)


def one(variant: str, folder: Path, asked: argparse.Namespace) -> dict[str, Any]:
    """One variant in this process."""
    if variant in OURS:
        return ours(folder, asked, OURS[variant])
    by: Callable[..., dict[str, Any]] = trl if variant.startswith("trl") else unsloth
    return by(folder, asked, four_bit="qlora" in variant)


def why_not(variant: str) -> str | None:
    """Why a variant cannot be measured here."""
    package, gpu = NEEDS.get(variant, ("torch", False))
    if gpu and not on_gpu():
        return "no CUDA device"
    return None if importlib.util.find_spec(package) else f"{package} is not installed"


def in_a_process(variant: str, folder: Path, asked: argparse.Namespace) -> dict[str, Any]:
    """One variant in a process of its own; a failure is a result too."""
    command = [sys.executable, __file__, "--one", variant, "--folder", str(folder)]
    for name in ("tokens", "batch", "steps", "rows"):
        command += [f"--{name}", str(getattr(asked, name))]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT, check=False)
    except subprocess.TimeoutExpired:
        return {"failed": f"longer than {LIMIT} seconds"}
    if done.returncode:
        return {"failed": (done.stderr.strip().splitlines() or ["without a word"])[-1]}
    return dict(json.loads(done.stdout.strip().splitlines()[-1]))


def report(asked: argparse.Namespace) -> dict[str, Any]:
    """All variants of all sizes that this machine can measure."""
    import torch

    sizes = (asked.sizes or list(SIZES)) if on_gpu() else [TINY]
    reached = hardware.measured("bfloat16").flops
    known = hardware.specified(hardware.device_name())
    found: dict[str, Any] = {
        "machine": hardware.device_name(), "torch": torch.__version__,
        "peak_tflops_measured": round(reached / 1e12, 3),
        "peak_tflops_specified": known.flops / 1e12 if known else None,
        "tokens_a_row_about": asked.tokens, "rows_at_once": asked.batch, "updates": asked.steps,
        "aims_tokens_per_second": AIMS, "sizes": {}, "not_measured": {},
    }  # fmt: skip
    if not on_gpu():
        found["not_measured"] |= dict.fromkeys(SIZES, "no CUDA device")
    for size in sizes:
        results = found["sizes"][size] = {}
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch)
            write_base(size, folder)
            needed = None  # operations a token: the same for all, ours counts them
            for variant in asked.only or (*OURS, *OTHERS):
                if reason := why_not(variant):
                    found["not_measured"][variant] = reason
                    continue
                made = in_a_process(variant, folder, asked)
                needed = needed or made.get("flops_per_token")
                if needed and "tokens_per_second" in made:
                    done = made["tokens_per_second"] * needed
                    made["utilisation_of_measured"] = round(done / reached, 4)
                    made["utilisation"] = round(done / known.flops, 4) if known else None
                results[variant] = made
                sys.stderr.write(f"{size} · {variant}: {json.dumps(made)}\n")
    found["not_measured"]["LLaMA-Factory"] = (
        "its command line needs a data set and a config of its own"
    )
    return found


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", nargs="+", choices=SIZES)
    parser.add_argument("--only", nargs="+", choices=[*OURS, *OTHERS])
    parser.add_argument("--tokens", type=int, default=512)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument("--rows", type=int, default=400)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--one", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        print(json.dumps(one(asked.one, asked.folder, asked)))
        return
    text = json.dumps(report(asked), indent=2)
    print(text)
    if asked.out:
        asked.out.write_text(text + "\n")


if __name__ == "__main__":
    main()
