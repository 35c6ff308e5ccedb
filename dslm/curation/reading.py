"""Sources → one table on disk: every row read, checked by itself, and signed.

Takes the contract, its folder and gold; cuts the files into parts and has Daft read them side by
side, on this machine or on a Ray cluster. What can be said of a case without its neighbours is said
here. The table is written as it comes, and is mapped rather than loaded afterwards, so memory does
not grow with the number of cases. Called by `pipeline`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dslm.cases import as_line
from dslm.contract.model import Contract, Source
from dslm.curation.blocks import Block, sift
from dslm.curation.case_table import case_fields, columns_of
from dslm.curation.engine import Engine
from dslm.curation.formats import Part, format_of
from dslm.curation.ledger import Drop
from dslm.curation.mapping import Misfit, to_case
from dslm.curation.personal.found import Found
from dslm.curation.personal.replacing import Replaced, Replacer
from dslm.curation.signatures import Signatures, as_signatures, signature
from dslm.curation.similarity import HASHES
from dslm.errors import InputError
from dslm.progress import Progress
from dslm.records import Case

if TYPE_CHECKING:
    import pyarrow as pa

TABLE, SIGNED = "rows.arrow", "signatures.u32"


@dataclass(frozen=True)
class Piece:
    """One part of one source file; `name` is relative to the contract's folder."""

    path: Path
    name: str
    source: Source
    part: Part | None


def source_files(contract: Contract, folder: Path) -> dict[Path, Source]:
    """The files that the contract's sources name, sorted.

    Raises:
        InputError: A path that matches nothing, or a file that two sources match.
    """
    files: dict[Path, Source] = {}
    for source in contract.data.sources:
        if Path(source.path).is_absolute():
            raise InputError("an absolute source path", where=source.path,
                             fix="write it relative to the contract's folder")  # fmt: skip
        matched = [path for path in folder.glob(source.path) if not path.is_dir()]
        if not matched:
            raise InputError("no such source file", where=folder / source.path,
                             fix="mend data.sources in the contract")  # fmt: skip
        for path in matched:
            if path in files:
                raise InputError(f"two sources match this file: {files[path].path!r} and "
                                 f"{source.path!r}", where=path)  # fmt: skip
            files[path] = source
    return dict(sorted(files.items()))


def pieces_of(contract: Contract, folder: Path) -> list[Piece]:
    """All parts of all source files, in order.

    Raises:
        InputError: A source is missing or of an unknown kind.
    """
    return [
        Piece(path, path.relative_to(folder).as_posix(), source, part)
        for path, source in source_files(contract, folder).items()
        for part in format_of(path).parts(path)
    ]


def row_schema() -> pa.Schema:
    """The columns of the table of all rows."""
    import pyarrow as pa

    text, number = pa.large_string(), pa.int64()
    return pa.schema([
        pa.field("piece", number),
        pa.field("line", number),
        pa.field("fault", text),   # why the row is no case; the columns below are then null
        pa.field("own_id", pa.bool_()),
        pa.field("record", text),  # the case as one line of JSON, personal data replaced
        *case_fields(),
        pa.field("reason", text),  # why the case is dropped, as far as it shows by itself
        pa.field("of", text),
        pa.field("personal", text),  # the personal data it held, as `personal.found` writes it
    ])  # fmt: skip


