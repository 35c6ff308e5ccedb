"""Watches a run as it goes: shows progress, keeps the losses, stops what has gone wrong.

Tripwires: a loss that is NaN, infinite or exactly zero (every label masked), or that explodes over
the first steps' mean; a validation loss that after a share of the run is not below that of the
untrained base, which is measured before step 1. Used by `dslm.training.run.training_run`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from dslm.errors import InputError
from dslm.progress_line import Progress
from dslm.settings.recipe import MustLearn
from dslm.training.run.throughput import Throughput

FIRST_STEPS = 5
EXPLOSION = 4.0  # times the mean loss of the first steps


@dataclass
class TrainingMonitor:
    """State of one run under watch."""

    tokens_per_epoch: int
    losses: list[tuple[int, float]] = field(default_factory=list)
    validation_losses: list[tuple[int, float]] = field(default_factory=list)
    progress: Progress | None = None
    must_learn: MustLearn | None = None
    pace: Throughput | None = None  # for the progress line
    due: int | None = None  # the update after which the validation loss must have fallen

    def see(self, step: int, loss: float) -> None:
        """A training loss was logged.

        Raises:
            InputError: It shows that the run is lost.
        """
        where = f"step {step}"
        if not math.isfinite(loss):
            fix = "lower learning_rate, or train in float32"
            raise InputError(f"the loss is {loss}", where=where, fix=fix)
        if loss == 0.0:
            raise InputError("the loss is exactly zero: no token is trained", where=where,
                             fix="look at what `dslm doctor` shows as trained")  # fmt: skip
        self.losses.append((step, round(loss, 5)))
        first = [seen for _, seen in self.losses[:FIRST_STEPS]]
        if len(self.losses) > FIRST_STEPS and loss > EXPLOSION * sum(first) / FIRST_STEPS:
            raise InputError(f"the loss exploded to {loss:.2f}", where=where,
                             fix="lower learning_rate or raise warmup_share")  # fmt: skip
        if self.progress:
            pace = self.pace.note() if self.pace else ""
            note = f"loss {loss:.3f}" + (f" · {pace}" if pace else "")
            self.progress.advance(step - self.progress.done, note=note)

    def begin(self, steps: int) -> None:
        """A run of so many updates begins."""
        if self.must_learn:
            self.due = math.ceil(self.must_learn.share * steps)

    def validated(self, step: int, loss: float) -> None:
        """A validation loss was measured; at step 0 it is the untrained base's.

        Raises:
            InputError: It is no number, or the share of the run is over and nothing was learnt.
        """
        if not math.isfinite(loss):
            raise InputError(f"the validation loss is {loss}", where=f"step {step}",
                             fix="lower learning_rate, or train in float32")  # fmt: skip
        self.validation_losses.append((step, round(loss, 5)))
        if self.must_learn is None or self.due is None or step < self.due:
            return
        self.due = None
        base = dict(self.validation_losses).get(0)
        if base is None:
            raise InputError("the untrained base's validation loss is not known",
                             where=f"step {step}", fix="train from the start")  # fmt: skip
        if loss > base * (1 - self.must_learn.margin):
            raise InputError(
                f"no learning: the validation loss is {loss:.4f}, the untrained base's {base:.4f}; "
                f"it must be {self.must_learn.margin:.1%} lower by now",
                where=f"step {step}",
                fix="raise learning_rate, and read what `dslm doctor` shows as trained; where the "
                "base knows the task already, lower training.must_learn.margin",
            )

    def callback(self) -> Any:
        """As a callback of the transformers trainer."""
        from transformers import TrainerCallback

        watcher = self

        class Watch(TrainerCallback):  # type: ignore[misc, unused-ignore]
            def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
                watcher.begin(state.max_steps)
                if state.is_world_process_zero:
                    before, steps = state.global_step, state.max_steps
                    watcher.progress = Progress("train", steps, "steps", done=before).__enter__()

            def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
                if state.global_step == watcher.due:
                    control.should_evaluate = True

            def on_log(self, args: Any, state: Any, control: Any, logs: Any, **_: Any) -> None:
                if "loss" in logs:
                    watcher.see(state.global_step, float(logs["loss"]))
                if "eval_loss" in logs:
                    watcher.validated(state.global_step, float(logs["eval_loss"]))

            def on_train_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
                if watcher.progress:
                    watcher.progress.__exit__(None, None, None)

        return Watch()
