"""Which parts of personal values many groups share, counted over all rows of the sources.

Takes the contract and its folder; reads target and meta of each row, unchecked, before anything is
replaced, so that every worker replaces alike. Called by `pipeline`; `gold_with_surrogates` counts
over gold.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dslm.contract.cases.identifiers import NoName, group_key
from dslm.contract.model.contract_model import Contract
from dslm.curation.personal.detectors.declared_fields import DeclaredFields
from dslm.curation.personal.known_values.rows_by_group import all_rows
from dslm.curation.personal.known_values.shared_parts import PartCount, SharedParts, sharing_kinds
from dslm.curation.sources import Engine, SourceChunk, chunks_of, files_of, labels_of
from dslm.records import Case

Labels = tuple[dict[str, Any], dict[str, Any]]  # target and meta


@dataclass(frozen=True)
class PartReader:
    """Counts in pieces of the sources.

    Attributes:
        contract: Says which fields hold what, and what names a group.
        pieces: Of its sources.
    """

    contract: Contract
    pieces: Sequence[SourceChunk]

    def rows(self, number: int) -> list[dict[str, Any]]:
        """What was counted in one piece."""
        count = counted(self.contract, _labels(self.pieces[number], self.contract.fields))
        return [{"piece": number, "counted": line} for line in count.lines()]


def _labels(piece: SourceChunk, fields: Collection[str]) -> Iterator[Labels]:
    for file in piece.files:
        for row in file.kind.rows(file.path, piece.part, file.source.encoding):
            if row.value is not None:
                columns, textual = file.source.columns, file.kind.textual
                yield labels_of(row.value, columns, fields, textual=textual)


def counted(contract: Contract, labels: Iterable[Labels]) -> PartCount:
    """In how many groups the parts of some cases' values stand; a case without one counts none."""
    count, by = PartCount(), contract.data.group_by
    labelled = DeclaredFields(contract.data.personal, sharing_kinds(contract.data.personal))
    for target, meta in labels:
        if by is None:
            break
        try:
            group = group_key(meta.get(by))
        except NoName:
            continue  # a reject too
        if group:
            case = Case.model_construct(id="", input="", target=target, meta=meta)
            for place, identity, _ in labelled.placed(case):
                count.add(place, identity, group)
    return count


def shared_parts(contract: Contract, folder: Path, engine: Engine) -> SharedParts:
    """What stays of personal values; nothing where the contract has no such field, or no groups.

    Args:
        contract: The workflow's contract.
        folder: The folder it lies in.
        engine: Whose processes read.

    Raises:
        InputError: A source is missing, of an unknown kind, or cannot be read.
    """
    if not (contract.data.group_by and sharing_kinds(contract.data.personal)):
        return SharedParts()
    import pyarrow as pa

    engine.start()  # first: Daft's runner is chosen once
    pieces = chunks_of(files_of(contract.data.sources, folder))
    schema = pa.schema([("piece", pa.int64()), ("counted", pa.large_string())])
    rows = all_rows(PartReader(contract, pieces), len(pieces), 1, schema, engine)
    count = PartCount()
    count.add_lines(row["counted"] for row in rows)
    return count.shared()
