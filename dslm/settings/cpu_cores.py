"""How many cores this process may use. Called where work is spread over threads or processes."""

from __future__ import annotations

import os


def cores() -> int:
    """Those the process is allowed on, where the system says so; else those of the machine."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
