"""How much memory this process may come to hold: of the GPU, or of the machine and its container.

Looks at the system; gives bytes and where the limit comes from. `DSLM_MEMORY_GB` lowers it, for a
machine that is to be left room for others. Called by `dslm.training.memory.micro_batching` and
`dslm doctor`.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from dslm.errors import EnvironmentFault, InputError

ASKED = "DSLM_MEMORY_GB"
CGROUPS = Path("/sys/fs/cgroup")
PROC = Path("/proc")
PATIENCE = 20.0  # seconds for a driver that has to wake its cards; one that hangs never answers
UNLIMITED = 1 << 60  # cgroup v1 writes a number near 2^63 where there is no limit


@dataclass(frozen=True)
class Budget:
    """Bytes that this process may hold in all, what it holds already counted in."""

    bytes: float
    of: str


def memory_budget(*, on_gpu: bool) -> Budget:
    """The memory there is for this process.

    Raises:
        InputError: `DSLM_MEMORY_GB` is no positive number.
    """
    machine = _of_machine(PROC, CGROUPS)
    return _as_asked(_of_gpu() if on_gpu else min(machine, key=lambda one: one.bytes))


def _as_asked(found: Budget) -> Budget:
    """What is there, or what was asked for where that is less."""
    asked = os.environ.get(ASKED)
    if asked is None:
        return found
    try:
        wanted = float(asked) * 1e9
    except ValueError:
        wanted = 0.0
    if not wanted > 0:
        raise InputError(f"{ASKED} is {asked!r}", where="environment", fix="write gigabytes: 6.5")
    return min(found, Budget(wanted, ASKED), key=lambda one: one.bytes)


def memory_budget_without_torch() -> tuple[Budget, bool]:
    """The same for who has not loaded torch, and whether it is a GPU's.

    Raises:
        InputError: As `room`.
        EnvironmentFault: The GPU's driver does not answer.
    """
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    program = shutil.which("nvidia-smi")
    if program is None or visible in ("", "-1"):
        return memory_budget(on_gpu=False), False
    which = ["-i", visible.split(",")[0]] if visible else []
    asked = [program, "--query-gpu=memory.free", "--format=csv,noheader,nounits", *which]
    try:
        done = subprocess.run(asked, capture_output=True, text=True, check=False, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        what = f"nvidia-smi gives no answer in {PATIENCE:.0f} seconds"
        fix = "look at the GPU's driver, or set CUDA_VISIBLE_DEVICES= to do without"
        raise EnvironmentFault(what, fix=fix) from None
    answer = done.stdout.split()
    if not answer or not answer[0].isdecimal():
        return memory_budget(on_gpu=False), False
    return _as_asked(Budget(int(answer[0]) * 1024**2, "free memory of the GPU")), True


def resident(proc: Path = PROC) -> int:
    """Bytes of this process that lie in memory now; 0 where the system does not say."""
    return field(proc / "self" / "status", "VmRSS")


def _of_gpu() -> Budget:
    import torch

    free, _ = torch.cuda.mem_get_info()
    return Budget(free + torch.cuda.memory_reserved(), "free memory of the GPU")


def _of_machine(proc: Path, cgroups: Path) -> list[Budget]:
    """What the machine has left, and each control group above this process."""
    own = resident(proc)
    free = field(proc / "meminfo", "MemAvailable")
    # where the system says nothing, nothing is known to be short
    rooms = [Budget(free + own if free else float("inf"), "available memory of this machine")]
    for limit, used in _limits(proc, cgroups):
        rooms.append(Budget(max(0, limit - used) + own, "memory limit of this container"))
    return rooms


def _limits(proc: Path, cgroups: Path) -> list[tuple[int, int]]:
    """Limit and use of each control group of this process that has a limit."""
    try:
        lines = (proc / "self" / "cgroup").read_text().splitlines()
    except OSError:
        return []
    found = []
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers == "":
            root, limit, used = cgroups, "memory.max", "memory.current"
        elif "memory" in controllers.split(","):
            root, limit = cgroups / "memory", "memory.limit_in_bytes"
            used = "memory.usage_in_bytes"
        else:
            continue
        own = root / path.strip("/")
        for folder in (own, *own.parents):
            if folder.is_relative_to(root) and (most := _number(folder / limit)):
                # file pages that nobody uses are given back before anybody is killed
                idle = field(folder / "memory.stat", "(?:total_)?inactive_file", unit=1)
                found.append((most, _number(folder / used) - idle))
    return found


def _number(path: Path) -> int:
    """A limit in bytes; 0 where there is none."""
    try:
        text = path.read_text().strip()
    except OSError:
        return 0
    return int(text) if text.isdecimal() and int(text) < UNLIMITED else 0


def field(path: Path, name: str, unit: int = 1024) -> int:
    """A line `Name: 12 kB` of the kernel's, in bytes; 0 where there is none."""
    try:
        found = re.search(rf"^{name}:?\s+(\d+)", path.read_text(), re.MULTILINE)
    except OSError:
        return 0
    return int(found[1]) * unit if found else 0
