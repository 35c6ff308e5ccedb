"""One id, one case: own ids must not repeat, made ones are numbered where they do.

Takes the rows that were read, gives them in the order of their ids. Called by `pipeline`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dslm.curation.case_table import Places
from dslm.curation.sources.input_errors import MOST_REPORTED
from dslm.curation.sources.source_table import Rows
from dslm.errors import DslmError, InputError, Problems

if TYPE_CHECKING:
    import pyarrow as pa


def with_unique_ids(rows: Rows) -> tuple[pa.Table, Places]:
    """The table with ids that name one case each, and its cases' rows sorted by id.

    Raises:
        Problems: Own ids that name two rows, with both places.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    table = rows.table
    keys = table.select(["id", "file", "line"])
    sort = [("id", "ascending"), ("file", "ascending"), ("line", "ascending")]
    order = pc.sort_indices(keys, sort).to_numpy().astype(np.int64)
    order = order[: len(table) - keys.column("id").null_count]
    ids = keys.column("id").take(pa.array(order)).combine_chunks()
    same = np.asarray(pc.equal(ids[1:], ids[:-1])) if len(ids) > 1 else np.zeros(0, dtype=bool)
    if not same.any():
        return table, order
    repeated = np.flatnonzero(same) + 1
    _refuse_own(rows, order, repeated)
    given = keys.column("id").to_pylist()
    number = 1
    for place in repeated.tolist():
        first = not same[place - 2] if place > 1 else True
        number = 2 if first else number + 1
        given[order[place].item()] += f"-{number}"
    changed = table.set_column(table.schema.get_field_index("id"), "id",
                               pa.chunked_array([pa.array(given, pa.large_string())]))  # fmt: skip
    resorted = pc.sort_indices(changed.select(["id"]), [("id", "ascending")])
    return changed, resorted.to_numpy().astype(np.int64)[: len(order)]


def _refuse_own(rows: Rows, order: Places, repeated: Places) -> None:
    faults: list[DslmError] = []
    told: set[str] = set()
    for place in repeated.tolist():
        first, second = (_row(rows, order[p].item()) for p in (place - 1, place))
        if (first["own_id"] or second["own_id"]) and first["id"] not in told:
            told.add(first["id"])
            at = f"{rows.sources[first['file']]}:{first['line']}"
            faults.append(InputError(
                f"id {first['id']!r} is also at {at}",
                where=f"{rows.sources[second['file']]}:{second['line']}",
                fix="ids must be unique",
            ))  # fmt: skip
        if len(faults) == MOST_REPORTED:
            break
    if faults:
        raise Problems(faults)


def _row(rows: Rows, row: int) -> dict[str, Any]:
    columns = rows.table.select(["id", "own_id", "file", "line"])
    found: dict[str, Any] = columns.slice(row, 1).to_pylist()[0]
    return found
