"""Sources → one table on disk: every row read, handed to one callable, and signed.

Takes the contract, its folder and what the pipeline makes of read rows (`ToColumns`); has Daft
read the chunks of the sources side by side, on this machine or on a Ray cluster. The table is
written as it comes, and is mapped rather than loaded afterwards, so memory does not grow with the
number of cases. Called by `pipeline`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from dslm.contract.model.contract_model import Contract
from dslm.curation.case_table import case_fields
from dslm.curation.near_duplicate_search import (
    END_COLUMNS,
    HASHES,
    Marks,
    as_signatures,
    prefix_suffix_keys,
    signature,
    spaced,
)
from dslm.curation.sources.daft_engine import ROWS, STOP, Engine, Tally, noticed, stopped
from dslm.curation.sources.formats.source_rows import Row
from dslm.curation.sources.mapping.row_mapping import Misfit, to_case
from dslm.curation.sources.source_chunks import SourceChunk, SourceFile, chunks_of, files_of
from dslm.errors import InputError
from dslm.progress_line import Progress
from dslm.records import Case

if TYPE_CHECKING:
    import pyarrow as pa

# Columns that are on their way only: the folded input, for its signature; on the first row of each
# chunk how many of its cases hold each word, as JSON.
SPACED, WORDS = "spaced", "words"
TABLE, SIGNED, ENDS, COUNTS = "rows.arrow", "signatures.u32", "ends.u64", "words.jsonl"


def row_schema() -> pa.Schema:
    """The columns of the table of all rows."""
    import pyarrow as pa

    text, number = pa.large_string(), pa.int64()
    return pa.schema([
        pa.field("piece", number),
        pa.field("file", number),
        pa.field("source", number),  # the entry of data.sources
        pa.field("line", number),
        pa.field("fault", text),   # why the row is no case; the columns below are then null
        pa.field("own_id", pa.bool_()),
        pa.field("fixed", pa.bool_()),  # whether a person replaced a value of the target
        pa.field("record", text),  # the case as one line of JSON, personal data replaced
        *case_fields(),
        pa.field("reason", text),  # why the case is dropped, as far as it shows by itself
        pa.field("of", text),
        pa.field(STOP, text),      # why the piece could not be read at all
        pa.field(ROWS, number),    # of a piece, in a row of its own that is not kept
        pa.field("personal", text),  # the personal data it held, as `personal.found` writes it
        pa.field("came", text),  # the case as it came, where its values may be told apart anew
    ])  # fmt: skip


@dataclass(frozen=True)
class ReadCase:
    """A row that is a case, as it came; whether its id is its own or made of its content."""

    file: SourceFile
    line: int
    case: Case
    own_id: bool


@dataclass(frozen=True)
class FaultyRow:
    """A row that is no case, and why; `value` is its object, None where it has none."""

    file: SourceFile
    line: int
    fault: str
    value: Any


class ToColumns(Protocol):
    """What is made of the rows of a chunk before they go into the table; sent to every worker."""

    def __call__(
        self, read: Sequence[ReadCase], faults: Sequence[FaultyRow]
    ) -> list[dict[str, Any]]:
        """The table's columns of each case, then of each fault, in their order."""
        ...


class RowReader:
    """Reads chunks; made once in every worker."""

    def __init__(
        self, contract: Contract, chunks: Sequence[SourceChunk], to_columns: ToColumns
    ):  # fmt: skip
        self.contract, self.chunks, self.to_columns = contract, chunks, to_columns

    def rows(self, number: int) -> list[dict[str, Any]]:
        """All rows of one chunk, by the columns of the table."""
        cases: list[ReadCase] = []
        faults: list[FaultyRow] = []
        sources: dict[int, int] = {}
        chunk = self.chunks[number]
        for file in chunk.files:
            sources[file.number] = self.contract.data.sources.index(file.source)
            for row in file.kind.rows(file.path, chunk.part, file.source.encoding):
                try:
                    cases.append(self._case(row, file))
                except Misfit as misfit:
                    faults.append(FaultyRow(file, row.line, misfit.what, row.value))
        found = self.to_columns(cases, faults)
        for columns, case in zip(found, cases, strict=False):
            columns |= {"own_id": case.own_id, SPACED: spaced(columns["folded"])}
        read: list[ReadCase | FaultyRow] = [*cases, *faults]
        return [
            {"piece": number, "source": sources[one.file.number], "file": one.file.number,
             "line": one.line} | columns
            for one, columns in zip(read, found, strict=True)
        ]  # fmt: skip

    def _case(self, row: Row, file: SourceFile) -> ReadCase:
        if row.value is None:
            raise Misfit(row.fault or "no row")
        columns, textual = file.source.columns, file.kind.textual
        case, own = to_case(self.contract, row.value, columns, textual=textual)
        return ReadCase(file, row.line, case, own)


