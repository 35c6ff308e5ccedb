"""CSV: a header, then one row under it, over several lines where a cell has any.

A row with too few cells, bytes of another encoding, a wrong quote or a line beyond bounds is lost
alone. A quote that is never closed swallows lines until that shows; they are read anew, as rows.
Where nobody can say any more where a row begins, that is an error.
"""

from __future__ import annotations

import csv
import io
from collections import deque
from collections.abc import Iterator
from pathlib import Path

from dslm.curation.formats.decoding import LONGEST_MARK, encoding_of, shown, text_of, undecodable
from dslm.curation.formats.rows import LONGEST_LINE, Format, Part, Row, Unreadable, too_long
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


def _row(line: int, header: list[str], cells: list[str], encoding: str) -> Row:
    if len(cells) != len(header):
        return Row(line, fault=f"{len(cells)} cells under {len(header)} columns")
    if fault := undecodable("".join(cells), encoding):
        return Row(line, fault=fault)
    return Row(line, dict(zip(header, cells, strict=True)))


def _header(reader: Iterator[list[str]]) -> list[str]:
    header = next(reader, [])
    if len(set(header)) != len(header):
        raise csv.Error("a column's name is there twice")
    return header


def _rows_of(lines: _Lines, encoding: str) -> Iterator[Row]:
    csv.field_size_limit(LONGEST_LINE)  # by default 128 KiB, which a long mail is beyond
    reader = csv.reader(lines, strict=True)
    try:
        header = _header(reader)
    except Unreadable as error:
        raise csv.Error(f"the header is {error}") from None
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
            yield _row(lines.row, header, cells, encoding)


def _rows(path: Path, part: Part | None = None, encoding: str = "utf-8") -> Iterator[Row]:
    del part  # a CSV is never cut: where a row begins shows only from its start
    with path.open("rb") as stream:
        found = encoding_of(stream.read(LONGEST_MARK), encoding)
        stream.seek(0)
        lines = _Lines(text_of(stream, found, ""))
        try:
            with lines.texts:
                yield from _rows_of(lines, found)
        except csv.Error as error:
            raise InputError(f"not CSV from here on: {error}", where=f"{path}:{lines.row}",
                             fix="mend the quotes of this row") from None  # fmt: skip
        except UnicodeError:
            raise InputError(f"not {shown(found)} from here on", where=f"{path}:{lines.row}",
                             fix="fetch the file again, or mend the source's encoding",
                             ) from None  # fmt: skip


CSV = Format(_rows, textual=True)
