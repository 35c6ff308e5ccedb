"""Looks at the machine every few seconds while something runs: what MLflow calls system metrics.

Takes nothing, gives samples under MLflow's own names, so that its page shows them in their place;
`log_training` writes them when the run is over. MLflow's monitor would write while the run goes on,
and leave a run that never ends when the process is killed. Used by `pipelines.train`.

Processor and memory by psutil, GPUs by NVML (`nvidia-ml-py`); what is not installed is not sampled.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

SECONDS = 10.0  # as MLflow's monitor
Look = Callable[[], dict[str, float]]


@dataclass(frozen=True)
class Sample:
    """One value at one moment."""

    name: str
    milliseconds: int  # since 1970
    step: int
    value: float


@dataclass
class Samples:
    """What was seen so far, and since when."""

    started: int
    taken: list[Sample] = field(default_factory=list)


@contextmanager
def sampled(every: float = SECONDS) -> Iterator[Samples]:
    """Sample while the block runs, once at its start and then every so many seconds."""
    samples, ended = Samples(_now()), threading.Event()
    looks = [*_processor(), *_gpus()]

    def watch() -> None:
        step = 0
        while True:
            now = _now()
            for name, value in (pair for look in looks for pair in look().items()):
                samples.taken.append(Sample(f"system/{name}", now, step, round(value, 1)))
            step += 1
            if ended.wait(every):
                return

    thread = threading.Thread(target=watch, daemon=True, name="samples")
    thread.start()
    try:
        yield samples
    finally:
        ended.set()
        thread.join()


def _now() -> int:
    return round(time.time() * 1000)


def _processor() -> list[Look]:
    try:
        import psutil
    except ImportError:
        return []
    own = psutil.Process()
    psutil.cpu_percent()  # the first call has nothing to compare with

    def look() -> dict[str, float]:
        memory = psutil.virtual_memory()
        return {
            "cpu_utilization_percentage": psutil.cpu_percent(),
            "system_memory_usage_megabytes": memory.used / 1e6,
            "system_memory_usage_percentage": memory.used / memory.total * 100,
            "process_memory_usage_megabytes": own.memory_info().rss / 1e6,
        }

    return [look]


def _gpus() -> list[Look]:
    try:
        import pynvml

        pynvml.nvmlInit()
    except ImportError:
        return []
    except pynvml.NVMLError:  # no driver
        return []
    count = pynvml.nvmlDeviceGetCount()
    handles = [pynvml.nvmlDeviceGetHandleByIndex(n) for n in range(count)]

    def look() -> dict[str, float]:
        found: dict[str, float] = {}
        for number, handle in enumerate(handles):
            try:
                memory = pynvml.nvmlDeviceGetMemoryInfo(handle)
                found[f"gpu_{number}_memory_usage_megabytes"] = memory.used / 1e6
                found[f"gpu_{number}_memory_usage_percentage"] = memory.used / memory.total * 100
                used = pynvml.nvmlDeviceGetUtilizationRates(handle)
                found[f"gpu_{number}_utilization_percentage"] = float(used.gpu)
                watts = pynvml.nvmlDeviceGetPowerUsage(handle) / 1000
                found[f"gpu_{number}_power_usage_watts"] = watts
            except pynvml.NVMLError:  # a part of a shared GPU tells less
                continue
        return found

    return [look]
