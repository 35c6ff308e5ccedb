"""How a CSV is laid out: what parts its cells, and on which line its header stands.

Spreadsheets write semicolons where a comma is the decimal mark, a title above the table, `sep=;`
before it, or an empty column behind it. The rule is a count, so that the same file is always read
the same: the separator under which most of the first rows have as many cells as the header. Called
by `csv_rows`.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice

SEPARATORS = (",", ";", "\t", "|")
SHOWN = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
OPENING = 1 << 18  # bytes that are looked at
_MOST_ROWS = 200
_MOST_ABOVE = 10  # rows before a header
_TOLD = re.compile(r"\s*\"?sep=([^\w\"\s]|\t)\"?[\s;,]*\Z", re.IGNORECASE)  # how Excel is told


@dataclass(frozen=True)
class Layout:
    """How to read a CSV.

    Attributes:
        separator: What stands between two cells.
        above: Lines before the header: a title, blank lines, or `sep=`.
        columns: How many names the header has; none without a name at its end counts.
        agree: The share of the rows below that have a cell under each name, and none beyond.
        padded: Whether blanks stand before quoted cells: they and the quotes are of the layout.
    """

    separator: str
    above: int = 0
    columns: int = 0
    agree: float = 0.0
    padded: bool = False


@dataclass(frozen=True)
class _Row:
    """One row, and the lines before it; the empty cells at its end are only in its width."""

    before: int
    cells: tuple[str, ...]
    width: int

    @property
    def is_title(self) -> bool:
        """Whether one cell at most says anything."""
        return sum(bool(cell.strip()) for cell in self.cells) <= 1

    def fits(self, columns: int) -> bool:
        """Whether it has a cell for each column, and says nothing beyond them."""
        return len(self.cells) <= columns <= self.width


def layout_of(opening: str) -> Layout:
    """The layout by the first lines of a file, whole ones.

    Args:
        opening: Their text.
    """
    first = opening.split("\n", 1)[0].strip("\r")
    if told := _TOLD.match(first):
        return _laid_out(told[1], list(_rows(opening, told[1]))[1:], above=1)
    found = [_laid_out(separator, list(_rows(opening, separator))) for separator in SEPARATORS]
    found += [one for separator in SEPARATORS if (one := _padded(separator, opening))]
    usable = [one for one in found if one.columns > 1]
    if not usable:
        return found[0]
    # A row or two that do not fit are no reason to take a header for a title
    return max(usable, key=lambda one: (
        round(one.agree, 1), -one.above, one.agree, one.padded, one.columns,
    ))  # fmt: skip


def _padded(separator: str, opening: str) -> Layout | None:
    """The layout with blanks before quotes, as in `one, "two, three"`, where there are any."""
    sign = re.escape(separator)
    if not re.search(rf'(?m){sign} +"(?:[^"]|"")*"(?={sign}|\r?$)', opening):
        return None
    layout = _laid_out(separator, list(_rows(opening, separator, padded=True)))
    return replace(layout, padded=True)


def _rows(opening: str, separator: str, *, padded: bool = False) -> Iterator[_Row]:
    """The first rows that are not blank."""
    reader = csv.reader(io.StringIO(opening, newline=""), delimiter=separator,
                        skipinitialspace=padded)  # fmt: skip
    before = 0
    try:
        for cells in islice(reader, _MOST_ROWS):
            said = list(cells)
            while said and not said[-1].strip():
                said.pop()
            if said:
                yield _Row(before, tuple(said), len(cells))
            before = reader.line_num
    except csv.Error:
        return  # what comes before is enough, or the reading says what is wrong


def _laid_out(separator: str, rows: list[_Row], above: int = 0) -> Layout:
    table = next((n for n, row in enumerate(rows[:_MOST_ABOVE]) if not row.is_title), 0)
    if table and not _begins_table(rows[table:]):
        table = 0
    if not rows:
        return Layout(separator, above)
    header, below = rows[table], rows[table + 1 :]
    columns = len(header.cells)
    agree = sum(row.fits(columns) for row in below) / len(below) if below else 1.0
    return Layout(separator, header.before, columns, agree)


def _begins_table(rows: list[_Row]) -> bool:
    """Whether the first of the rows is a header, with rows of as many cells under it."""
    columns = len(rows[0].cells)
    return len(rows) > 1 and all(row.fits(columns) for row in rows[1:4])