class RowReader:
    """Reads pieces; made once in every worker.

    Blocks and the columns for comparing see a case as it came, so that leaks from gold are found;
    its record, which is all that is ever written, is made afterwards by the replacer.
    """

    def __init__(
        self, contract: Contract, pieces: Sequence[Piece], blocks: Sequence[Block],
        replacer: Replacer | None = None,
    ):  # fmt: skip
        self.contract, self.pieces, self.blocks = contract, pieces, blocks
        self.replacer = replacer

    def rows(self, number: int) -> list[dict[str, Any]]:
        """All rows of one piece, by the columns of the table."""
        piece = self.pieces[number]
        kind = format_of(piece.path)
        found: dict[int, tuple[Case, bool]] = {}
        faults: dict[int, str] = {}
        for row in kind.rows(piece.path, piece.part):
            try:
                if row.value is None:
                    raise Misfit(row.fault or "no row")
                columns = piece.source.columns
                found[row.line] = to_case(self.contract, row.value, columns, textual=kind.textual)
            except Misfit as misfit:
                faults[row.line] = misfit.what
        _, drops = sift([case for case, _ in found.values()], self.blocks)
        said = {drop.id: drop for drop in drops}
        lines = [
            {"line": line, "own_id": own} | self._case_row(case, said.get(case.id))
            for line, (case, own) in found.items()
        ]
        lines += [{"line": line, "fault": self._quoted(fault)} for line, fault in faults.items()]
        return [{"piece": number} | line for line in lines]

    def _case_row(self, case: Case, drop: Drop | None) -> dict[str, Any]:
        """What the table holds of a case; a block's reason to drop it comes before ours."""
        done = self.replacer.case(case) if self.replacer else Replaced(case, Found())
        return columns_of(case, self.contract) | {
            "record": as_line(done.case),
            "reason": drop.reason if drop else done.reason,
            "of": drop.of if drop else None,
            "personal": done.found.to_json() if done.found.counts else None,
        }

    def _quoted(self, fault: str) -> str:
        return self.replacer.text(fault) if self.replacer else fault


def refuse_empty(pieces: Sequence[Piece], seen: set[int], folder: Path) -> None:
    """Stop where a source has no row in any of its pieces; `seen` are those with one."""
    empty = sorted({p.name for p in pieces} - {pieces[number].name for number in seen})
    if empty:
        raise InputError("no rows in this source", where=folder / empty[0],
                         fix="add cases, or take it out")  # fmt: skip


@dataclass(frozen=True)
class Rows:
    """Every row of the sources, in no order that could be relied on.

    Attributes:
        table: One row each, mapped from a file.
        hashes: Their signatures, mapped too, shape (rows, hashes); of no meaning for a fault.
        sources: The source's name by the number of a piece.
    """

    table: pa.Table
    hashes: Signatures
    sources: tuple[str, ...]


def read_sources(
    contract: Contract, folder: Path, blocks: Sequence[Block], engine: Engine, work: Path,
    replacer: Replacer | None = None,
) -> Rows:  # fmt: skip
    """Every row of the contract's sources, in files in `work`.

    Args:
        contract: The workflow's contract.
        folder: The folder that the contract lies in.
        blocks: What is asked of each case by itself.
        engine: What reads.
        work: A folder for the table and the signatures.
        replacer: What replaces personal data; None where the contract looks for none.

    Raises:
        InputError: A source is missing, empty or of an unknown kind.
    """
    pieces = pieces_of(contract, folder)
    reader = RowReader(contract, pieces, blocks, replacer)
    seen = _store(engine, reader, work)
    names = tuple(piece.name for piece in pieces)
    refuse_empty(pieces, seen, folder)
    import pyarrow as pa

    table = pa.ipc.open_file(pa.memory_map(str(work / TABLE))).read_all()
    hashes = np.memmap(work / SIGNED, dtype=np.uint32, mode="r").reshape(-1, HASHES)
    return Rows(table, hashes, names)


def _store(engine: Engine, reader: RowReader, work: Path) -> set[int]:
    """Write the rows of all pieces as they come; gives the pieces that had any."""
    daft = engine.start()
    import pyarrow as pa

    schema = row_schema()
    rows = engine.read(reader, len(reader.pieces), schema)
    signed = rows.with_column("signature", signature(daft.col("folded").fill_null("")))
    seen: set[int] = set()
    with (
        pa.OSFile(str(work / TABLE), "wb") as sink,
        pa.ipc.new_file(sink, schema) as table,
        (work / SIGNED).open("wb") as hashes,
        Progress("curate", len(reader.pieces), "parts") as bar,
    ):
        for batch in signed.to_arrow_iter():
            hashes.write(as_signatures(batch.column("signature")).tobytes())
            table.write_batch(batch.drop_columns(["signature"]).cast(schema))
            new = set(batch.column("piece").unique().to_pylist()) - seen
            seen |= new
            bar.advance(len(new))
    return seen
