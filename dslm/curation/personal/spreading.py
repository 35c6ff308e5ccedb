"""What was found in one case is replaced in every case, even where it could not be told there.

"Call Anna Weber on 4930123" names nobody and no telephone by itself; it does once another case
gave both. In the cases of its group a value is looked for in every spelling. Takes the table of all
rows, gives one without any value that was found. Called by `cleaning`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dslm.cases import as_line
from dslm.curation.engine import ROWS, STOP, Engine, Tally, stopped
from dslm.curation.interrupting import noticed
from dslm.curation.personal.finding import Finding
from dslm.curation.personal.found import Found
from dslm.curation.personal.given import outside
from dslm.curation.personal.known_values import KnownValues, Values, close_index_of
from dslm.curation.personal.replacing import Replaced, Replacer, longest
from dslm.curation.personal.written import words_of_line
from dslm.curation.reading import TABLE, Rows
from dslm.errors import InputError
from dslm.records import Case

if TYPE_CHECKING:
    import pyarrow as pa

SPREAD = "spread.arrow"
ROWS_A_PART = 50_000  # fewer are done here: a worker takes seconds to start
PLACE = "place"  # of a row in the table
COLUMNS = ("record", "personal", "reason", "of", "fault")
NONE: Values = frozenset()


@dataclass(frozen=True)
class Part:
    """Replaces in some rows of the table, wherever it is asked to.

    Attributes:
        table: The file with all rows.
        size: How many rows a part has.
        replacer: What replaces.
        known: All values.
    """

    table: Path
    size: int
    replacer: Replacer
    known: KnownValues

    def rows(self, number: int) -> list[dict[str, Any]]:
        """The rows of a part that change, by their place in the table."""
        import pyarrow as pa

        first = number * self.size
        table = pa.ipc.open_file(pa.memory_map(str(self.table))).read_all()
        seen = table.select([*COLUMNS, "group_number"]).slice(first, self.size)
        changed = []
        for batch in seen.to_batches():
            for place, row in enumerate(batch.to_pylist(), start=first):
                if (made := _row(row, self.replacer, self.known)) is not row:
                    made.pop("group_number")
                    changed.append({"piece": number, PLACE: place, **made})
            first += len(batch)
        return changed


def spread(rows: Rows, replacer: Replacer, known: KnownValues, work: Path, engine: Engine) -> Rows:
    """The rows with every known value replaced, in a file in `work`, where their table lies."""
    if not known:
        return rows
    parts = -(-len(rows.table) // ROWS_A_PART)
    part = Part(work / TABLE, ROWS_A_PART, replacer, known)
    changed = part.rows(0) if parts <= 1 else _from_workers(part, parts, rows.table.schema, engine)
    return replace(rows, table=_with(rows.table, changed, work / SPREAD))


def _from_workers(
    part: Part, parts: int, schema: pa.Schema, engine: Engine
) -> list[dict[str, Any]]:
    """All rows that change, from processes of this machine, where the table is.

    Raises:
        InputError: A part could not be done, or not all of it came.
    """
    import pyarrow as pa

    kept = [schema.field(name) for name in ("piece", *COLUMNS, STOP, ROWS)]
    sent = replace(engine, kind="local").read(
        part, parts, pa.schema([*kept, pa.field(PLACE, pa.int64())])
    )
    changed: list[dict[str, Any]] = []
    tally = Tally(parts)
    with noticed() as interruption:
        for batch in sent.to_arrow_iter():
            if told := batch.column(STOP).drop_null().to_pylist():
                raise stopped(told[0])
            changed += tally.add(batch).to_pylist()
    if interruption.seen:
        raise KeyboardInterrupt
    if not tally.whole:
        raise InputError(
            "only part of the rows came back without personal data", fix="run it again"
        )
    return changed


def _with(table: pa.Table, changed: list[dict[str, Any]], path: Path) -> pa.Table:
    """The table with some rows changed, in a file."""
    import pyarrow as pa

    by_place = sorted(changed, key=lambda row: row[PLACE], reverse=True)
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as file:
        first = 0
        for batch in table.to_batches():
            here = []
            while by_place and by_place[-1][PLACE] < first + len(batch):
                here.append(by_place.pop())
            file.write_batch(_changed(batch, {row[PLACE] - first: row for row in here}))
            first += len(batch)
    return pa.ipc.open_file(pa.memory_map(str(path))).read_all()


def _changed(batch: pa.RecordBatch, rows: Mapping[int, Mapping[str, Any]]) -> pa.RecordBatch:
    import pyarrow as pa

    for name in COLUMNS if rows else ():
        place = batch.schema.get_field_index(name)
        values = batch.column(name).to_pylist()
        for n, row in rows.items():
            values[n] = row[name]
        made = pa.array(values, batch.schema.field(name).type)
        batch = batch.set_column(place, batch.schema.field(name), made)
    return batch


def _row(row: dict[str, Any], replacer: Replacer, known: KnownValues) -> dict[str, Any]:
    if row["record"] is None:
        return row | {"fault": replacer.text(row["fault"], known.anywhere)}
    if not known.may_be_in(words_of_line(row["record"]), row["group_number"]):
        return row
    before = Found.from_json(row["personal"]) if row["personal"] else Found()
    case = Case.from_own_json(row["record"])
    near = known.of_group(row["group_number"], before)
    # What the case itself holds was looked for when it was read
    more = near if len(near) > len(before.values) else NONE
    after = _without(case, replacer, known, more, before)
    if not after.found.counts:
        return row
    found = before + after.found
    if not (now := known.of_group(row["group_number"], found)) <= near:
        again = _without(after.case, replacer, known, now, found)
        after, found = replace(again, reason=after.reason or again.reason), found + again.found
    changed: dict[str, Any] = {"record": as_line(after.case), "personal": found.to_json()}
    if row["reason"] is None:
        changed |= {"reason": after.reason}
    return row | changed


def _without(
    case: Case, replacer: Replacer, known: KnownValues, near: Values, before: Found
) -> Replaced:
    """A case without any known value; those `near` in every spelling; `before` is what it held."""
    close = close_index_of(near)

    def look(text: str) -> list[Finding]:
        found = [*close.findings(text), *known.anywhere(text)] if near else known.anywhere(text)
        return longest(outside(found, text, before.given))

    return replacer.without(case, look(case.input), look)
