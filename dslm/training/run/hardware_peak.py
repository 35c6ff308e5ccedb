"""What a device can do at most: dense bfloat16 products a second, as specified or as measured.

Looks at the device; gives operations a second and where the number comes from. Called by
`dslm.training.run.throughput` and `tests/bench/train_gpu.py`.
"""

from __future__ import annotations

import platform
import time
from dataclasses import dataclass
from typing import Any, Literal

from dslm.settings.recipe import Dtype

# Dense (not sparse) bfloat16 with float32 sums, in 10^12 a second, as in NVIDIA's data sheets and,
# for GeForce and RTX, its architecture whitepapers. Matched in this order by part of the name.
SPECIFIED = (
    ("B200", 2250.0),
    ("H200", 989.0),
    ("H100 PCIe", 756.0),
    ("H100 NVL", 835.0),
    ("H100", 989.0),
    ("A100", 312.0),
    ("L40S", 362.0),
    ("L40", 181.0),
    ("L4", 121.0),
    ("A10G", 70.0),
    ("A10", 125.0),
    ("RTX 4090", 165.2),
    ("RTX 3090", 71.0),
)
SIZE_ON_GPU, SIZE_ON_CPU = 8192, 512
SECONDS = {"cuda": 0.3, "cpu": 0.25}  # a shared host may halve it for 0.05


@dataclass(frozen=True)
class Peak:
    """Operations a second at most, and whether they were `specified` or `measured`."""

    flops: float
    source: Literal["specified", "measured"]


def device_name() -> str:
    """The GPU's name, else the kind of processor."""
    import torch

    return torch.cuda.get_device_name() if torch.cuda.is_available() else platform.machine()


def specified(name: str) -> Peak | None:
    """What the maker says of a GPU; None for one that is not listed."""
    words = name.replace("-", " ").split()
    for part, tera in SPECIFIED:
        size = len(part.split())
        if any(words[n : n + size] == part.split() for n in range(len(words))):
            return Peak(tera * 1e12, "specified")
    return None


def measured(dtype: Dtype = "bfloat16") -> Peak:
    """What a large square product reaches here, with the threads that torch has now.

    Args:
        dtype: Of the products.
    """
    import torch

    kind = "cuda" if torch.cuda.is_available() else "cpu"
    size = SIZE_ON_GPU if kind == "cuda" else SIZE_ON_CPU
    left = torch.ones((size, size), dtype=getattr(torch, dtype), device=kind)
    best, count, started = float("inf"), 0, time.perf_counter()
    while count < 3 or time.perf_counter() - started < SECONDS[kind]:
        begun = time.perf_counter()
        torch.mm(left, left)
        _wait(torch, kind)
        best = min(best, time.perf_counter() - begun)
        count += 1
    return Peak(2 * size**3 / best, "measured")


def peak(dtype: Dtype) -> Peak:
    """A known GPU's as specified, anything else's as measured."""
    import torch

    known = specified(device_name()) if torch.cuda.is_available() and dtype == "bfloat16" else None
    return known or measured(dtype)


def _wait(torch: Any, kind: str) -> None:
    if kind == "cuda":
        torch.cuda.synchronize()
