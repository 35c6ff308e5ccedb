"""What was found in one case is replaced in every case, even where it could not be told there.

"Call Anna Weber on 4930123" names nobody and no telephone by itself; it does once another case
gave both. Takes the table of all rows, gives one without any value that was found. Called by
`pipeline` before anything is compared or written.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dslm.cases import as_line
from dslm.curation.personal.finding import Finding, Identity
from dslm.curation.personal.found import Found
from dslm.curation.personal.replacing import Replacer, findings_of, known_in
from dslm.curation.personal.spellings import any_spellings
from dslm.curation.personal.word_index import Hit, WordIndex
from dslm.curation.reading import Rows
from dslm.records import Case

if TYPE_CHECKING:
    import pyarrow as pa

SPREAD = "spread.arrow"


def found_in(rows: Rows) -> Iterator[Found]:
    """What the rows held, of those that held something."""
    for part in rows.table.column("personal").chunks:
        yield from (Found.from_json(text) for text in part.drop_null().to_pylist())


def index_of(rows: Rows) -> WordIndex:
    """All values of all rows, in every spelling that means them anywhere."""
    known: dict[str, Identity] = {}
    for found in found_in(rows):
        for identity, text in found.values:
            for key in any_spellings(identity, text):
                known[key] = min(identity, known.get(key, identity))
    return WordIndex(known)


def spread(rows: Rows, replacer: Replacer, index: WordIndex, work: Path) -> Rows:
    """The rows with every value of the index replaced, in a file in `work`."""
    import pyarrow as pa

    if not index.known:
        return rows
    path = work / SPREAD
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, rows.table.schema) as file:
        for batch in rows.table.to_batches():
            file.write_batch(_cleaned(batch, replacer, index))
    return replace(rows, table=pa.ipc.open_file(pa.memory_map(str(path))).read_all())


def _cleaned(batch: pa.RecordBatch, replacer: Replacer, index: WordIndex) -> pa.RecordBatch:
    import pyarrow as pa

    columns = ("record", "personal", "reason", "of", "fault")
    changed = [
        _row(row, replacer, index) for row in batch.select(list(columns)).to_pylist()
    ]  # fmt: skip
    for name in columns:
        place = batch.schema.get_field_index(name)
        values = pa.array([row[name] for row in changed], batch.schema.field(name).type)
        batch = batch.set_column(place, batch.schema.field(name), values)
    return batch


def _row(row: dict[str, Any], replacer: Replacer, index: WordIndex) -> dict[str, Any]:
    if row["record"] is None:
        return row | {"fault": replacer.text(row["fault"], lambda text: known_in(text, index))}
    before = Found.from_json(row["personal"]) if row["personal"] else Found()

    def look(text: str) -> list[Finding]:
        left = outside(index.hits(text), text, before.given)
        return findings_of(text, left, index)

    case = Case.from_own_json(row["record"])
    after = replacer.without(case, look(case.input), look)
    if not after.found.counts:
        return row
    changed: dict[str, Any] = {
        "record": as_line(after.case),
        "personal": (before + after.found).to_json(),
    }
    if row["reason"] is None:
        changed |= {"reason": after.reason}
    return row | changed


def outside(hits: Iterable[Hit], text: str, given: Iterable[str]) -> list[Hit]:
    """The hits that touch nothing which was given in place of a value."""
    left = list(hits)
    if not left:
        return left
    for instead in given:
        at = text.find(instead)
        while at >= 0:
            end = at + len(instead)
            left = [hit for hit in left if hit.end <= at or end <= hit.start]
            at = text.find(instead, at + 1)
    return left
