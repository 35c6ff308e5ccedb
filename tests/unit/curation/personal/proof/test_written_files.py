"""The proof over files goes by groups, and tells of lines in the order of the files."""

from __future__ import annotations

import json

import pyarrow as pa
import pytest

from dslm.curation.personal.found_in_case import CaseFindings
from dslm.curation.personal.found_values import Identity
from dslm.curation.personal.known_values.known_values import KnownValues
from dslm.curation.personal.known_values.rows_by_group import GroupValues, mapped_table, part_of
from dslm.curation.personal.known_values.word_index import WordIndex
from dslm.curation.personal.proof.leftovers import Left
from dslm.curation.personal.proof.written_files import ProofPart, refuse_left
from dslm.curation.personal.replacement.replace_in_case import Replacer
from dslm.curation.sources.daft_engine import Engine
from dslm.curation.sources.source_table import TABLE
from dslm.errors import Problems

ROBIN, NUMBER = Identity("name", "", "robin crusoe"), Identity("id", "free", "48151623")
GROUPS = (9, -4, 9, None, 2)


@pytest.fixture
def replacer(build_contract):
    personal = {"mode": "surrogate", "demonstration_key": True, "kinds": ["email"]}
    return Replacer(build_contract(personal=personal), b"a key of enough characters")


@pytest.fixture
def work(tmp_path):
    """A folder with the table of all rows: Robin is of group 9."""
    held = CaseFindings(values=frozenset({(ROBIN, "Robin Crusoe")})).to_json()
    personal = [held if group == 9 else None for group in GROUPS]
    table = pa.table({
        "personal": pa.array(personal, pa.large_string()),
        "group_number": pa.array(GROUPS, pa.int64()),
    })  # fmt: skip
    with pa.OSFile(str(tmp_path / TABLE), "wb") as sink, pa.ipc.new_file(sink, table.schema) as to:
        to.write_table(table)
    return tmp_path


def known() -> KnownValues:
    return KnownValues(WordIndex({"48151623": NUMBER}))


def line(text: str) -> str:
    return json.dumps({"id": "x", "input": text, "target": {}, "meta": {}}) + "\n"


def test_leftovers_are_told_file_by_file_though_found_group_by_group(replacer, work):
    first, second = work / "train.jsonl", work / "rejects.jsonl"
    first.write_text(line("crusoe said") + line("it is 48151623") + line("crusoe said"))
    second.write_text(line("ask crusoe") + line("no 48151623"))
    files = [(first, [(None, 9), (None, -4), (None, 2)]), (second, [(None, None)] * 2)]
    with pytest.raises(Problems) as caught:
        refuse_left(files, replacer, known(), work, Engine(workers=1))
    told = [(fault.where, fault.what.rpartition(": ")[2]) for fault in caught.value.problems]
    assert told == [("train.jsonl:1", "name"), ("train.jsonl:2", "id"), ("rejects.jsonl:2", "id")]


def test_nothing_left_is_no_fault(replacer, work):
    path = work / "train.jsonl"
    path.write_text(line("crusoe said"))
    refuse_left([(path, [(None, 2)])], replacer, known(), work, Engine(workers=1))
    refuse_left([], replacer, known(), work, Engine(workers=1))


@pytest.mark.parametrize("size", [1, 2, 3, 50])
def test_parts_of_any_size_find_the_same(replacer, work, size):
    table = pa.table({
        "file": pa.array(["a"] * 5, pa.large_string()), "number": pa.array(range(1, 6)),
        "text": [line("crusoe")] * 5, "held": pa.array([None] * 5, pa.large_string()),
        "group_number": pa.array(GROUPS, pa.int64()),
    })  # fmt: skip
    path = work / "lines.arrow"
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as to:
        to.write_table(table)
    values = GroupValues.written(known(), work / TABLE, work)
    part = ProofPart(path, size, replacer, values)
    rows = [row for number in range(-(-5 // size)) for row in part.rows(number)]
    left = sorted(Left(row["file"], row["number"], row["kinds"]) for row in rows)
    assert left == [Left("a", 1, "name"), Left("a", 3, "name")]
    parts = [part_of(mapped_table(path), n, size)[0].tolist() for n in range(-(-5 // size))]
    assert sorted(place for one in parts for place in one) == [0, 1, 2, 3, 4]
