"""Rows in the order of their groups, part by part: what workers share when values are looked for.

A value is looked for closely in the cases of its group, which lie anywhere in the sources. Cases
are therefore taken group by group: each group's values are made ready once, by one worker, and are
forgotten with it. What means a value everywhere lies in a file, which each worker reads once; Daft
would write it out three times for every stage. Used by `replace_everywhere` and `written_files`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from dslm.curation.personal.found_in_case import values_in
from dslm.curation.personal.found_values import Identity
from dslm.curation.personal.known_values.known_values import KnownValues, Values
from dslm.curation.personal.known_values.word_index import WordIndex
from dslm.curation.sources import ROWS, STOP, Engine, Reads, Tally, noticed, stopped
from dslm.errors import InputError

if TYPE_CHECKING:
    import pyarrow as pa

KNOWN = "known.arrow"
ROWS_A_PART = 50_000  # fewer are done here: a worker takes seconds to start
NO_GROUP = -1
Numbers = npt.NDArray[np.int64]


def mapped_table(path: Path) -> pa.Table:
    """A table that lies in a file, which is mapped and not loaded."""
    import pyarrow as pa

    return pa.ipc.open_file(pa.memory_map(str(path))).read_all()


def group_numbers(table: pa.Table) -> Numbers:
    """The group of each row, `NO_GROUP` for none, shape (rows,)."""
    return np.asarray(table.column("group_number").fill_null(NO_GROUP), dtype=np.int64)


def _index_in(path: Path) -> WordIndex:
    table = mapped_table(path)
    columns = [table.column(name).to_pylist() for name in ("key", *Identity._fields)]
    return WordIndex({key: Identity(*value) for key, *value in zip(*columns, strict=True)})


@dataclass(frozen=True)
class GroupValues:
    """The values of groups, from the table of all rows as they were read.

    Attributes:
        held: The file with the table.
        known: The file with what means a value in every case.
    """

    held: Path
    known: Path

    @classmethod
    def written(cls, known: KnownValues, held: Path, work: Path) -> GroupValues:
        """Of the rows of a table, with what means a value in every case in a file in `work`."""
        import pyarrow as pa

        keys, values = list(known.index.known), list(known.index.known.values())
        fields = zip(Identity._fields, zip(*values, strict=True), strict=True)
        text = pa.large_string()
        named = [("key", keys), *(fields if values else ((f, []) for f in Identity._fields))]
        table = pa.table({name: pa.array(column, text) for name, column in named})
        with pa.OSFile(str(work / KNOWN), "wb") as sink, pa.ipc.new_file(sink, table.schema) as to:
            to.write_table(table)
        return cls(held, work / KNOWN)

    @cached_property
    def _index(self) -> WordIndex:
        return _index_in(self.known)

    @cached_property
    def _table(self) -> pa.Table:
        return mapped_table(self.held).select(["personal", "group_number"])

    @cached_property
    def _sorted(self) -> tuple[Numbers, Numbers]:
        """Groups in their order, and the row of each."""
        groups = group_numbers(self._table)
        order = np.argsort(groups, kind="stable")
        return groups[order], order

    def between(self, first: int, last: int) -> KnownValues:
        """What is known in the cases of the groups from one number to another."""
        import pyarrow as pa

        groups, order = self._sorted
        ends = np.searchsorted(groups, first, "left"), np.searchsorted(groups, last, "right")
        rows = pa.array(order[slice(*ends)])
        texts = self._table.column("personal").take(rows).to_pylist()
        found: dict[int, set[tuple[Identity, str]]] = defaultdict(set)
        for group, text in zip(groups[slice(*ends)].tolist(), texts, strict=True):
            if text and group != NO_GROUP:
                found[group].update(values_in(text))
        values: dict[int, Values] = {group: frozenset(held) for group, held in found.items()}
        return KnownValues(self._index, values)


def part_of(table: pa.Table, number: int, size: int) -> tuple[Numbers, Numbers]:
    """The rows of one part of a table, sorted by their groups, and the group of each.

    A group is in one part: that in which its first row would be. Rows without one are parted.
    """
    groups = group_numbers(table)
    rows = np.argsort(groups, kind="stable")
    ordered = groups[rows]
    ends = [_beginning(ordered, place) for place in (number * size, (number + 1) * size)]
    return rows[slice(*ends)], ordered[slice(*ends)]


def _beginning(groups: Numbers, place: int) -> int:
    """The first place from one on at which a group begins."""
    if place == 0 or place >= len(groups) or groups[place] == NO_GROUP:
        return min(place, len(groups))
    if groups[place - 1] != groups[place]:
        return place
    return int(np.searchsorted(groups, groups[place], "right"))


def whole_groups(groups: Numbers, most: int) -> Iterator[tuple[int, int]]:
    """From which place to before which rows are taken together: groups of at most so many whole."""
    first = 0
    while first < len(groups):
        last = min(first + most, len(groups))
        if last < len(groups) and groups[last] == groups[last - 1] != NO_GROUP:
            begins = int(np.searchsorted(groups, groups[last], "left"))
            last = begins if begins > first else last
        yield first, last
        first = last


def all_rows(
    part: Reads, rows: int, size: int, schema: pa.Schema, engine: Engine
) -> list[dict[str, Any]]:
    """What all parts of some rows give; from processes of this machine, where the files are.

    Args:
        part: What is done with each part.
        rows: How many rows there are.
        size: Of a part.
        schema: The columns of what it gives, `piece` among them.
        engine: Whose processes are used.

    Raises:
        InputError: A part could not be done, or not all of it came.
    """
    import pyarrow as pa

    parts = -(-rows // size)
    if parts <= 1:
        return part.rows(0) if parts else []
    sent = [*schema, pa.field(STOP, pa.large_string()), pa.field(ROWS, pa.int64())]
    frame = replace(engine, kind="local").read(part, parts, pa.schema(sent))
    made: list[dict[str, Any]] = []
    tally = Tally(parts)
    with noticed() as interruption:
        for batch in frame.to_arrow_iter():
            if told := batch.column(STOP).drop_null().to_pylist():
                raise stopped(told[0])
            made += tally.add(batch).to_pylist()
    if interruption.seen:
        raise KeyboardInterrupt
    if not tally.whole:
        raise InputError("only part of the rows was looked through for personal data",
                         fix="run it again")  # fmt: skip
    return made
