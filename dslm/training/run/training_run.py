"""One training run: TRL's SFTTrainer on rows that were proved first, LoRA or QLoRA.

Takes a contract, a recipe and curated cases; writes the adapter and its summary into a folder.
Called by `pipelines.train`. Deterministic on CPU: same inputs, same bytes, killed or not.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from dslm.contract import Contract
from dslm.errors import InputError
from dslm.inference.base_models.base_files import BaseFiles, load_tokenizer
from dslm.inference.base_models.model_loading import ADAPTER_WEIGHTS, device
from dslm.inference.decoding.cpu_threads import choose_threads
from dslm.inference.prompts.prompt import tuned_prompt
from dslm.records import Case
from dslm.settings.bases import BaseFacts
from dslm.settings.recipe import Recipe
from dslm.settings.workspace import stage_command
from dslm.stage import leading
from dslm.training import distributed
from dslm.training.checkpoints.checkpoint_callback import (
    Saver,
    keep_adapter_type,
    refuse_sharded,
    with_checkpoints,
)
from dslm.training.checkpoints.checkpoint_files import Checkpoints
from dslm.training.doctor.checked_workflow import subject
from dslm.training.doctor.doctor_checks import Diagnosis, diagnose
from dslm.training.encoded_rows import Encoded
from dslm.training.memory.memory_budget import Budget, memory_budget
from dslm.training.memory.micro_batching import MicroBatcher, MicroBatches
from dslm.training.memory.model_shapes import shapes_of
from dslm.training.run.early_stopping import Best, EarlyStopper
from dslm.training.run.flops import flops_per_token
from dslm.training.run.hardware_peak import peak
from dslm.training.run.lora_adapter import (
    OPTIMIZERS,
    adapted_layers,
    fresh_adapter,
    require_device_for,
    require_moved,
    stop_casting,
    write_adapter,
)
from dslm.training.run.run_record import RunRecord, record_run
from dslm.training.run.sequence_packing import collator
from dslm.training.run.throughput import Throughput, with_throughput
from dslm.training.run.training_tripwires import TrainingMonitor


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
    batch_size: int  # as it was cut to fit into memory
    accumulation: int
    predicted_memory_gb: float | None
    preview: dict[str, str]
    doctor: dict[str, Any]


def train(
    contract: Contract,
    recipe: Recipe,
    files: BaseFiles,
    cases: Sequence[Case],
    validation: Sequence[Case],
    out: Path,
    checkpoints: Checkpoints | None = None,
    memory: Budget | None = None,
) -> tuple[Summary, RunRecord]:
    """Train an adapter and write it with its summary (`training.json`) into `out`.

    Args:
        contract: Whose task is learnt.
        recipe: How.
        files: The base model.
        cases: To learn from.
        validation: To look at the loss on.
        out: An empty folder.
        checkpoints: Where a killed run of the same inputs left its own; None keeps none.
        memory: That the run may take; what there is where none is given.

    Raises:
        Problems: A check of the doctor fails; nothing was loaded or trained yet.
        Interrupted: By Ctrl-C; says where the next run goes on.
        InputError: It does not fit into memory one row at a time; a loss that is NaN, zero or
            explodes, or that does not fall; an adapter that did not move.
    """
    from transformers import set_seed

    if not cases or not validation:
        raise InputError("no cases to train or validate on", fix=stage_command("curate", out))
    plan = recipe.training
    require_device_for(plan.optimizer)
    distributed.join(cpu=device() != "cuda")
    set_seed(plan.seed)
    tokenizer = load_tokenizer(files)
    limits = plan.max_tokens, recipe.inference.max_answer_tokens
    seen = subject(tokenizer, files, tuned_prompt(contract), [*cases, *validation], *limits)
    diagnose(seen).require_sound()  # before anything large is loaded
    rows, held_out = seen.rows[: len(cases)], seen.rows[len(cases) :]
    watcher = TrainingMonitor(sum(len(r.input_ids) for r in rows), must_learn=plan.must_learn)
    saver = _saver(recipe, watcher, checkpoints)
    fitter = _fitter(recipe, files, rows, saver, memory)
    watcher.pace = pace = _pace(recipe, fitter.base, rows)
    fit = fitter.predicted()  # before anything large is loaded
    model = fresh_adapter(recipe, files)

    def build(cut: Recipe) -> Any:
        return _trainer(cut, model, tokenizer, rows, held_out, saver, pace, out)

    trainer, fit = fitter.fitted(fit, build)
    saver.split = fit.split
    diagnosis = diagnose(replace(seen, collate=trainer.data_collator))
    diagnosis.require_sound()
    saver.run(trainer)
    _write_best(trainer, recipe, saver, out)
    summary = _summary(trainer, saver, rows, held_out, diagnosis, fit)
    (out / "training.json").write_text(json.dumps(asdict(summary), indent=2) + "\n")
    return summary, record_run(trainer, saver, fit, pace)


def _write_best(trainer: Any, recipe: Recipe, saver: Saver, out: Path) -> None:
    """The adapter as it is at the end, or where it was best with early stopping."""
    if saver.stopper:
        saver.stopper.load_into(trainer.model)
    require_moved(trainer.model)
    write_adapter(trainer, recipe, out)
    if saver.stopper and leading():
        saver.stopper.verify(out / ADAPTER_WEIGHTS)


def _fitter(
    recipe: Recipe, files: BaseFiles, rows: Sequence[Encoded], saver: Saver, memory: Budget | None
) -> MicroBatcher:
    """What decides how many rows go through the model at once."""
    on_gpu = device() == "cuda"
    there = memory or memory_budget(on_gpu=on_gpu)
    if not on_gpu:  # processes on one machine share it
        there = Budget(there.bytes / distributed.count(), there.of)
    return MicroBatcher(
        recipe, shapes_of(recipe.base, files.folder), rows, there, on_gpu, saver.split
    )


def _pace(recipe: Recipe, base: BaseFacts | None, rows: Sequence[Encoded]) -> Throughput:
    needed = flops_per_token(base, recipe, rows) if base else None
    return Throughput(needed, peak(recipe.training.dtype))


def _saver(recipe: Recipe, watcher: TrainingMonitor, checkpoints: Checkpoints | None) -> Saver:
    """What keeps the run's memory; goes on from a checkpoint where there is one."""
    plan = recipe.training
    stopper = EarlyStopper(plan.early_stopping.patience) if plan.early_stopping else None
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
    diagnosis: Diagnosis,
    fit: MicroBatches,
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
        batch_size=fit.split[0],
        accumulation=fit.split[1],
        predicted_memory_gb=round(fit.predicted.total / 1e9, 3) if fit.predicted else None,
        preview=diagnosis.preview,
        doctor=diagnosis.record(),
    )


