"""Watches a run as it goes: shows progress, keeps the losses, stops what has gone wrong.

Tripwires: a loss that is NaN, infinite or exactly zero (every label masked), or that explodes over
the first steps' mean. Used by `dslm.training.run`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from dslm.errors import InputError
from dslm.progress import Progress

FIRST_STEPS = 5
EXPLOSION = 4.0  # times the mean loss of the first steps


@dataclass
class Watcher:
    """State of one run under watch."""

    tokens_per_epoch: int
    losses: list[tuple[int, float]] = field(default_factory=list)
    validation_losses: list[tuple[int, float]] = field(default_factory=list)
    progress: Progress | None = None

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
                             fix="look at training.json's preview of a recent run")  # fmt: skip
        self.losses.append((step, round(loss, 5)))
        first = [seen for _, seen in self.losses[:FIRST_STEPS]]
        if len(self.losses) > FIRST_STEPS and loss > EXPLOSION * sum(first) / FIRST_STEPS:
            raise InputError(f"the loss exploded to {loss:.2f}", where=where,
                             fix="lower learning_rate or raise warmup_share")  # fmt: skip
        if self.progress:
            self.progress.advance(step - self.progress.done, note=f"loss {loss:.3f}")

    def callback(self) -> Any:
        """As a callback of the transformers trainer."""
        from transformers import TrainerCallback

        watcher = self

        class Watch(TrainerCallback):  # type: ignore[misc, unused-ignore]
            def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
                if state.is_world_process_zero:
                    watcher.progress = Progress("train", state.max_steps, "steps").__enter__()

            def on_log(self, args: Any, state: Any, control: Any, logs: Any, **_: Any) -> None:
                if "loss" in logs:
                    watcher.see(state.global_step, float(logs["loss"]))
                if "eval_loss" in logs:
                    loss = round(float(logs["eval_loss"]), 5)
                    watcher.validation_losses.append((state.global_step, loss))

            def on_train_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
                if watcher.progress:
                    watcher.progress.__exit__(None, None, None)

        return Watch()
