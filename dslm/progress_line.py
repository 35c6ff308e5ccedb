"""One progress line for long work: what, how far, how fast, how long still.

A live bar on a terminal; elsewhere (CI logs) a plain line at most every ten seconds. Writes to
standard error only.
"""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Self, TextIO

SECONDS_BETWEEN_LINES = 10.0
LEAST_SHARE = 0.02  # of the work that must be done before anything is said of the rest,
LONG = 20.0  # unless it takes seconds as many as this, and two steps


def clock(seconds: float) -> str:
    """Seconds as m:ss."""
    whole = max(0, round(seconds))
    return f"{whole // 60}:{whole % 60:02d}"


class Progress:
    """Counts steps towards a total.

    Args:
        what: Name of the work.
        total: Number of steps.
        unit: What a step is, in the plural.
        stream: Where lines go; standard error unless told.
        done: Steps that were done before, by a run that was killed.
    """

    def __init__(
        self, what: str, total: int, unit: str, stream: TextIO | None = None, *, done: int = 0
    ):
        self.what, self.total, self.unit = what, total, unit
        self.stream = stream or sys.stderr
        self.done = self.before = done
        self.started = self.last_line = time.monotonic()

    def __enter__(self) -> Self:
        """Start the clock."""
        self.started = self.last_line = time.monotonic()
        self._line(f"{self.what}: {self.done}/{self.total} {self.unit}")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave the last line standing."""
        if kind is None:
            took = clock(time.monotonic() - self.started)
            self._line(f"{self.what}: {self.done}/{self.total} {self.unit} in {took}")
        if self.stream.isatty():
            self.stream.write("\n")

    def advance(self, steps: int = 1, note: str = "") -> None:
        """Steps were done; `note` says something of the last one (a loss, a rate)."""
        self.done += steps
        now = time.monotonic()
        if not self.stream.isatty() and now - self.last_line < SECONDS_BETWEEN_LINES:
            return
        self.last_line = now
        elapsed = now - self.started
        made = self.done - self.before
        told = made > LEAST_SHARE * self.total or (made > 1 and elapsed > LONG)
        left = clock(elapsed / made * (self.total - self.done)) if told else "?"
        parts = [f"{self.what}: {self.done}/{self.total} {self.unit}", note, f"{left} left"]
        self._line(" · ".join(part for part in parts if part))

    def _line(self, text: str) -> None:
        if self.stream.isatty():
            self.stream.write(f"\r\x1b[2K{text}")
        else:
            self.stream.write(text + "\n")
        self.stream.flush()
