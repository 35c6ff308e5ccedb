"""SIGTERM as Ctrl-C: what is half made is tidied away before the process ends.

Called by the boundary around every command and stage.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Iterator
from types import FrameType


class Termination:
    """Whether the process was asked to end."""

    asked = False


@contextlib.contextmanager
def sigterm_interrupts() -> Iterator[Termination]:
    """Turn SIGTERM into an interruption while the block runs, in this process only.

    A worker that was forked meanwhile ends by it at once, as it would have.
    """
    told = Termination()
    if threading.current_thread() is not threading.main_thread():
        yield told
        return
    owner = os.getpid()

    def handle(number: int, _: FrameType | None) -> None:
        if os.getpid() != owner:
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
            return
        told.asked = True
        if not callable(signal.getsignal(signal.SIGINT)):  # ignored, as for a job in the background
            raise KeyboardInterrupt
        signal.raise_signal(signal.SIGINT)  # by whatever handles that at this moment

    before = signal.signal(signal.SIGTERM, handle)
    try:
        yield told
    finally:
        signal.signal(signal.SIGTERM, before)
