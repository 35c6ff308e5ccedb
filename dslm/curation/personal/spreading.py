"""What was found in one case is replaced in every case, even where it could not be told there.

"Call Anna Weber on 4930123" names nobody and no telephone by itself; it does once another case
gave both. In the cases of its group a value is looked for in every spelling. Takes the table of all
rows, gives one without any value that was found. Called by `cleaning`.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dslm.cases import as_line
from dslm.curation.personal.finding import Finding
from dslm.curation.personal.found import Found
from dslm.curation.personal.given import outside
from dslm.curation.personal.known_values import KnownValues, Values, close_index_of
from dslm.curation.personal.replacing import Replaced, Replacer, longest
from dslm.curation.personal.written import words_of_line
from dslm.curation.reading import Rows
from dslm.records import Case

if TYPE_CHECKING:
    import pyarrow as pa

SPREAD = "spread.arrow"
NONE: Values = frozenset()


def spread(rows: Rows, replacer: Replacer, known: KnownValues, work: Path) -> Rows:
    """The rows with every known value replaced, in a file in `work`."""
    import pyarrow as pa

    if not known:
        return rows
    path = work / SPREAD
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, rows.table.schema) as file:
        for batch in rows.table.to_batches():
            file.write_batch(_cleaned(batch, replacer, known))
    return replace(rows, table=pa.ipc.open_file(pa.memory_map(str(path))).read_all())


def _cleaned(batch: pa.RecordBatch, replacer: Replacer, known: KnownValues) -> pa.RecordBatch:
    import pyarrow as pa

    columns = ("record", "personal", "reason", "of", "fault")
    seen = batch.select([*columns, "group_number"]).to_pylist()
    changed = [_row(row, replacer, known) for row in seen]
    for name in columns:
        place = batch.schema.get_field_index(name)
        values = pa.array([row[name] for row in changed], batch.schema.field(name).type)
        batch = batch.set_column(place, batch.schema.field(name), values)
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
