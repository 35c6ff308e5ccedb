"""Gives memory that was freed back to the system, on CPU.

glibc keeps freed pieces for later; rows of ever other lengths want pieces of ever other sizes, so a
process grows. It is the smaller part of a run's growth: the peak of 100 updates of the embedded
base was 2.56 instead of 2.71 GB (docs/measurements/training.md). Used by `dslm.training.run` and
`probe`.
"""

from __future__ import annotations

import ctypes
import sys
from typing import Any

EVERY = 10  # updates; it takes milliseconds


def trim() -> None:
    """Have glibc give freed memory back; elsewhere nothing happens."""
    if sys.platform.startswith("linux"):
        give_back = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if give_back is not None:  # musl has none
            give_back(0)


def callback() -> Any:
    """As a callback of the transformers trainer."""
    from transformers import TrainerCallback

    class Trim(TrainerCallback):  # type: ignore[misc, unused-ignore]
        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            if state.global_step % EVERY == 0:
                trim()

        def on_evaluate(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            trim()

    return Trim()
