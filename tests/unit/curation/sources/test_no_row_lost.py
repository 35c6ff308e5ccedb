"""Any JSON, table, chat or file name: each row is a case or a fault, in every command."""

import csv
import datetime as dt
import gzip
import io
import json
import os

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.curation.curated_runs import curated, read
from support.curation.source_files import TARGET, label

from dslm.curation.case_rows import CaseRows
from dslm.curation.imports.import_mapping import map_rows
from dslm.curation.sources.input_errors import rows_with_unique_ids
from dslm.curation.sources.source_chunks import chunks_of, files_of
from dslm.curation.sources.source_table import RowReader
from dslm.errors import InputError
from dslm.records import Case
from dslm.scaffolding.proposed_workflow import draft
from dslm.scaffolding.sample_reader import read_sample

BOUND = settings(max_examples=50)
ANY_TEXT = st.text(st.characters(), max_size=8) | st.sampled_from(
    ["claim", "12.50", "", " ", "[", "{", '{"kind": "claim", "amount": null}', "user", "assistant"]
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT
KEYS = st.sampled_from(
    ["id", "input", "text", "target", "output", "label", "meta", "messages", "conversations",
     "role", "content", "from", "value", "tool_calls", "function", "name", "arguments", "type",
     "weight", "kind", "amount", "supplier", "speaker"]
) | ANY_TEXT  # fmt: skip
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=12,
)
TURNS = st.lists(
    st.fixed_dictionaries(
        {"role": st.sampled_from(["user", "assistant", "system", "tool"]),
         "content": ANY_TEXT | st.just(json.dumps(TARGET)) | st.none() | VALUES},
        optional={"tool_calls": VALUES, "function_call": VALUES, "weight": VALUES},
    ), max_size=4,
)  # fmt: skip
ROWS = (
    st.dictionaries(KEYS, VALUES, max_size=6)
    | st.fixed_dictionaries({"messages": TURNS}, optional={"id": VALUES, "meta": VALUES})
    | st.fixed_dictionaries(
        {"input": VALUES | ANY_TEXT, "target": st.just(TARGET) | VALUES},
        optional={"id": VALUES, "meta": st.fixed_dictionaries({"supplier": VALUES}) | VALUES},
    )
)
GOOD = {"input": "a good parcel", "target": TARGET, "meta": {"supplier": "Acme"}}


@pytest.fixture
def contract_of(build_contract):
    def build(path, **data):
        source = {"path": path, "licence": "CC0", "origin": "o"}
        return build_contract(sources=[source], max_rejects=0.99, **data)

    return build


def rows_read(contract, folder):
    """The rows that curation reads, each by its own."""
    pieces = chunks_of(files_of(contract.data.sources, folder))
    reader = RowReader(contract, pieces, CaseRows(contract))
    return [row for number in range(len(pieces)) for row in reader.rows(number)]


def by_every_command(path, contract, count):
    """Reads a file as init, import and curation do; each row is a case or a fault."""
    rows = rows_read(contract, path.parent)
    assert len({row["line"] for row in rows}) == len(rows) == count
    for row in rows:
        assert ("fault" in row) != ("record" in row)
        json.dumps(row, ensure_ascii=False).encode()
    fitted = map_rows(path, contract, contract.data.group_by)
    assert len(fitted.found) + len(fitted.rejects) == count
    for one in [*(found.case for found in fitted.found), *fitted.rejects]:
        one.model_dump_json().encode()
    try:
        sample = read_sample(path, None, ())
        assert len(sample) == count
        draft(path, sample, None, 0.5)
    except InputError as error:
        error.message().encode("utf-8", "strict")


@BOUND
@given(
    rows=st.lists(ROWS, max_size=5),
    gzipped=st.booleans(),
    group=st.sampled_from([None, "supplier"]),
)
def test_json_of_any_shape_is_a_case_or_a_fault(tmp_path, contract_of, rows, gzipped, group):
    raw = "".join(json.dumps(row) + "\n" for row in [GOOD, *rows]).encode()
    path = tmp_path / ("a.jsonl.gz" if gzipped else "a.jsonl")
    path.write_bytes(gzip.compress(raw) if gzipped else raw)
    contract = contract_of(path.name, group_by=group)
    by_every_command(path, contract, len(rows) + 1)


CELLS = ANY_TEXT.filter(lambda text: text.isprintable()) | TURNS.map(json.dumps)


@BOUND
@given(
    names=st.lists(
        KEYS.filter(lambda k: k.isprintable() and k.strip()), min_size=2, max_size=5, unique=True
    ),
    rows=st.lists(st.lists(CELLS, min_size=5, max_size=5), min_size=1, max_size=5),
    separator=st.sampled_from([",", ";", "\t", "|"]),
)
def test_a_table_of_any_cells_is_cases_or_faults(tmp_path, contract_of, names, rows, separator):
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=separator, quoting=csv.QUOTE_ALL)
    writer.writerow(names)
    writer.writerows([cells[: len(names)] for cells in rows])
    path = tmp_path / "a.csv"
    path.write_bytes(out.getvalue().encode("utf-8", "replace"))
    contract = contract_of("a.csv", group_by=None)
    by_every_command(path, contract, len(rows))


PLAIN = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)


SPANS = st.timedeltas(-dt.timedelta(100_000), dt.timedelta(100_000))  # 64 bits of microseconds
OF_PARQUET = st.fixed_dictionaries(
    {"id": st.floats() | st.none(), "input": PLAIN,
     "target": PLAIN | st.just(json.dumps(TARGET)) | st.binary(max_size=3),
     "messages": st.none() | PLAIN, "scan": st.none() | st.binary(max_size=3),
     "took": st.none() | SPANS}
)  # fmt: skip


