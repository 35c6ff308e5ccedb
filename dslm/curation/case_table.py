"""What blocks that compare cases with one another know of them: columns, never objects.

Made by `pipeline` from the table that `source_table` wrote, which stays on disk, or from a few
cases. Places count the cases that are left, in the order of their ids.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from dslm.contract.answers.field_equality import sameness
from dslm.contract.cases.case_groups import folded, group_of
from dslm.contract.model.contract_model import Contract
from dslm.curation.ledger import Drop
from dslm.curation.masked_text import masked_text
from dslm.curation.near_duplicate_search import Marks, Texts
from dslm.curation.splits import split_of
from dslm.provenance import canonical_json
from dslm.records import Case

if TYPE_CHECKING:
    import pyarrow as pa

Places = npt.NDArray[np.int64]
AT_ONCE = 10_000  # values of a column that are read together


def number_of(text: str) -> int:
    """64 bits of a text's SHA-256, signed: equal texts share it, others as good as never do."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big", signed=True)


def case_fields() -> list[pa.Field]:
    """The columns that `columns_of` fills."""
    import pyarrow as pa

    text, number = pa.large_string(), pa.int64()
    return [
        pa.field("id", text),
        pa.field("target", text),           # as JSON
        pa.field("folded", text),           # the input
        pa.field("text_number", number),    # shared by equal folded inputs
        pa.field("bare_number", number),    # shared by equal bare texts
        pa.field("bare_fields", text),      # whose values the bare text lacks, one a line
        pa.field("answer_number", number),  # shared by equal targets
        pa.field("group_number", number),
        pa.field("split", text),
    ]  # fmt: skip


def columns_of(case: Case, contract: Contract) -> dict[str, Any]:
    """One case by the columns that comparing needs."""
    target, bare = case.target or {}, masked_text(contract, case)
    return {
        "id": case.id,
        "target": canonical_json(target).decode(),
        "folded": folded(case),
        "text_number": number_of(folded(case)),
        "bare_number": number_of(bare.text),
        "bare_fields": "\n".join(bare.fields),
        "answer_number": number_of(sameness(contract, target)),
        "group_number": number_of(group_of(case, contract.data.group_by)),
        "split": split_of(contract, case),
    }


