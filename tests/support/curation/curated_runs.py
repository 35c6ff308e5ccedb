"""Curation in tests: whole runs with what they wrote, and sources read in this process alone."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from dslm.cases import read_records
from dslm.contract import Contract
from dslm.curation.books.ledger_entries import rejects_of
from dslm.curation.case_rows import CaseRows
from dslm.curation.filters.too_long import Limit
from dslm.curation.ledger import Ledger, Reject
from dslm.curation.near_duplicate_search.minhash_signatures import Marks
from dslm.curation.near_duplicate_search.prefix_suffix_keys import END_COLUMNS
from dslm.curation.near_duplicate_search.text_similarity import HASHES
from dslm.curation.pipeline import curate
from dslm.curation.sources.daft_engine import Engine
from dslm.curation.sources.source_chunks import chunks_of, files_of
from dslm.curation.sources.source_table import RowReader, Rows, refuse_empty, row_schema
from dslm.curation.sources.unique_ids import with_unique_ids
from dslm.curation.splits import SPLITS
from dslm.records import Case


@dataclass(frozen=True)
class Whole:
    """What a whole curation came to."""

    ledger: Ledger
    inputs: dict[str, str]
    parts: dict[str, list[Case]]
    rejects: list[Reject]

    @property
    def kept(self) -> list[Case]:
        return [case for part in self.parts.values() for case in part]


def curated(
    contract: Contract, folder: Path, gold: Sequence[Case], out: Path | None = None,
    engine: Engine | None = None, review: Path | None = None, limit: Limit | None = None,
) -> Whole:  # fmt: skip
    out = out or Path(tempfile.mkdtemp(dir=folder, prefix=".out"))
    done = curate(contract, folder, gold, out, engine or Engine(workers=1), review, limit)
    return Whole(
        ledger=done.ledger,
        inputs=done.inputs,
        parts={name: read_records(out / f"{name}.jsonl", Case) for name in SPLITS},
        rejects=read_records(out / "rejects.jsonl", Reject),
    )


@dataclass(frozen=True)
class Reading:
    """All cases of some sources by id, the broken rows, and how many rows each source had."""

    cases: list[Case]
    rejects: list[Reject]
    read: dict[str, int]


def read(contract: Contract, folder: Path) -> Reading:
    """Sources read without Daft: many times faster for a few rows."""
    files = files_of(contract.data.sources, folder)
    pieces = chunks_of(files)
    reader = RowReader(contract, pieces, CaseRows(contract))
    found = [row for number in range(len(pieces)) for row in reader.rows(number)]
    refuse_empty(files, {row["file"] for row in found}, folder)
    table = pa.Table.from_pylist(found, schema=row_schema())
    hashes = np.zeros((len(found), HASHES), dtype=np.uint32)
    marks = Marks(hashes, np.zeros((len(found), END_COLUMNS), dtype=np.uint64))
    rows = Rows(table, marks, tuple(file.name for file in files), folder)
    rejects = rejects_of(rows, contract, folder)
    named, order = with_unique_ids(rows)
    cases = [
        Case.model_validate_json(named.column("record")[row].as_py()).model_copy(
            update={"id": named.column("id")[row].as_py()}
        )
        for row in order.tolist()
    ]
    names = [rows.sources[row["file"]] for row in found]
    return Reading(cases, rejects, {name: names.count(name) for name in sorted(set(names))})
