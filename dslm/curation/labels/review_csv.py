"""`review.csv`: suspect labels as a table that a person opens, fills in and commits.

One row a case and field; the last column takes the verdict. Gives rows with their lines, and writes
them whole. What a spreadsheet would run as a formula is written with an apostrophe before it.
Called by `review_list`, which makes the file, and `review_decisions`, which obeys it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from pathlib import Path

from dslm.errors import DslmError, InputError, Problems
from dslm.provenance import write_atomic
from dslm.records import Record
from dslm.settings.files.regular_files import is_there

COLUMNS = ("id", "field", "label", "suggested", "score", "reason", "input", "verdict")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class ReviewRow(Record):
    """One row, its cells as text; `line` is where it stands, 0 for a new one."""

    id: str
    field: str
    label: str
    suggested: str
    score: str
    reason: str
    input: str
    verdict: str = ""
    line: int = 0

    @property
    def key(self) -> tuple[str, str]:
        """What makes two rows the same one."""
        return self.id, self.field

    @property
    def decided(self) -> bool:
        """Whether a person has said something."""
        return bool(self.verdict.strip())


def _guarded(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _bare(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_FORMULA) else cell


def write_review(path: Path, rows: Iterable[ReviewRow]) -> None:
    """Write a review file, in the order given, whole or not at all."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow([_guarded(getattr(row, column)) for column in COLUMNS])
    write_atomic(path, out.getvalue())


def read_review(path: Path) -> list[ReviewRow]:
    """All rows of a review file; none where there is no file.

    Commas or semicolons part the cells, as some spreadsheets save them.

    Raises:
        InputError: It is no UTF-8, no CSV, or has other columns.
        Problems: Rows with too few or too many cells, or a case and field that is there twice.
    """
    if not is_there(path):
        return []
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"not UTF-8 ({error.reason})", where=path,
                         fix="save it as CSV in UTF-8") from None  # fmt: skip
    header = text.partition("\n")[0]
    delimiter = ";" if header.count(";") > header.count(",") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    start = 1
    cells: list[tuple[int, list[str]]] = []
    try:
        for row in reader:
            if any(row):
                cells.append((start, row))
            start = reader.line_num + 1
    except csv.Error as error:
        raise InputError(f"not CSV from here on: {error}", where=f"{path}:{start}",
                         fix="close the quotes of this row") from None  # fmt: skip
    if not cells or tuple(cells[0][1]) != COLUMNS:
        raise InputError(
            f"the columns are not {', '.join(COLUMNS)}", where=f"{path}:1",
            fix="restore the first line; only `verdict` is to be filled in",
        )  # fmt: skip
    return _rows(path, cells[1:])


def _rows(path: Path, cells: Iterable[tuple[int, list[str]]]) -> list[ReviewRow]:
    found: dict[tuple[str, str], ReviewRow] = {}
    faults: list[DslmError] = []
    for line, values in cells:
        where = f"{path}:{line}"
        if len(values) != len(COLUMNS):
            what = f"{len(values)} cells under {len(COLUMNS)} columns"
            faults.append(InputError(what, where=where, fix="correct this row"))
            continue
        row = ReviewRow(line=line, **dict(zip(COLUMNS, map(_bare, values), strict=True)))
        if row.key in found:
            what = f"{row.field} of {row.id} is also on line {found[row.key].line}"
            faults.append(InputError(what, where=where, fix="keep one of the two rows"))
        found.setdefault(row.key, row)
    if faults:
        raise Problems(faults)
    return list(found.values())