def _trainer(
    recipe: Recipe,
    model: Any,
    tokenizer: Any,
    rows: Sequence[Encoded],
    held_out: Sequence[Encoded],
    saver: Saver,
    pace: Throughput,
    out: Path,
) -> Any:
    from transformers.trainer_callback import PrinterCallback

    on_gpu = device() == "cuda"
    folder = saver.checkpoints.folder if saver.checkpoints else out / "trainer"
    config = _settings(recipe, len(rows), folder, fresh=saver.resumed is None)
    keep_adapter_type(model, raised=recipe.lora.dtype == "float32")
    if config.bf16:
        stop_casting(adapted_layers(model))
    trainer = with_throughput(with_checkpoints(trainer_class(recipe, on_gpu=on_gpu), saver), pace)(
        model=model,
        args=config,
        train_dataset=_dataset(rows),
        eval_dataset=_dataset(held_out),
        processing_class=tokenizer,
        data_collator=collator(recipe.training.attention, on_gpu=on_gpu),
        callbacks=[pace.callback(), saver.watcher.callback(), saver.callback()],
    )
    trainer.remove_callback(PrinterCallback)  # the watcher shows progress
    return trainer


def trainer_class(recipe: Recipe, *, on_gpu: bool) -> type[Any]:
    """TRL's trainer: with its own loss on a GPU, with ours on CPU."""
    from trl import SFTTrainer

    from dslm.training.run.answer_loss import with_cpu_loss

    if on_gpu:
        return SFTTrainer  # type: ignore[no-any-return, unused-ignore]
    return with_cpu_loss(SFTTrainer, mixed=recipe.training.dtype == "bfloat16")


def _settings(recipe: Recipe, rows: int, folder: Path, *, fresh: bool) -> Any:
    """The recipe as the trainer's own settings."""
    from trl import SFTConfig

    plan = recipe.training
    on_gpu = device() == "cuda"
    together = plan.batch_size * plan.accumulation * distributed.count()
    updates = max(1, int(rows / together * plan.epochs))
    return SFTConfig(
        output_dir=str(folder),
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
        ddp_find_unused_parameters=False,  # every adapter is used in every pass
        seed=plan.seed,
        data_seed=plan.seed,
        eval_strategy="steps",
        eval_steps=plan.validate_every,
        eval_on_start=fresh,  # the adapter is zero then, so this is the untrained base
        logging_steps=1,
        logging_nan_inf_filter=False,  # the default would log a NaN loss as 0.0
        save_strategy="no",  # the saver says when
        report_to=[],
        disable_tqdm=True,
        dataloader_pin_memory=on_gpu,
        max_length=None,
        dataset_kwargs={"skip_prepare_dataset": True},
    )


def _dataset(rows: Sequence[Encoded]) -> Any:
    from datasets import Dataset

    return Dataset.from_dict(
        {
            "input_ids": [list(row.input_ids) for row in rows],
            "labels": [list(row.labels) for row in rows],
            "length": [len(row.input_ids) for row in rows],
        }
    )
