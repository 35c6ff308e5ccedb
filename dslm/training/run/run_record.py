"""What a run cost, beside what was predicted of it: `training-run.json`.

Takes the run's parts when it is over; gives a `RunRecord`. Clocks and memory, so none of it is part
of the adapter or its digests. Called by `dslm.training.run.training_run`.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from dslm.inference.base_models.model_loading import device
from dslm.training.checkpoints.checkpoint_callback import Saver
from dslm.training.memory.memory_forecast import Memory
from dslm.training.memory.micro_batching import MicroBatches
from dslm.training.run.hardware_peak import device_name
from dslm.training.run.throughput import Throughput


@dataclass(frozen=True)
class RunRecord:
    """What a run cost. Memory in 10^9 bytes: of a GPU's tensors, or of the whole process on CPU.

    Attributes:
        seconds: Of the whole run, validation and checkpoints included.
        tokens_per_second: Over all of them.
        update_tokens_per_second: Of updates alone.
        padding_share: Of what went through the model.
        flops_per_token: That the model needs (`dslm.training.run.flops`).
        utilisation: Model FLOPs utilisation, of `peak_tflops`.
        peak_source: Whether that peak is `specified` or `measured`.
        predicted_memory_gb: By the formula, for a step on the longest micro-batch.
        probed_memory_gb: By one step on it, before the run.
        peak_memory_gb: Of the run.
        room_gb: What there was.
        speeds: Update and tokens a second, of this process: not of one that was killed before.
    """

    seconds: float
    steps: int
    tokens_per_second: float
    update_tokens_per_second: float | None
    padding_share: float
    flops_per_token: float | None
    utilisation: float | None
    peak_tflops: float
    peak_source: str
    threads: int
    device: str
    device_name: str
    batch_size: int
    accumulation: int
    predicted_memory_gb: float | None
    probed_memory_gb: float | None
    peak_memory_gb: float
    room_gb: float
    speeds: tuple[tuple[int, float], ...]

    def metrics(self) -> dict[str, float]:
        """Its numbers by name, those that are not known left out."""
        return {n: v for n, v in asdict(self).items() if isinstance(v, int | float)}

    def in_words(self) -> str:
        """The few that a reader wants to see."""
        used = f", MFU {self.utilisation:.1%} of {self.peak_source}" if self.utilisation else ""
        told = f" ({self.predicted_memory_gb:.2f} predicted)" if self.predicted_memory_gb else ""
        step = f", {self.probed_memory_gb:.2f} GB a step{told}" if self.probed_memory_gb else ""
        peak = f"{self.peak_memory_gb:.2f} GB at most"
        return f"{self.tokens_per_second:.0f} tokens/s{used}{step}, {peak}"

    def words(self) -> dict[str, str]:
        """What is no number."""
        return {n: v for n, v in asdict(self).items() if isinstance(v, str)}


def record_run(trainer: Any, saver: Saver, fit: MicroBatches, pace: Throughput) -> RunRecord:
    """The cost of a run that has ended."""
    seconds = saver.seconds()
    tokens = saver.watcher.tokens_per_epoch * trainer.state.epoch
    return RunRecord(
        seconds=round(seconds, 1),
        steps=trainer.state.global_step,
        tokens_per_second=round(tokens / seconds, 1),
        update_tokens_per_second=_rounded(pace.tokens_per_second, 1),
        padding_share=round(pace.padding_share, 4),
        flops_per_token=_rounded(pace.flops_per_token, 0),
        utilisation=_rounded(pace.utilisation, 4),
        peak_tflops=round(pace.peak.flops / 1e12, 3),
        peak_source=pace.peak.source,
        threads=saver.threads,
        device=device(),
        device_name=device_name(),
        batch_size=fit.split[0],
        accumulation=fit.split[1],
        predicted_memory_gb=None if fit.predicted is None else _gb(_comparable(fit.predicted)),
        probed_memory_gb=_gb(fit.probed.peak) if fit.probed and fit.probed.peak else None,
        peak_memory_gb=_gb(max(_peak_memory(), fit.probed.peak or 0 if fit.probed else 0)),
        room_gb=_gb(fit.room.bytes),
        speeds=pace.curve(),
    )


def _comparable(predicted: Memory) -> float:
    """The part of a prediction that is measured here."""
    return predicted.tensors if device() == "cuda" else predicted.total


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


def _gb(amount: float) -> float:
    return round(amount / 1e9, 3)


def _peak_memory() -> int:
    """Largest memory of the run so far, GPU's where there is one, in bytes."""
    import resource

    import torch

    if torch.cuda.is_available():
        return torch.cuda.max_memory_allocated()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