@dataclass(frozen=True)
class CaseTable:
    """Cases as columns of a table; `order` names the table's rows that are left, by id."""

    table: pa.Table
    marks: Marks
    order: Places

    @classmethod
    def of(cls, cases: Sequence[Case], contract: Contract) -> CaseTable:
        """CaseTable of cases that are in memory, sorted by id."""
        import pyarrow as pa

        rows = [columns_of(case, contract) for case in cases]
        texts = [row["folded"] for row in rows]
        table = pa.Table.from_pylist(rows, schema=pa.schema(case_fields()))
        marks = Marks.of(texts, contract.data.near_duplicate)
        return cls(table, marks, np.arange(len(rows)))

    def __len__(self) -> int:
        return len(self.order)

    def text(self, name: str, place: int) -> str:
        """The text in one column of the case at a place."""
        value: str = self.table.column(name)[self.order[place].item()].as_py()
        return value

    def id(self, place: int) -> str:
        """The id of the case at a place."""
        return self.text("id", place)

    def target(self, place: int) -> dict[str, Any]:
        """The target of the case at a place."""
        value: dict[str, Any] = json.loads(self.text("target", place))
        return value

    def written_target(self, place: int) -> dict[str, Any]:
        """The target as it is written, personal data replaced, of the case at a place."""
        value: dict[str, Any] = json.loads(self.text("record", place))["target"]
        return value

    def each(self, name: str) -> Iterator[str | None]:
        """One column of texts, some read at a time."""
        import pyarrow as pa

        column = self.table.column(name)
        for start in range(0, len(self), AT_ONCE):
            yield from column.take(pa.array(self.order[start : start + AT_ONCE])).to_pylist()

    def written(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Input and target of each case as they are written, personal data replaced."""
        for line in self.each("record"):
            record = json.loads(line or "")
            yield record["input"], record["target"]

    def held(self) -> Iterator[tuple[str | None, int]]:
        """What each case held of personal data, and the number of its group."""
        groups = self.numbers("group_number").tolist()
        return zip(self.each("personal"), groups, strict=True)

    def held_by(self, ids: Collection[str]) -> dict[str, str]:
        """What those of some cases held of personal data that held any, by their ids."""
        cases = zip(self.each("id"), self.each("personal"), strict=True)
        return {id_: held for id_, held in cases if id_ in ids and id_ and held}

    def numbers(self, name: str) -> Places:
        """One column of numbers, shape (cases,)."""
        import pyarrow as pa

        # Taken first: with the rejects' nulls in it the whole column would turn into floats
        return np.asarray(self.table.column(name).take(pa.array(self.order)), dtype=np.int64)

    def flags(self, name: str) -> npt.NDArray[np.bool_]:
        """One column of truths, shape (cases,); null is false."""
        return np.asarray(self.table.column(name).fill_null(False))[self.order]

    def replaced(self) -> Places:
        """The places of cases that held personal data; none in a table that was not looked over."""
        import pyarrow.compute as pc

        if "personal" not in self.table.column_names:
            return np.zeros(0, dtype=np.int64)
        return np.flatnonzero(np.asarray(pc.is_valid(self.table.column("personal")))[self.order])

    def among(self, name: str, known: Sequence[str]) -> Places:
        """For each case which of a few known texts a column holds, -1 for none of them."""
        import pyarrow as pa
        import pyarrow.compute as pc

        column = self.table.column(name)
        found = pc.index_in(column, pa.array(known, column.type)).fill_null(-1)
        return np.asarray(found.to_numpy()[self.order], dtype=np.int64)

    def texts(self) -> Texts:
        """The folded inputs with their signatures, for looking for similar ones."""
        return Texts(lambda place: self.text("folded", place), self.marks, self.order)

    def only(self, places: npt.NDArray[Any]) -> CaseTable:
        """The cases at some places."""
        return replace(self, order=self.order[places])

    def all_but(self, places: Iterable[int]) -> Places:
        """The places of all cases but some."""
        left = np.ones(len(self), dtype=bool)
        left[list(places)] = False
        return np.flatnonzero(left)

    def without(self, places: Iterable[int]) -> CaseTable:
        """All cases but those at some places."""
        return self.only(self.all_but(places))

    def counts(self, name: str, known: Sequence[str]) -> dict[str, int]:
        """How many cases hold each of a few known texts in a column."""
        found = self.among(name, known)
        return {text: int((found == number).sum()) for number, text in enumerate(known)}

    def distinct(self, name: str) -> int:
        """How many different numbers a column holds."""
        return len(np.unique(self.numbers(name)))

    def drops_said(self) -> dict[int, Drop]:
        """What the blocks said when the cases were read, by place."""
        import pyarrow.compute as pc

        said = np.asarray(pc.is_valid(self.table.column("reason")))[self.order]
        return {
            place: Drop(id=self.id(place), reason=self.text("reason", place),
                        of=self.table.column("of")[self.order[place].item()].as_py())
            for place in np.flatnonzero(said).tolist()
        }  # fmt: skip

    def same_inputs(self) -> Iterator[list[int]]:
        """The places of every folded input that occurs more than once."""
        yield from shared(self.numbers("text_number"))


def shared(numbers: Places) -> Iterator[list[int]]:
    """The places of each number that occurs more than once, in their order."""
    by_number = np.argsort(numbers, kind="stable")
    ordered = numbers[by_number]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    ends = np.r_[starts[1:], len(ordered)]
    runs = [(s, e) for s, e in zip(starts.tolist(), ends.tolist(), strict=True) if e - s > 1]
    runs.sort(key=lambda run: by_number[run[0]])
    for start, end in runs:
        yield by_number[start:end].tolist()
