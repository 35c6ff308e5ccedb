"""The steps of each command that changes the registry, in their order, as plain data.

Whoever makes one says so by `reached`. A process may end after any of them, by `kill -9`, a lost
connection or Ctrl-C: `tests/unit/releasing/moves/test_killed_moves.py` walks the lists and ends it
there, and the same command, or `dslm release recover`, has to finish what was begun.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextvars import ContextVar

# Up to the journal's entry nothing has moved; from it on the new champion is the one that counts.
SETTLE = ("previous", "champion", "status", "copy", "terms", "journal.jsonl", "champion.json",
          "read back")  # fmt: skip
PROMOTE = ("planned", "proved", "journal", *SETTLE, "statement")
ROLLBACK = ("planned", "proved", "journal", *SETTLE, "statement")
RECOVER = ("entries restored", "pages put aside", "loss told", *SETTLE)
APPROVE = ("planned", "signed", "kept")
BACKUP = ("release copied", "backup")
RESTORE = ("files", "version", "release restored", "page", "journal restored", *SETTLE,
           "candidate", "restored")  # fmt: skip
# Of an erasure; each comes as often as there are copies of its kind. Sources and gold go last.
FORGET = (
    "begun", "copy removed", "erasure recorded", "rows erased", "sealed", "signed again", "tagged",
    "copies gone", "rows taken out", "nothing left", "done",
)  # fmt: skip
REGISTER = ("uploaded", "version", "read back", "answered", "approved", "candidate", "receipt")


_watching: ContextVar[Callable[[str], object] | None] = ContextVar("watching", default=None)


def reached(step: str) -> None:
    """A step was made: whoever watches is told. Tests put in its place what ends the process."""
    if (told := _watching.get()) is not None:
        told(step)


@contextlib.contextmanager
def watched(tell: Callable[[str], object]) -> Iterator[None]:
    """Be told of each step that this thread makes meanwhile; raising there cuts the command short.

    Called by `dslm release drill`, which plants its faults at a step.
    """
    token = _watching.set(tell)
    try:
        yield
    finally:
        _watching.reset(token)
