"""The proof over all files that were written, group by group, in as many processes as read them.

Takes the files with what the case of each line held, and all values; stops where one is left. What
is left of a value says `leftovers`. Called by `personal_pipeline` after writing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dslm.curation.personal.known_values import rows_by_group
from dslm.curation.personal.known_values.known_values import KnownValues
from dslm.curation.personal.known_values.rows_by_group import (
    GroupValues,
    all_rows,
    mapped_table,
    part_of,
)
from dslm.curation.personal.proof.leftovers import FIX, Left, Line, Proof
from dslm.curation.personal.replacement.replace_in_case import Replacer
from dslm.curation.sources import TABLE, Engine
from dslm.errors import InputError, Problems

if TYPE_CHECKING:
    import pyarrow as pa

# Of each line what its case held, as `Found.to_json` wrote it, and the number of its group.
Lines = Iterable[tuple[str | None, int | None]]
MOST_REPORTED = 20
PROVED = "proved.arrow"
AT_ONCE = 5_000  # lines that are written or read together


@dataclass(frozen=True)
class ProofPart:
    """Proves some of the lines.

    Attributes:
        lines: The file with all lines.
        size: How many a part has.
        replacer: What replaced.
        values: What is looked for.
    """

    lines: Path
    size: int
    replacer: Replacer
    values: GroupValues

    def rows(self, number: int) -> list[dict[str, Any]]:
        """Which lines of a part still hold a value."""
        table = mapped_table(self.lines)
        places, groups = part_of(table, number, self.size)
        if not len(places):
            return []
        known = self.values.between(groups[0].item(), groups[-1].item())
        left = Proof(self.replacer, known).left(_taken(table, places))
        return [{"piece": number} | one._asdict() for one in left]


def refuse_left(
    files: Iterable[tuple[Path, Lines]], replacer: Replacer, known: KnownValues, work: Path,
    engine: Engine,
) -> None:  # fmt: skip
    """Stop where a file of JSON lines still holds a value.

    Args:
        files: Each with what the case of each of its lines held.
        replacer: What replaced.
        known: All values.
        work: Where the table of all rows lies, and room for another one.
        engine: Whose processes look.

    Raises:
        Problems: The first lines that hold one; the value itself is not told.
    """
    import pyarrow as pa

    listed = list(files)
    count = _write(lines_of(listed), work / PROVED)
    size = rows_by_group.ROWS_A_PART
    values = GroupValues.written(known, work / TABLE, work)
    part = ProofPart(work / PROVED, size, replacer, values)
    number, text = pa.int64(), pa.large_string()
    schema = pa.schema([("piece", number), ("file", text), ("number", number), ("kinds", text)])
    found = all_rows(part, count, size, schema, engine)
    order = {path.name: place for place, (path, _) in enumerate(listed)}
    left = [Left(row["file"], row["number"], row["kinds"]) for row in found]
    refuse(sorted(left, key=lambda one: (order[one.file], one.number)))


def refuse(left: Iterable[Left]) -> None:
    """Stop where any line still holds a value.

    Raises:
        Problems: The first lines that do.
    """
    faults = [
        InputError(f"personal data is left: {one.kinds}", where=f"{one.file}:{one.number}", fix=FIX)
        for one in islice(left, MOST_REPORTED)
    ]
    if faults:
        raise Problems(faults)


def lines_of(files: Iterable[tuple[Path, Lines]]) -> Iterator[Line]:
    """The lines of files that we wrote."""
    for path, held in files:
        with path.open(encoding="utf-8", newline="\n") as stream:
            numbered = enumerate(zip(stream, held, strict=True), start=1)
            for number, (line, (text, group)) in numbered:
                yield Line(path.name, number, line, text, group)


def _write(lines: Iterator[Line], path: Path) -> int:
    """Lines as a table in a file; gives how many there are."""
    import pyarrow as pa

    text = pa.large_string()
    schema = pa.schema([
        ("file", text), ("number", pa.int64()), ("text", text), ("held", text),
        ("group_number", pa.int64()),
    ])  # fmt: skip
    count = 0
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, schema) as file:
        while some := list(islice(lines, AT_ONCE)):
            columns = zip(*some, strict=True)
            arrays = [
                pa.array(column, kind) for column, kind in zip(columns, schema.types, strict=True)
            ]
            file.write_batch(pa.record_batch(arrays, schema=schema))
            count += len(some)
    return count


def _taken(table: pa.Table, places: rows_by_group.Numbers) -> Iterator[Line]:
    """Some lines of a table, in the order of these places."""
    for some in np.array_split(places, -(-len(places) // AT_ONCE)):
        columns = (column.to_pylist() for column in table.take(some).columns)
        yield from map(Line._make, zip(*columns, strict=True))
