"""Ctrl-C while Daft reads: the run ends as interrupted, and no worker process stays behind.

Left alone, Daft may take the signal for the end of its rows, and what was read so far for all there
is. Its workers, in turn, finish their part after whoever started them is gone. Used by `engine` and
`reading`.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Iterator
from types import FrameType

from dslm.stage import die_with


class Interruption:
    """Whether the block was interrupted, however little came of it."""

    seen = False


@contextlib.contextmanager
def noticed() -> Iterator[Interruption]:
    """Note an interruption of the block, which still raises KeyboardInterrupt.

    Python's own handler would not do: an event loop replaces that one by its own, and no other.
    """
    noted = Interruption()
    if threading.current_thread() is not threading.main_thread():
        yield noted
        return

    def handle(_: int, __: FrameType | None) -> None:
        noted.seen = True
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, handle)
    try:
        yield noted
    finally:
        signal.signal(signal.SIGINT, before)


def serve_only(master: int) -> None:
    """Called in a worker process: end with the process that it serves, and not by Ctrl-C before.

    Args:
        master: The process; nothing happens where it is this one.
    """
    if master == os.getpid():
        return
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    die_with(master)
