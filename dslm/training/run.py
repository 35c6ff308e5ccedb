"""One training run: TRL's SFTTrainer on rows that were proved first, LoRA or QLoRA.

Takes a contract, a recipe and curated cases; writes the adapter and its summary into a folder.
Called by `pipelines.train`. Deterministic on CPU: same inputs, same bytes.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from dslm.contract import Contract
from dslm.errors import InputError
from dslm.inference.base import BaseFiles, load_tokenizer
from dslm.inference.models import ADAPTER_WEIGHTS, device, load_base
from dslm.inference.prompt import tuned_prompt
from dslm.inference.threads import choose_threads
from dslm.records import Case
from dslm.settings.recipe import Optimizer, Recipe
from dslm.training.doctor.checks import diagnose
from dslm.training.doctor.subject import subject
from dslm.training.encoding import Encoded
from dslm.training.targets import adapted
from dslm.training.watching import Watcher

# As transformers calls them; paged ones are of bitsandbytes (arXiv:2305.14314, section 3).
OPTIMIZERS: dict[Optimizer, str] = {
    "adamw": "adamw_torch_fused",
    "paged_adamw_8bit": "paged_adamw_8bit",
    "paged_adamw_32bit": "paged_adamw_32bit",
}


@dataclass(frozen=True)
class Measured:
    """What a run cost; clocks, so no part of the adapter's bytes."""

    seconds: float
    steps: int
    tokens_per_second: float
    threads: int
    device: str
    peak_memory_gb: float


@dataclass(frozen=True)
class Summary:
    """What a run did; the same for the same inputs."""

    rows: int
    validation_rows: int
    tokens_per_epoch: int
    trained_tokens_per_epoch: int
    steps: int
    losses: tuple[tuple[int, float], ...]
    validation_losses: tuple[tuple[int, float], ...]
    trainable_parameters: int
    preview: dict[str, str]
    doctor: dict[str, Any]


def train(
    contract: Contract,
    recipe: Recipe,
    files: BaseFiles,
    cases: Sequence[Case],
    validation: Sequence[Case],
    out: Path,
) -> tuple[Summary, Measured]:
    """Train an adapter and write it with its summary (`training.json`) into `out`.

    Raises:
        Problems: A check of the doctor fails; nothing was loaded or trained yet.
        InputError: A loss that is NaN, zero or explodes, or that does not fall; an adapter that did
            not move.
    """
    from transformers import set_seed

    if not cases or not validation:
        raise InputError("no cases to train or validate on", fix="look at the curate stage")
    plan = recipe.training
    _require_device_for(plan.optimizer)
    set_seed(plan.seed)
    threads = choose_threads(plan.threads)
    tokenizer = load_tokenizer(files)
    prompt = tuned_prompt(contract)
    seen = subject(tokenizer, files, prompt, [*cases, *validation], plan.max_tokens)
    diagnose(seen).require_sound()  # before anything large is loaded
    rows, held_out = seen.rows[: len(cases)], seen.rows[len(cases) :]
    model = _adapted(recipe, files)
    watcher = Watcher(sum(len(r.input_ids) for r in rows), must_learn=plan.must_learn)
    trainer = _trainer(recipe, model, tokenizer, rows, held_out, watcher, out)
    diagnosis = diagnose(replace(seen, collate=trainer.data_collator))
    diagnosis.require_sound()
    started = time.monotonic()
    trainer.train()
    seconds = time.monotonic() - started
    _require_moved(trainer.model)
    _save(trainer.model, recipe, out)
    summary = Summary(
        rows=len(rows),
        validation_rows=len(held_out),
        tokens_per_epoch=watcher.tokens_per_epoch,
        trained_tokens_per_epoch=sum(r.trained for r in rows),
        steps=trainer.state.global_step,
        losses=tuple(watcher.losses),
        validation_losses=tuple(watcher.validation_losses),
        trainable_parameters=sum(p.numel() for p in trainer.model.parameters() if p.requires_grad),
        preview=diagnosis.preview,
        doctor=diagnosis.record(),
    )
    (out / "training.json").write_text(json.dumps(asdict(summary), indent=2) + "\n")
    tokens = watcher.tokens_per_epoch * trainer.state.epoch
    return summary, Measured(
        seconds=round(seconds, 1),
        steps=summary.steps,
        tokens_per_second=round(tokens / seconds, 1),
        threads=threads,
        device=device(),
        peak_memory_gb=_peak_memory_gb(),
    )


def _require_device_for(optimizer: Optimizer) -> None:
    """Paged optimizer state moves between GPU and host; elsewhere it would be something else."""
    if optimizer.startswith("paged_") and device() != "cuda":
        raise InputError(f"{optimizer} is for a GPU, and there is none here",
                         where="recipe: training.optimizer", fix="write adamw")  # fmt: skip


