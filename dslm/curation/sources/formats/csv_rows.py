"""CSV: a header, then one row under it, over several lines where a cell has any (`csv_layout`).

A row with too few cells, bytes of another encoding, a wrong quote or a line beyond bounds is lost
alone. A quote that is never closed swallows lines until that shows; they are read anew, as rows.
Where nobody can say any more where a row begins, that is an error.
"""

from __future__ import annotations

import csv
import io
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dslm.curation.sources.formats.csv_layout import OPENING, SHOWN, Layout, layout_of
from dslm.curation.sources.formats.source_rows import (
    LONGEST_LINE,
    Format,
    Part,
    Row,
    Unreadable,
    too_long,
)
from dslm.curation.sources.formats.text_decoding import (
    LONGEST_MARK,
    encoding_of,
    refuse_no_text,
    shown,
    text_of,
    undecodable,
)
from dslm.errors import InputError

MOST_RETOLD = 4 * LONGEST_LINE  # characters read anew after wrong quotes


class _Lost(csv.Error):
    """Nobody can say where the next row begins."""


class _Lines:
    """The lines of a CSV for its parser, none of them held that is too long.

    Attributes:
        row: The line that the row begins with.
    """

    def __init__(self, texts: io.TextIOWrapper):
        self.texts, self.row = texts, 1
        self._read, self._begins = 0, True
        self._held: list[str] = []  # of the row that is read
        self._again: deque[str] = deque()
        self._retold = 0

    def begin_row(self) -> None:
        """The next line is the first of a row."""
        self.row, self._begins, self._held = self._read + 1, True, []

    def skip(self, lines: int) -> None:
        """The first row begins after so many lines."""
        for _ in range(lines):
            next(self, "")
        self.begin_row()

    def give_up_row(self) -> None:
        """Only the first line of this row is lost; the others are read anew.

        Raises:
            _Lost: That was done for too much of the file: quotes are wrong all over it.
        """
        rest = self._held[1:]
        self._retold += sum(map(len, rest))
        if self._retold > MOST_RETOLD:
            raise _Lost("quotes are wrong in many rows")
        self._again.extendleft(reversed(rest))
        self._read = self.row

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else self.texts.readline(LONGEST_LINE + 1)
        if not line:
            raise StopIteration
        self._read += 1
        begins, self._begins = self._begins, False
        if len(line) <= LONGEST_LINE:
            self._held.append(line)
            return line
        quotes = line.count('"')
        while line and not line.endswith(("\n", "\r")):
            line = self.texts.readline(1 << 20)
            quotes += line.count('"')
        if begins and quotes % 2 == 0:  # the row ends with it
            raise Unreadable(too_long(LONGEST_LINE))
        raise _Lost(f"a cell {too_long(LONGEST_LINE)}")


@dataclass(frozen=True)
class _Table:
    """What every row of a file is read by."""

    header: list[str]
    layout: Layout
    encoding: str

    def row(self, line: int, cells: list[str]) -> Row:
        """A row; cells beyond the columns are let go where they are empty in the file too."""
        beyond = cells[len(self.header) :]
        if len(cells) < len(self.header) or any(cell.strip() for cell in beyond):
            return Row(line, fault=f"{len(cells)} cells under {len(self.header)} columns"
                                   f"{self._told()}")  # fmt: skip
        text = "".join(cells)
        if fault := undecodable(text, self.encoding):
            return Row(line, fault=fault)
        if "\0" in text:
            return Row(line, fault="holds a NUL byte, which no text does")
        return Row(line, dict(zip(self.header, cells, strict=False)))

    def _told(self) -> str:
        """How the file was taken, where that is not plain."""
        told = []
        if self.layout.separator != ",":
            told.append(f"parted by {SHOWN.get(self.layout.separator, self.layout.separator)}")
        if self.layout.above:
            told.append(f"the header being line {self.layout.above + 1}")
        return "".join(f", {one}" for one in told)


def _header(reader: Iterator[list[str]], where: str, encoding: str) -> list[str]:
    """The columns' names; those at the end without one are no columns.

    Raises:
        InputError: They are no text, or one is there twice.
    """
    header = next(reader, [])
    while header and not header[-1].strip():
        header.pop()
    if fault := undecodable("".join(header), encoding):
        raise InputError(f"the header is {fault}", where=where,
                         fix="save the file as UTF-8, or name the source's encoding")  # fmt: skip
    if any("\0" in name for name in header):
        raise InputError("the header holds NUL bytes: this is UTF-16 without its mark, or no text",
                         where=where, fix="save it as CSV in UTF-8")  # fmt: skip
    seen: set[str] = set()
    for number, name in enumerate(header):
        if name in seen:
            called = f"the column {name!r} is there twice" if name else "two columns have no name"
            raise InputError(f"{called}: {header.index(name) + 1} and {number + 1}", where=where,
                             fix="give each column a name of its own")  # fmt: skip
        seen.add(name)
    return header


def _rows_of(lines: _Lines, path: Path, encoding: str, layout: Layout) -> Iterator[Row]:
    csv.field_size_limit(LONGEST_LINE)  # by default 128 KiB, which a long mail is beyond
    reader = csv.reader(lines, delimiter=layout.separator, strict=True,
                        skipinitialspace=layout.padded)  # fmt: skip
    try:
        lines.skip(layout.above)
        header = _header(reader, f"{path}:{lines.row}", encoding)
    except Unreadable as error:
        raise csv.Error(f"the header is {error}") from None
    table = _Table(header, layout, encoding)
    while True:
        lines.begin_row()
        try:
            cells = next(reader, None)
        except Unreadable as error:
            yield Row(lines.row, fault=str(error))
            continue
        except _Lost:
            raise
        except csv.Error as error:
            yield Row(lines.row, fault=f"a quote is wrong: {error}")
            lines.give_up_row()
            continue
        if cells is None:
            return
        if cells:
            yield table.row(lines.row, cells)


def _whole_lines(opening: bytes, encoding: str) -> str:
    """The first lines of a file; the last one may be cut."""
    text = opening.decode(encoding, "replace")
    return text if len(opening) < OPENING else text[: text.rfind("\n") + 1] or text


def _rows(path: Path, part: Part | None = None, encoding: str = "utf-8") -> Iterator[Row]:
    del part  # a CSV is never cut: where a row begins shows only from its start
    with path.open("rb") as stream:
        opening = stream.read(OPENING)
        found = encoding_of(opening[:LONGEST_MARK], encoding)
        refuse_no_text(opening, found, "CSV", path)
        stream.seek(0)
        layout = layout_of(_whole_lines(opening, found))
        lines = _Lines(text_of(stream, found, ""))
        try:
            with lines.texts:
                yield from _rows_of(lines, path, found, layout)
        except csv.Error as error:
            raise InputError(f"not CSV from here on: {error}", where=f"{path}:{lines.row}",
                             fix="mend the quotes of this row") from None  # fmt: skip
        except UnicodeError:
            raise InputError(f"not {shown(found)} from here on", where=f"{path}:{lines.row}",
                             fix="fetch the file again, or mend the source's encoding",
                             ) from None  # fmt: skip


CSV = Format(_rows, textual=True)
