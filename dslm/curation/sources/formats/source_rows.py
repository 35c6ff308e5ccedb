"""What every reader of a source file gives: rows, each a value or the fault that makes it none.

Defines what a kind of file is (`Format`) for the readers of this package, for `source_chunks`,
which plans the reading, and for `source_table`, which does it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

PART_BYTES = 4 << 20
LONGEST_LINE = 16 << 20  # bytes; a longer one is a reject, and is never held in memory


class Unreadable(ValueError):
    """Why a text, a message or a label is no row; becomes the fault of one."""


@dataclass(frozen=True)
class Part:
    """A stretch of a file: bytes, or row groups of Parquet; `first` is its first line or row."""

    start: int
    end: int
    first: int


@dataclass(frozen=True)
class Row:
    """One row: its line, and value or fault.

    A CSV's row may have more lines, the first counts; Parquet and mailboxes have numbers instead.
    """

    line: int
    value: dict[str, Any] | None = None
    fault: str | None = None


class ReadRows(Protocol):
    """What reads a file, or one part of it, whose text is in an encoding."""

    def __call__(
        self, path: Path, part: Part | None = None, encoding: str = "utf-8"
    ) -> Iterator[Row]:
        """Its rows."""
        ...


def too_long(most: int) -> str:
    """The fault of a line or text that is never held in memory."""
    return f"longer than {most >> 20} MiB"


def whole(_path: Path, _encoding: str) -> list[None]:
    """The one part of a file that is not cut."""
    return [None]


@dataclass(frozen=True)
class Format:
    """How a kind of file is read.

    Attributes:
        rows: Reads a file or one part of it.
        parts: The stretches that `rows` reads one by one; a None among them is the whole file.
        textual: Every value is text, empty for null.
        single: One row a file, so that many files are read as one piece.
        labels: Holds labels for other files' texts; its rows are those that no text asks for.
    """

    rows: ReadRows
    parts: Callable[[Path, str], Sequence[Part | None]] = whole
    textual: bool = False
    single: bool = False
    labels: bool = False