def _adapted(recipe: Recipe, files: BaseFiles) -> Any:
    """The base model with a fresh adapter on it."""
    from peft import LoraConfig, get_peft_model, prepare_model_for_kbit_training

    plan, lora = recipe.training, recipe.lora
    four_bit = recipe.method == "qlora"
    model = load_base(files, dtype=plan.dtype, attention=plan.attention, four_bit=four_bit)
    if four_bit:
        model = prepare_model_for_kbit_training(
            model, use_gradient_checkpointing=plan.gradient_checkpointing
        )
        _keep_differentiable(model)
    model.config.use_cache = False
    return get_peft_model(
        model,
        LoraConfig(
            task_type="CAUSAL_LM",
            r=lora.r,
            lora_alpha=lora.alpha,
            lora_dropout=lora.dropout,
            **adapted(model, lora.targets),
            use_rslora=lora.rslora,
            use_dora=lora.dora,
        ),
        autocast_adapter_dtype=lora.dtype == "float32",
    )


def _keep_differentiable(model: Any) -> None:
    """Keep 4-bit layers from packing their weights at the first look at the validation loss.

    On CPUs with AVX512-BF16, bitsandbytes packs for a kernel without a gradient once a layer is
    asked in evaluation mode, and never unpacks: training went on with gradients cut off.
    """
    for module in model.modules():
        if hasattr(module, "support_avx512bf16_for_cpu"):
            module.support_avx512bf16_for_cpu = False


def _trainer(
    recipe: Recipe,
    model: Any,
    tokenizer: Any,
    rows: Sequence[Encoded],
    held_out: Sequence[Encoded],
    watcher: Watcher,
    out: Path,
) -> Any:
    from trl import SFTConfig, SFTTrainer

    from dslm.training.loss import with_cpu_loss
    from dslm.training.packing import end_to_end

    plan = recipe.training
    on_gpu = device() == "cuda"
    updates = max(1, int(len(rows) / (plan.batch_size * plan.accumulation) * plan.epochs))
    config = SFTConfig(
        output_dir=str(out / "trainer"),
        optim=OPTIMIZERS[plan.optimizer],
        num_train_epochs=plan.epochs,
        max_steps=plan.max_steps or -1,
        learning_rate=plan.learning_rate,
        lr_scheduler_type=plan.schedule,
        warmup_steps=round(plan.warmup_share * min(updates, plan.max_steps or updates)),
        weight_decay=plan.weight_decay,
        max_grad_norm=plan.max_grad_norm,
        per_device_train_batch_size=plan.batch_size,
        per_device_eval_batch_size=plan.batch_size,
        gradient_accumulation_steps=plan.accumulation,
        gradient_checkpointing=plan.gradient_checkpointing,
        bf16=on_gpu and plan.dtype == "bfloat16",
        use_cpu=not on_gpu,
        seed=plan.seed,
        data_seed=plan.seed,
        eval_strategy="steps",
        eval_steps=plan.validate_every,
        eval_on_start=True,  # the adapter is zero then, so this is the untrained base
        logging_steps=1,
        logging_nan_inf_filter=False,  # the default would log a NaN loss as 0.0
        save_strategy="no",
        report_to=[],
        disable_tqdm=True,
        dataloader_pin_memory=on_gpu,
        max_length=None,
        dataset_kwargs={"skip_prepare_dataset": True},
    )
    mixed = plan.dtype == "bfloat16"
    trainer_class = SFTTrainer if on_gpu else with_cpu_loss(SFTTrainer, mixed=mixed)
    trainer = trainer_class(
        model=model,
        args=config,
        train_dataset=_dataset(rows),
        eval_dataset=_dataset(held_out),
        processing_class=tokenizer,
        data_collator=None if on_gpu else end_to_end,
        callbacks=[watcher.callback()],
    )
    from transformers.trainer_callback import PrinterCallback

    trainer.remove_callback(PrinterCallback)  # the watcher shows progress
    return trainer


def _dataset(rows: Sequence[Encoded]) -> Any:
    from datasets import Dataset

    return Dataset.from_dict(
        {
            "input_ids": [list(row.input_ids) for row in rows],
            "labels": [list(row.labels) for row in rows],
            "length": [len(row.input_ids) for row in rows],
        }
    )


def _require_moved(model: Any) -> None:
    moved = any(
        bool(parameter.any()) for name, parameter in model.named_parameters() if ".lora_B." in name
    )
    if not moved:  # B starts at zero, so an adapter that learnt nothing is exactly the base model
        raise InputError("the adapter did not move", fix="raise learning_rate or epochs")


def _save(model: Any, recipe: Recipe, out: Path) -> None:
    """Write weights and config, free of paths of this machine and of set order."""
    model.save_pretrained(out, safe_serialization=True)
    (out / "README.md").unlink(missing_ok=True)
    shutil.rmtree(out / "trainer")  # the trainer makes its folder whether it saves or not
    path = out / "adapter_config.json"
    config = json.loads(path.read_bytes())
    config["base_model_name_or_path"] = recipe.base.name
    config["target_modules"] = sorted(config["target_modules"])
    path.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")
    (out / ADAPTER_WEIGHTS).chmod(0o644)


def _peak_memory_gb() -> float:
    """Largest memory of the run so far, GPU's where there is one, in 10^9 bytes."""
    import resource

    import torch

    if torch.cuda.is_available():
        return round(torch.cuda.max_memory_allocated() / 1e9, 2)
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9, 2)
