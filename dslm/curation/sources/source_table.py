"""Sources → one table on disk: every row read, checked by itself, and signed.

Takes the contract, its folder and gold; has Daft read the pieces of the sources side by
side, on this machine or on a Ray cluster. What can be said of a case without its neighbours is said
here. The table is written as it comes, and is mapped rather than loaded afterwards, so memory does
not grow with the number of cases. Called by `pipeline`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dslm.cases import as_line
from dslm.contract.cases.identifiers import NoName, group_key
from dslm.contract.model.contract_model import Contract
from dslm.curation.case_table import case_fields, columns_of, number_of
from dslm.curation.filters import Block, apply_filters, rule_breaks
from dslm.curation.labels import ReviewDecisions
from dslm.curation.ledger import Drop
from dslm.curation.near_duplicate_search import (
    END_COLUMNS,
    HASHES,
    Marks,
    as_signatures,
    prefix_suffix_keys,
    signature,
    spaced,
)
from dslm.curation.personal.found_in_case import CaseFindings
from dslm.curation.personal.json_texts import words_but
from dslm.curation.personal.replacement.original_case import OriginalCase
from dslm.curation.personal.replacement.replace_in_case import Replaced, Replacer
from dslm.curation.sources.daft_engine import ROWS, STOP, Engine, Tally, noticed, stopped
from dslm.curation.sources.mapping.row_mapping import Misfit, labels_of, to_case
from dslm.curation.sources.source_chunks import SourceChunk, SourceFile, chunks_of, files_of
from dslm.errors import InputError
from dslm.progress_line import Progress
from dslm.records import Case

if TYPE_CHECKING:
    import pyarrow as pa

# Columns that are on their way only: the folded input, for its signature; on the first row of each
# piece how many of its cases hold each word, as JSON.
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


NO_VERDICTS = ReviewDecisions()


class RowReader:
    """Reads pieces; made once in every worker.

    Blocks and the columns for comparing see a case as it came, so that leaks from gold are found;
    its record, which is all that is ever written, is made afterwards by the replacer.
    """

    def __init__(
        self, contract: Contract, pieces: Sequence[SourceChunk], blocks: Sequence[Block],
        verdicts: ReviewDecisions = NO_VERDICTS, replacer: Replacer | None = None,
    ):  # fmt: skip
        self.contract, self.pieces, self.blocks = contract, pieces, blocks
        self.verdicts, self.replacer = verdicts, replacer
        self._rules_asked = any(isinstance(b, partial) and b.func is rule_breaks for b in blocks)

    def rows(self, number: int) -> list[dict[str, Any]]:
        """All rows of one piece, by the columns of the table."""
        piece = self.pieces[number]
        found: dict[tuple[int, int], tuple[Case, bool, Case]] = {}
        faults: dict[tuple[int, int], dict[str, Any]] = {}
        sources: dict[int, int] = {}
        for file in piece.files:
            sources[file.number] = self.contract.data.sources.index(file.source)
            for row in file.kind.rows(file.path, piece.part, file.source.encoding):
                try:
                    if row.value is None:
                        raise Misfit(row.fault or "no row")
                    columns, textual = file.source.columns, file.kind.textual
                    case, own = to_case(self.contract, row.value, columns, textual=textual)
                    if self.replacer and not own:
                        case = self.replacer.named(case)
                    fixed = self.verdicts.applied(self.contract, case)
                    found[file.number, row.line] = fixed, own, case
                except Misfit as misfit:
                    faults[file.number, row.line] = self._fault_row(misfit.what, row.value, file)
        _, drops = apply_filters([case for case, _, _ in found.values()], self.blocks)
        said = {drop.id: drop for drop in drops}
        lines: list[dict[str, Any]] = [
            {"file": file, "line": line, "own_id": own, "fixed": case.id in self.verdicts.fixes}
            | self._case_row(case, said.get(case.id), came)
            for (file, line), (case, own, came) in found.items()
        ]
        if self.replacer and lines:
            counts = Counter(chain.from_iterable(line.pop(WORDS) for line in lines))
            lines[0][WORDS] = json.dumps(counts)
        lines += [{"file": file, "line": line} | fault for (file, line), fault in faults.items()]
        return [{"piece": number, "source": sources[line["file"]]} | line for line in lines]

    def _case_row(self, case: Case, drop: Drop | None, came: Case) -> dict[str, Any]:
        """What the table holds of a case; a block's reason to drop it comes before ours.

        Where no block has one, its target breaks the rules that it says it does.
        """
        broken = case.meta.get("breaks", []) if self._rules_asked and drop is None else None
        done = (
            self.replacer.case(case, came, broken)
            if self.replacer
            else Replaced(case, CaseFindings())
        )
        columns, record = columns_of(case, self.contract), as_line(done.case)
        return columns | {
            SPACED: spaced(columns["folded"]),
            WORDS: words_but(record, done.found.given) if self.replacer else None,
            "record": record,
            "reason": drop.reason if drop else done.reason,
            "of": drop.of if drop else None,
            "personal": done.found.to_json() if done.found else None,
            "came": self._came(case, came, broken) if done.found.values else None,
        }

    def _came(self, case: Case, came: Case, broken: Collection[str] | None) -> str | None:
        """What replacing anew asks for, where its group may ask for other surrogates."""
        if not (self.replacer and self.replacer.tells_groups_apart):
            return None
        return OriginalCase(case, None if came is case else came, broken).to_json()

    def _fault_row(self, fault: str, row: Any, file: SourceFile) -> dict[str, Any]:
        """What the table holds of a row that is no case; whom it names is looked for elsewhere."""
        if self.replacer is None:
            return {"fault": fault}
        told: dict[str, Any] = {"fault": self.replacer.fault(fault, row)}
        if row is not None:
            columns, textual = file.source.columns, file.kind.textual
            labels = labels_of(row, columns, self.contract.fields, textual=textual)
            held = self.replacer.held_by(*labels)
            if held is not None:
                told["personal"] = held.to_json()
                told["group_number"] = self._group_of(labels[1])
        return told

    def _group_of(self, meta: Mapping[str, Any]) -> int | None:
        by = self.contract.data.group_by
        try:
            key = group_key(meta.get(by)) if by else ""
        except NoName:
            return None
        return number_of(key) if key else None


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
    contract: Contract, folder: Path, blocks: Sequence[Block], engine: Engine, work: Path,
    verdicts: ReviewDecisions = NO_VERDICTS, replacer: Replacer | None = None,
) -> Rows:  # fmt: skip
    """Every row of the contract's sources, in files in `work`.

    Args:
        contract: The workflow's contract.
        folder: The folder that the contract lies in.
        blocks: What is asked of each case by itself.
        engine: What reads.
        work: A folder for the table and the signatures.
        verdicts: What people said of single cases.
        replacer: What replaces personal data; None where the contract looks for none.

    Raises:
        InputError: A source is missing, empty or of an unknown kind.
    """
    files = files_of(contract.data.sources, folder)
    reader = RowReader(contract, chunks_of(files), blocks, verdicts, replacer)
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
    rows = engine.read(reader, len(reader.pieces), sent)
    signed = rows.with_column("signature", signature(daft.col(SPACED).fill_null("")))
    signed = signed.exclude(SPACED)
    seen: set[int] = set()
    tally = Tally(len(reader.pieces))
    with (
        pa.OSFile(str(work / TABLE), "wb") as sink,
        pa.ipc.new_file(sink, schema) as table,
        (work / SIGNED).open("wb") as hashes,
        (work / ENDS).open("wb") as ends,
        (work / COUNTS).open("w", encoding="utf-8") as counts,
        noticed() as interruption,
        Progress("curate", len(reader.pieces), "parts") as bar,
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
