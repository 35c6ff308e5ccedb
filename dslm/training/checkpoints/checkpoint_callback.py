"""Saves a run as it goes, so that it can be killed at any moment and goes on where it was.

Takes a trainer; gives it checkpoints that are sealed when they are whole. Between two of them
nothing is kept: the same updates are made again, to the same bytes. Used by
`dslm.training.run.training_run`.
"""

from __future__ import annotations

import errno
import os
import shutil
import sys
import time
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from dslm.errors import InputError, Interrupted
from dslm.progress_line import clock
from dslm.stage import leading
from dslm.training.checkpoints.checkpoint_files import BEST, Checkpoint, Checkpoints, remove
from dslm.training.distributed import wait_for_all
from dslm.training.run.early_stopping import EarlyStopper
from dslm.training.run.training_tripwires import TrainingMonitor


@dataclass
class Saver:
    """The run's memory: what it has seen, and where that is kept.

    Attributes:
        every: Updates between two checkpoints.
        checkpoints: Where they go; None keeps none.
        resumed: The checkpoint that the run goes on from.
        newest: The step to which a killed run would go back.
        split: Rows at once and micro-batches an update, as the run was begun.
    """

    every: int
    watcher: TrainingMonitor
    checkpoints: Checkpoints | None = None
    stopper: EarlyStopper | None = None
    threads: int = 1
    resumed: Checkpoint | None = None
    newest: int = 0
    split: tuple[int, int] | None = None
    _started: float = field(default_factory=time.monotonic)
    _before: float = 0.0

    def find(self) -> Checkpoint | None:
        """The checkpoint to go on from, if there is one; says what was passed over."""
        if self.checkpoints is None:
            return None
        self.resumed, passed = self.checkpoints.newest()
        if leading():
            for one in passed:
                sys.stderr.write(f"train: passed over {one.folder.name}: {one.why}\n")
            self.checkpoints.tidy()
        if self.resumed:
            self._restore(self.resumed)
        return self.resumed

    def _restore(self, found: Checkpoint) -> None:
        seen = found.seen
        self.watcher.losses.extend((step, loss) for step, loss in seen["losses"])
        held_out = ((step, loss) for step, loss in seen["validation_losses"])
        self.watcher.validation_losses.extend(held_out)
        if self.stopper:
            self.stopper.restore(seen["stopper"], found.folder / BEST)
        self._before, self.newest = seen["seconds"], found.step
        self.split = tuple(seen["split"])
        if leading():
            took = clock(self._before)
            sys.stderr.write(f"train: goes on from update {found.step}, {took} into the run\n")

    def run(self, trainer: Any) -> None:
        """Train to the end, from the checkpoint that was found or from the start.

        Raises:
            Interrupted: By Ctrl-C.
        """
        try:
            trainer.train(resume_from_checkpoint=str(self.resumed.folder) if self.resumed else None)
        except KeyboardInterrupt:
            if self.checkpoints is None:
                raise
            again = f"goes on from update {self.newest}" if self.newest else "starts again"
            what = f"interrupted after update {trainer.state.global_step}"
            raise Interrupted(what, fix=f"the same command {again}") from None

    def seconds(self) -> float:
        """How long the run took so far, time lost to being killed left out."""
        return self._before + time.monotonic() - self._started

    def seal(self, step: int) -> None:
        """The trainer has written a step's files, in every process."""
        assert self.checkpoints is not None
        wait_for_all()
        if leading():
            if self.stopper and self.stopper.best:
                (self.checkpoints.at(step) / BEST).write_bytes(self.stopper.weights)
            seen = {
                "losses": self.watcher.losses,
                "validation_losses": self.watcher.validation_losses,
                "stopper": self.stopper.state() if self.stopper else None,
                "seconds": self.seconds(),
                "split": self.split,
            }
            self.checkpoints.seal(step, self.threads, seen)
        self.newest = step

    def callback(self) -> Any:
        """As a callback of the transformers trainer, to come after the watcher's."""
        from transformers import TrainerCallback

        saver = self

        class Save(TrainerCallback):  # type: ignore[misc, unused-ignore]
            def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
                saver._started = time.monotonic()

            def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
                due = state.global_step % saver.every == 0
                # from the last one the trainer would make one update too many
                last = control.should_training_stop
                control.should_save = saver.checkpoints is not None and due and not last

            def on_evaluate(
                self, args: Any, state: Any, control: Any, metrics: Any, model: Any, **_: Any
            ) -> None:
                loss = round(float(metrics["eval_loss"]), 5)  # as the watcher keeps it
                if saver.stopper and saver.stopper.see(state.global_step, loss, model):
                    control.should_training_stop, control.should_save = True, False

        return Save()


def with_checkpoints(trainer: type[Any], saver: Saver) -> type[Any]:
    """A trainer class that seals its checkpoints, and says when there is no room for one."""
    from safetensors import SafetensorError

    class SavingTrainer(trainer):  # type: ignore[misc, unused-ignore]
        def create_model_card(self, *_: Any, **__: Any) -> None:
            """None: a checkpoint is nothing to read."""

        def _save_checkpoint(self, model: Any, trial: Any) -> None:
            assert saver.checkpoints is not None
            step = self.state.global_step
            folder = saver.checkpoints.at(step)
            try:
                super()._save_checkpoint(model, trial)
                saver.seal(step)
            except (OSError, RuntimeError, SafetensorError) as error:
                full = _disk_is_full(error, folder, self.model)
                remove(folder)
                if full:
                    text = os.strerror(errno.ENOSPC)
                    raise OSError(errno.ENOSPC, text, str(folder)) from error
                raise

    return SavingTrainer


def keep_adapter_type(model: Any, *, raised: bool) -> None:
    """Have PEFT load a checkpoint's adapter in the type it is trained in.

    PEFT's default turns a bfloat16 adapter into a float32 one, which then trains otherwise.
    """
    model.load_adapter = partial(model.load_adapter, autocast_adapter_dtype=raised)


def _disk_is_full(error: BaseException, folder: Path, model: Any) -> bool:
    """Whether there was no room: torch and safetensors do not say it by an errno."""
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return True
    trained: int = sum(p.numel() * p.element_size() for p in model.parameters() if p.requires_grad)
    there = folder if folder.exists() else folder.parent
    return shutil.disk_usage(there).free < 3 * trained  # weights and two moments


def refuse_sharded(stopper: EarlyStopper | None) -> None:
    """Refuse early stopping where each process holds a part of the adapter only.

    Raises:
        InputError: It is asked for.
    """
    if stopper and os.environ.get("ACCELERATE_USE_FSDP", "").lower() == "true":
        raise InputError(
            "early stopping does not work with FSDP",
            where="training.early_stopping",
            fix="set it to null, or use recipes/accelerate/ddp.yaml",
        )
