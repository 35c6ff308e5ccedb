"""What was found in one case is replaced in every case, even where it could not be told there.

"Call Anna Weber on 4930123" names nobody and no telephone by itself; it does once another case
gave both. In the cases of its group a value is looked for in every spelling. Takes the table of all
rows, gives one without any value that was found. Called by `personal_pipeline`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dslm.cases import as_line
from dslm.curation.personal.found_in_case import CaseFindings
from dslm.curation.personal.found_values import FoundValue, longest
from dslm.curation.personal.json_texts import words_of_line
from dslm.curation.personal.known_values import rows_by_group
from dslm.curation.personal.known_values.known_values import KnownValues, Values, group_index_of
from dslm.curation.personal.known_values.rows_by_group import (
    GroupValues,
    all_rows,
    mapped_table,
    part_of,
)
from dslm.curation.personal.replacement.replace_in_case import Replaced, Replacer
from dslm.curation.personal.replacement.replace_in_group import draws_of, replaced_in_group
from dslm.curation.personal.replacement.unchanged_text import outside
from dslm.curation.personal.surrogates.distinct_surrogates import NOT_MOVED, Moved
from dslm.curation.sources import TABLE, Engine, Rows
from dslm.records import Case

if TYPE_CHECKING:
    import pyarrow as pa

SPREAD = "spread.arrow"
PLACE = "place"  # of a row in the table
AT_ONCE = 5_000  # rows that are read together
COLUMNS = ("record", "personal", "reason", "of", "fault")
NONE: Values = frozenset()


@dataclass(frozen=True)
class Part:
    """Replaces in some rows of the table, wherever it is asked to.

    Attributes:
        table: The file with all rows.
        size: How many rows a part has.
        replacer: What replaces.
        values: What is looked for.
    """

    table: Path
    size: int
    replacer: Replacer
    values: GroupValues

    def rows(self, number: int) -> list[dict[str, Any]]:
        """The rows of a part that change, by their place in the table."""
        table = mapped_table(self.table).select([*COLUMNS, "group_number", "came"])
        places, groups = part_of(table, number, self.size)
        if not len(places):
            return []
        known = self.values.between(groups[0].item(), groups[-1].item())
        changed = []
        moved: dict[int, Moved] = {}
        for first, last in rows_by_group.whole_groups(groups, AT_ONCE):
            rows = table.take(places[first:last]).to_pylist()
            for group, some in groupby(rows, key=lambda row: row["group_number"]):
                self._tell_apart(group, list(some), known, moved)
            for place, row in zip(places[first:last].tolist(), rows, strict=True):
                draws = moved.get(row["group_number"], NOT_MOVED)
                if (made := _row(row, self.replacer, known, draws)) is not row:
                    told = {name: made[name] for name in COLUMNS}
                    changed.append({"piece": number, PLACE: place, **told})
        return changed

    def _tell_apart(
        self, group: int | None, rows: list[dict[str, Any]], known: KnownValues,
        moved: dict[int, Moved],
    ) -> None:  # fmt: skip
        """Note which draws the values of a group take, once for each that has any."""
        if group is None or group in moved or not self.replacer.tells_groups_apart:
            return
        if values := known.groups.get(group):
            moved[group] = draws_of(rows, values, self.replacer)


def replace_everywhere(
    rows: Rows, replacer: Replacer, known: KnownValues, work: Path, engine: Engine
) -> Rows:
    """The rows with every known value replaced, in a file in `work`, where their table lies."""
    if not known:
        return rows
    import pyarrow as pa

    size = rows_by_group.ROWS_A_PART
    values = GroupValues.written(known, work / TABLE, work)
    part = Part(work / TABLE, size, replacer, values)
    kept = [rows.table.schema.field(name) for name in ("piece", *COLUMNS)]
    schema = pa.schema([*kept, pa.field(PLACE, pa.int64())])
    changed = all_rows(part, len(rows.table), size, schema, engine)
    return replace(rows, table=_with(rows.table, changed, work / SPREAD))


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
    return mapped_table(path)


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


def _row(
    row: dict[str, Any], replacer: Replacer, known: KnownValues, moved: Moved
) -> dict[str, Any]:
    if row["record"] is None:
        return row | {"fault": replacer.text(row["fault"], known.anywhere)}
    row = replaced_in_group(row, replacer, moved, known.groups.get(row["group_number"], NONE))
    if not known.may_be_in(words_of_line(row["record"]), row["group_number"]):
        return row
    before = CaseFindings.from_json(row["personal"]) if row["personal"] else CaseFindings()
    case = Case.from_own_json(row["record"])
    near = known.of_group(row["group_number"], before)
    # What the case itself holds was looked for when it was read; lines of an address are told by
    # how it is written anywhere
    more = near if len(near) > len(before.values) or _has_address(near) else NONE
    drawn = replacer.substitutes.first_draws(near) | dict(moved)
    after = _without(case, replacer, known, more, before, drawn)
    if not after.found.counts:
        return row
    found = before + after.found
    if not (now := known.of_group(row["group_number"], found)) <= near:
        again = _without(after.case, replacer, known, now, found, drawn)
        after, found = replace(again, reason=after.reason or again.reason), found + again.found
    if before.left:
        found = replace(found, left=replacer.leftovers(after.case, found.given))
    changed: dict[str, Any] = {"record": as_line(after.case), "personal": found.to_json()}
    if row["reason"] is None:
        changed |= {"reason": after.reason}
    return row | changed


def _has_address(values: Values) -> bool:
    return any(identity.kind == "address" for identity, _ in values)


def _without(
    case: Case, replacer: Replacer, known: KnownValues, near: Values, before: CaseFindings,
    drawn: Moved,
) -> Replaced:  # fmt: skip
    """A case without any known value.

    Those `near` in every spelling; `before` is what it held, and `drawn` which draws its group's
    values take.
    """
    close = group_index_of(near)

    def look(text: str) -> list[FoundValue]:
        found = [*close.findings(text), *known.anywhere(text)] if near else known.anywhere(text)
        return longest(outside(found, text, before.given))

    settled = {**drawn, **replacer.substitutes.settled(before)}
    return replacer.without(case, look(case.input), look, settled=settled)