def refuse_empty(files: Sequence[SourceFile], seen: set[int], folder: Path) -> None:
    """Stop where a source has no row; `seen` are the numbers of the files with one."""
    empty = [file.name for file in files if file.number not in seen and not file.kind.labels]
    if empty:
        raise InputError("no rows in this source", where=folder / empty[0],
                         fix="add cases, or take it out")  # fmt: skip


@dataclass(frozen=True)
class Rows:
    """Every row of the sources, in no order that could be relied on.

    Attributes:
        table: One row each, mapped from a file.
        marks: By what similar ones find each other, mapped too; of no meaning for a fault.
        sources: The names of the files by their numbers.
        counts: The file with in how many cases of each piece each word stands, but for what was
            given there for a value.
    """

    table: pa.Table
    marks: Marks
    sources: tuple[str, ...]
    counts: Path

    def word_counts(self) -> Iterator[dict[str, int]]:
        """What `counts` holds, piece by piece."""
        with self.counts.open(encoding="utf-8") as lines:
            yield from map(json.loads, lines)


def read_sources(
    contract: Contract, folder: Path, to_columns: ToColumns, engine: Engine, work: Path
) -> Rows:
    """Every row of the contract's sources, in files in `work`.

    Args:
        contract: The workflow's contract.
        folder: The folder that the contract lies in.
        to_columns: What is made of read rows before they go into the table.
        engine: What reads.
        work: A folder for the table and the signatures.

    Raises:
        InputError: A source is missing, empty or of an unknown kind.
    """
    files = files_of(contract.data.sources, folder)
    reader = RowReader(contract, chunks_of(files), to_columns)
    seen = _store(engine, reader, work, contract.data.near_duplicate)
    refuse_empty(files, seen, folder)
    import pyarrow as pa

    table = pa.ipc.open_file(pa.memory_map(str(work / TABLE))).read_all()
    marks = Marks(
        hashes=np.memmap(work / SIGNED, dtype=np.uint32, mode="r").reshape(-1, HASHES),
        ends=np.memmap(work / ENDS, dtype=np.uint64, mode="r").reshape(-1, END_COLUMNS),
    )
    return Rows(table, marks, tuple(file.name for file in files), work / COUNTS)


def _store(engine: Engine, reader: RowReader, work: Path, threshold: float) -> set[int]:
    """Write the rows of all pieces as they come; gives the files that had any.

    Raises:
        InputError: A piece could not be read, or not all rows came.
    """
    daft = engine.start()
    import pyarrow as pa

    schema = row_schema()
    on_their_way = [pa.field(name, pa.large_string()) for name in (SPACED, WORDS)]
    sent = pa.schema([*schema, *on_their_way])
    rows = engine.read(reader, len(reader.chunks), sent)
    signed = rows.with_column("signature", signature(daft.col(SPACED).fill_null("")))
    signed = signed.exclude(SPACED)
    seen: set[int] = set()
    tally = Tally(len(reader.chunks))
    with (
        pa.OSFile(str(work / TABLE), "wb") as sink,
        pa.ipc.new_file(sink, schema) as table,
        (work / SIGNED).open("wb") as hashes,
        (work / ENDS).open("wb") as ends,
        (work / COUNTS).open("w", encoding="utf-8") as counts,
        noticed() as interruption,
        Progress("curate", len(reader.chunks), "parts") as bar,
    ):
        for batch in signed.to_arrow_iter():
            if told := batch.column(STOP).drop_null().to_pylist():
                raise stopped(told[0])
            before = len(tally.told)
            batch = tally.add(batch)
            bar.advance(len(tally.told) - before)
            hashes.write(as_signatures(batch.column("signature")).tobytes())
            folded = batch.column("folded").fill_null("").to_pylist()
            ends.write(prefix_suffix_keys(folded, threshold).tobytes())
            counts.writelines(f"{line}\n" for line in batch.column(WORDS).drop_null().to_pylist())
            table.write_batch(batch.drop_columns(["signature", WORDS]).cast(schema))
            seen |= set(batch.column("file").unique().to_pylist())
        if interruption.seen:
            raise KeyboardInterrupt
        if not tally.whole:
            raise InputError(f"only part of the rows came: {len(tally.told)} of {tally.pieces} "
                             "pieces of the sources", fix="run it again")  # fmt: skip
    return seen
