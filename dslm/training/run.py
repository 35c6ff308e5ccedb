"""One training run: TRL's SFTTrainer on rows that were proved first, LoRA or QLoRA.

Takes a contract, a recipe and curated cases; writes the adapter and its summary into a folder.
Called by `pipelines.train`. Deterministic on CPU: same inputs, same bytes, killed or not.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from dslm.contract import Contract
from dslm.errors import InputError
from dslm.inference.base import BaseFiles, load_tokenizer
from dslm.inference.models import ADAPTER_WEIGHTS, device, load_base
from dslm.inference.prompt import tuned_prompt
from dslm.inference.threads import choose_threads
from dslm.records import Case
from dslm.settings.recipe import Recipe
from dslm.stage import leading
from dslm.training import processes
from dslm.training.checkpoints import Checkpoints
from dslm.training.encoding import Encoded, encode_all, preview
from dslm.training.saving import Saver, keep_adapter_type, refuse_sharded, with_checkpoints
from dslm.training.stopping import Best, Stopper
from dslm.training.watching import Watcher


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
    best: Best | None  # with early stopping: what was written
    trainable_parameters: int
    preview: dict[str, str]


def train(
    contract: Contract,
    recipe: Recipe,
    files: BaseFiles,
    cases: Sequence[Case],
    validation: Sequence[Case],
    out: Path,
    checkpoints: Checkpoints | None = None,
) -> tuple[Summary, Measured]:
    """Train an adapter and write it with its summary (`training.json`) into `out`.

    Args:
        contract: Whose task is learnt.
        recipe: How.
        files: The base model.
        cases: To learn from.
        validation: To look at the loss on.
        out: An empty folder.
        checkpoints: Where a killed run of the same inputs left its own; None keeps none.

    Raises:
        Interrupted: By Ctrl-C; says where the next run goes on.
        InputError: Rows that are too long or empty; a loss that is NaN, zero or explodes; an
            adapter that did not move.
    """
    from transformers import set_seed

    if not cases or not validation:
        raise InputError("no cases to train or validate on", fix="look at the curate stage")
    plan = recipe.training
    processes.join(cpu=device() != "cuda")
    set_seed(plan.seed)
    tokenizer = load_tokenizer(files)
    prompt = tuned_prompt(contract)
    rows = encode_all(tokenizer, prompt, cases, plan.max_tokens)
    held_out = encode_all(tokenizer, prompt, validation, plan.max_tokens)
    saver = _saver(recipe, Watcher(sum(len(r.input_ids) for r in rows)), checkpoints)
    model = _adapted(recipe, files)
    trainer = _trainer(recipe, model, tokenizer, rows, held_out, saver, out)
    saver.run(trainer)
    if saver.stopper:
        saver.stopper.load_into(trainer.model)
    _require_moved(trainer.model)
    _save(trainer, recipe, out)
    if saver.stopper and leading():
        saver.stopper.verify(out / ADAPTER_WEIGHTS)
    summary = _summary(trainer, saver, rows, held_out, tokenizer)
    (out / "training.json").write_text(json.dumps(asdict(summary), indent=2) + "\n")
    seconds = saver.seconds()
    return summary, Measured(
        seconds=round(seconds, 1),
        steps=summary.steps,
        tokens_per_second=round(summary.tokens_per_epoch * trainer.state.epoch / seconds, 1),
        threads=saver.threads,
        device=device(),
        peak_memory_gb=_peak_memory_gb(),
    )


def _saver(recipe: Recipe, watcher: Watcher, checkpoints: Checkpoints | None) -> Saver:
    """What keeps the run's memory; goes on from a checkpoint where there is one."""
    plan = recipe.training
    stopper = Stopper(plan.early_stopping.patience) if plan.early_stopping else None
    refuse_sharded(stopper)
    saver = Saver(plan.checkpoint_every, watcher, checkpoints, stopper)
    found = saver.find()
    saver.threads = choose_threads(found.threads if found else plan.threads)
    return saver


def _summary(
    trainer: Any,
    saver: Saver,
    rows: Sequence[Encoded],
    held_out: Sequence[Encoded],
    tokenizer: Any,
) -> Summary:
    watcher = saver.watcher
    return Summary(
        rows=len(rows),
        validation_rows=len(held_out),
        tokens_per_epoch=watcher.tokens_per_epoch,
        trained_tokens_per_epoch=sum(r.trained for r in rows),
        steps=trainer.state.global_step,
        losses=tuple(watcher.losses),
        validation_losses=tuple(watcher.validation_losses),
        best=saver.stopper.best if saver.stopper else None,
        trainable_parameters=sum(p.numel() for p in trainer.model.parameters() if p.requires_grad),
        preview=preview(tokenizer, rows[0]),
    )


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
    model.config.use_cache = False
    return get_peft_model(
        model,
        LoraConfig(
            task_type="CAUSAL_LM",
            r=lora.r,
            lora_alpha=lora.alpha,
            lora_dropout=lora.dropout,
            target_modules=lora.targets,
            use_rslora=lora.rslora,
            use_dora=lora.dora,
        ),
        autocast_adapter_dtype=lora.dtype == "float32",
    )


def _trainer(
    recipe: Recipe,
    model: Any,
    tokenizer: Any,
    rows: Sequence[Encoded],
    held_out: Sequence[Encoded],
    saver: Saver,
    out: Path,
) -> Any:
    from transformers.trainer_callback import PrinterCallback
    from trl import SFTConfig, SFTTrainer

    from dslm.training.loss import with_cpu_loss

    plan = recipe.training
    on_gpu = device() == "cuda"
    together = plan.batch_size * plan.accumulation * processes.count()
    updates = max(1, int(len(rows) / together * plan.epochs))
    config = SFTConfig(
        output_dir=str(saver.checkpoints.folder if saver.checkpoints else out / "trainer"),
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
        ddp_find_unused_parameters=False,  # every adapter is used in every pass
        seed=plan.seed,
        data_seed=plan.seed,
        eval_strategy="steps",
        eval_steps=plan.validate_every,
        logging_steps=1,
        logging_nan_inf_filter=False,  # the default would log a NaN loss as 0.0
        save_strategy="no",  # the saver says when
        report_to=[],
        disable_tqdm=True,
        dataloader_pin_memory=on_gpu,
        max_length=None,
        dataset_kwargs={"skip_prepare_dataset": True},
    )
    own = with_cpu_loss(SFTTrainer, mixed=plan.dtype == "bfloat16")
    trainer_class = SFTTrainer if on_gpu else own
    keep_adapter_type(model, raised=recipe.lora.dtype == "float32")
    trainer = with_checkpoints(trainer_class, saver)(
        model=model,
        args=config,
        train_dataset=_dataset(rows),
        eval_dataset=_dataset(held_out),
        processing_class=tokenizer,
        callbacks=[saver.watcher.callback(), saver.callback()],
    )
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


def _save(trainer: Any, recipe: Recipe, out: Path) -> None:
    """Write weights and config, free of paths of this machine and of set order."""
    sharded = trainer.is_fsdp_enabled  # then every process has to bring its part
    tensors = trainer.accelerator.get_state_dict(trainer.model) if sharded else None
    trainer.model.save_pretrained(out, state_dict=tensors, safe_serialization=True)
    (out / "README.md").unlink(missing_ok=True)
    # the trainer makes its folder whether it saves or not
    shutil.rmtree(out / "trainer", ignore_errors=True)
    path = out / "adapter_config.json"
    config = json.loads(path.read_bytes())
    source = recipe.base
    config["base_model_name_or_path"] = source.embedded or source.hub or source.folder
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