@settings(max_examples=20)
@given(rows=st.lists(OF_PARQUET, min_size=1, max_size=5))
def test_parquet_of_any_values_is_cases_or_faults(tmp_path, contract_of, rows):
    if any(isinstance(row["target"], bytes) for row in rows):  # a column has one type
        rows = [{**row, "target": str(row["target"]).encode()} for row in rows]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "a.parquet")
    contract = contract_of("a.parquet", group_by=None)
    by_every_command(tmp_path / "a.parquet", contract, len(rows))


def test_a_column_that_is_there_twice_is_told(tmp_path, contract_of):
    columns = [pa.array(["a"]), pa.array(["b"]), pa.array(["c"])]
    table = pa.Table.from_arrays(columns, names=["input", "target", "target"])
    pq.write_table(table, tmp_path / "a.parquet")
    with pytest.raises(InputError, match="the column 'target' is there twice"):
        read(contract_of("a.parquet"), tmp_path)


NAMES = [b"caf\xe9", b"\xff\xfe", "Größe".encode(), b"\xed\xa0\x80", b"a\n\x1b[31mb"]


@pytest.mark.parametrize("name", NAMES)
def test_a_file_of_any_name_is_read_and_written_down(tmp_path, contract_of, name):
    folder = tmp_path / "sources"
    folder.mkdir()
    for ending, text in ((b".jsonl", json.dumps(GOOD) + "\n{\n"), (b".txt", "a text"),
                         (b".json", label()), (b".csv", "input;target\nx;\n")):  # fmt: skip
        with open(os.fsencode(folder) + b"/" + name + ending, "w") as stream:  # noqa: PTH123
            stream.write(text)
    contract = contract_of("sources/*", group_by=None, split={"train": 0.4, "validation": 0.3,
                                                              "calibration": 0.3})  # fmt: skip
    reading = read(contract, tmp_path)
    assert sum(reading.read.values()) == len(reading.cases) + len(reading.rejects) == 4
    shown = name.decode("utf-8", "backslashreplace").replace("\n", "\\n").replace("\x1b", "\\x1b")
    assert {reject.source for reject in reading.rejects} == {
        f"sources/{shown}.jsonl", f"sources/{shown}.csv",
    }  # fmt: skip
    assert shown in {case.id for case in reading.cases}
    path = next(one for one in folder.iterdir() if one.suffix == ".jsonl")
    assert map_rows(path, contract, None).rejects[0].source.encode()


def test_two_names_that_are_no_utf8_stay_two_files(tmp_path, contract_of):
    for byte in (b"\xe8", b"\xe9"):
        with open(os.fsencode(tmp_path) + b"/" + byte + b".jsonl", "w") as stream:  # noqa: PTH123
            stream.write(json.dumps(GOOD | {"id": byte.hex()}) + "\n")
    reading = read(contract_of("*.jsonl"), tmp_path)
    assert reading.read == {"\\xe8.jsonl": 1, "\\xe9.jsonl": 1}


@pytest.mark.slow
def test_a_whole_curation_of_such_files_is_written(tmp_path, build_contract, build_rows):
    rows = build_rows(60)
    with open(os.fsencode(tmp_path) + b"/caf\xe9.jsonl", "w") as stream:  # noqa: PTH123
        stream.write("".join(json.dumps(row) + "\n" for row in rows) + "{\n")
    gold = [Case(id="g", input="other", target=TARGET, meta={"sender": "nobody"})]
    source = {"path": "*.jsonl", "licence": "CC0", "origin": "o"}
    whole = curated(build_contract(sources=[source], max_rejects=0.5), tmp_path, gold)
    assert [reject.source for reject in whole.rejects] == ["caf\\xe9.jsonl"]
    dropped = sum(whole.ledger.dropped.values())
    assert whole.ledger.read == len(whole.kept) + dropped + whole.ledger.rejected == 61


def test_a_folder_with_the_name_of_a_file_is_told(tmp_path, contract_of):
    (tmp_path / "a.jsonl").write_text(json.dumps(GOOD) + "\n")
    (tmp_path / "b.csv").mkdir()
    (tmp_path / "older").mkdir()
    for pattern in ("*", "b.csv", "*.csv"):
        with pytest.raises(InputError, match=r"b\.csv: is a folder, a file was expected"):
            read(contract_of(pattern), tmp_path)
    with pytest.raises(InputError, match=r"b\.csv: is a folder"):
        map_rows(tmp_path, contract_of("*"), None)
    (tmp_path / "b.csv").rmdir()
    assert len(read(contract_of("*"), tmp_path).cases) == 1


def test_a_file_that_may_not_be_read_is_the_users_fault(tmp_path, contract_of, monkeypatch):
    (tmp_path / "a.jsonl").write_text(json.dumps(GOOD) + "\n")
    monkeypatch.setattr(os, "access", lambda _path, _how: False)  # tests may run as root
    with pytest.raises(InputError, match=r"a\.jsonl: may not be read — mend its permissions"):
        read(contract_of("*"), tmp_path)


def test_ids_are_numbered_where_they_are_made_of_equal_rows(tmp_path, contract_of):
    path = tmp_path / "a.jsonl"
    path.write_text((json.dumps(GOOD) + "\n") * 3)
    found = rows_with_unique_ids(map_rows(path, contract_of("a.jsonl"), None).found)
    assert len({one.case.id for one in found}) == 3
