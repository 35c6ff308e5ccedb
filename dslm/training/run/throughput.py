"""How fast a run goes: tokens and seconds of its updates, padding, the share of the device used.

Watches a trainer; gives tokens a second and model FLOPs utilisation. Only updates are timed, from
their first micro-batch to their loss: validation, checkpoints and the first update of a process,
in which libraries set up, are left out. Used by `dslm.training.run.training_run`.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from dslm.training.run.hardware_peak import Peak


@dataclass
class Throughput:
    """State of one run under the clock.

    Attributes:
        flops_per_token: From `dslm.training.run.flops`; None where the base's shapes are not known.
        peak: Of the device.
        speeds: Update, and its tokens a second.
    """

    flops_per_token: float | None
    peak: Peak
    seconds: float = 0.0
    speeds: list[tuple[int, float]] = field(default_factory=list)
    _tokens: Any = 0  # a tensor of the device where padding is counted, read when it is asked for
    _slots: int = 0
    _timed: Any = 0
    _update: Any = 0
    _begun: float | None = None
    _updates: int = 0

    def begin(self) -> None:
        """An update begins."""
        self._begun, self._update = time.perf_counter(), 0

    def count(self, inputs: dict[str, Any]) -> None:
        """A micro-batch goes into the model."""
        slots = inputs["input_ids"].numel()
        mask = inputs.get("attention_mask")
        tokens = slots if mask is None else mask.sum()
        self._slots += slots
        self._tokens = self._tokens + tokens
        self._update = self._update + tokens

    def end(self, step: int) -> None:
        """An update's loss is known, so the device has done it."""
        if self._begun is None:
            return
        took, self._begun = time.perf_counter() - self._begun, None
        self._updates += 1
        self.speeds.append((step, round(int(self._update) / took, 1)))
        if self._updates > 1:
            self.seconds += took
            self._timed = self._timed + self._update

    @property
    def tokens_per_second(self) -> float | None:
        """Of updates; None where none was timed."""
        return int(self._timed) / self.seconds if self.seconds else None

    @property
    def padding_share(self) -> float:
        """Share of what went through the model that was padding."""
        return 1 - int(self._tokens) / self._slots if self._slots else 0.0

    @property
    def utilisation(self) -> float | None:
        """Model FLOPs utilisation: operations that the model needs, of those the device can do."""
        speed = self.tokens_per_second
        if speed is None or self.flops_per_token is None:
            return None
        return speed * self.flops_per_token / self.peak.flops

    def curve(self, most: int = 200) -> tuple[tuple[int, float], ...]:
        """Update and tokens a second; of a long run, means over as many updates as are left out."""
        each = -(-len(self.speeds) // most) if self.speeds else 1
        parts = (self.speeds[n : n + each] for n in range(0, len(self.speeds), each))
        return tuple((p[-1][0], round(sum(v for _, v in p) / len(p), 1)) for p in parts)

    def note(self) -> str:
        """For the progress line."""
        speed, used = self.tokens_per_second, self.utilisation
        parts = [f"{speed:.0f} tokens/s" if speed else "", f"MFU {used:.0%}" if used else ""]
        return " · ".join(part for part in parts if part)

    def callback(self) -> Any:
        """As a callback of the transformers trainer, to come before the watcher's."""
        from transformers import TrainerCallback

        pace = self

        class Clock(TrainerCallback):  # type: ignore[misc, unused-ignore]
            def on_step_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
                pace.begin()

            def on_log(self, args: Any, state: Any, control: Any, logs: Any, **_: Any) -> None:
                if "loss" in logs:
                    pace.end(state.global_step)

        return Clock()


def with_throughput(trainer: type[Any], pace: Throughput) -> type[Any]:
    """A trainer class that counts what goes through the model."""

    class CountingTrainer(trainer):  # type: ignore[misc, unused-ignore]
        def training_step(self, model: Any, inputs: dict[str, Any], *rest: Any, **more: Any) -> Any:
            pace.count(inputs)
            return super().training_step(model, inputs, *rest, **more)

    return CountingTrainer
