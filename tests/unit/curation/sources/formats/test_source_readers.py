import csv
import datetime as dt
import gzip
import json
import subprocess
import sys
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.curation.curated_runs import read

from dslm.contract.model.contract_model import Source
from dslm.curation.sources.formats import csv_rows
from dslm.curation.sources.formats.csv_rows import CSV
from dslm.curation.sources.source_chunks import files_of
from dslm.errors import InputError, Problems

LENIENT = {"max_rejects": 0.5}


def test_every_case_comes_back_sorted_by_id(contract, rows, write_source):
    reading = read(contract, write_source(reversed(rows)))
    assert [case.model_dump() for case in reading.cases] == rows
    assert reading.rejects == []
    assert reading.read == {"sources/a.jsonl": len(rows)}


def test_malformed_json_on_line_37_is_one_clear_line(contract, build_rows, write_source):
    lines = [json.dumps(row).encode() for row in build_rows(50)]
    lines[36] = lines[36][:-9]
    folder = write_source(lines)
    with pytest.raises(InputError) as caught:
        read(contract, folder)
    message = caught.value.message()
    assert "\n" not in message
    assert message.startswith(f"{folder}/sources/a.jsonl:37: not JSON: ")
    assert "1 of 50 rows" in message
    assert "data.max_rejects allows 1.0%" in message


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"id": 1', "not JSON"),
        (b'{"id":"x","input":"caf\xe9","target":{}}', "not UTF-8 (byte 0xe9)"),
        (b"[1, 2]", "not a JSON object"),
        (b'{"target":{"kind":"claim","amount":null}}', "no 'input'"),
        (b'{"input":"  ","target":{"kind":"claim","amount":null}}', "'input' is empty or no text"),
        (b'{"input":7,"target":{"kind":"claim","amount":null}}', "'input' is empty or no text"),
        (b'{"input":"a"}', "no 'target'"),
        (b'{"inptu":"a","target":{}}', "no 'input', but 'inptu'"),
        (b'{"input":"a","target":"claim"}', "'target' is not an object"),
        (b'{"input":"a","target":[]}', "'target' is not an object"),
        (b'{"input":"a","target":{"kind":"refund","amount":null}}', "target.kind: "),
        (b'{"input":"a","target":{"kind":"claim"}}', '"amount" is a required property'),
        (b'{"input":"a","target":{"kind":"claim","amount":NaN}}', "not JSON: NaN"),
        (b'{"input":"a","target":{"kind":"claim","amount":1e999}}', "not JSON: 1e999"),
        (b'{"input":"\\ud800","target":{"kind":"claim","amount":null}}', "\\ud800 is half of a"),
        (
            b'{"input":"a","target":{"kind":"claim","amount":null},"meta":{"x":1,"x":1}}',
            "key 'x' stands twice",
        ),
        (b'{"input":"a","target":{"kind":"claim","amount":null},"meta":3}', "'meta' is not an"),
        (b"[" * 100_000, "nested too deeply"),
    ],
)
def test_a_broken_row_is_rejected_with_its_line_and_reason(
    build_contract, rows, write_source, line, reason
):
    folder = write_source([*rows[:3], line, *rows[3:]])
    reading = read(build_contract(**LENIENT), folder)
    assert [(r.source, r.line) for r in reading.rejects] == [("sources/a.jsonl", 4)]
    assert reason in reading.rejects[0].reason
    assert len(reading.cases) == len(rows)


def test_a_label_outside_the_enum_stops_when_rows_like_it_are_too_many(
    contract, build_rows, write_source
):
    rows = build_rows(50)
    rows[4]["target"]["kind"] = "refund"
    with pytest.raises(Problems, match=r"a\.jsonl:5: target\.kind: \"refund\" is not one of"):
        read(contract, write_source(rows))


def test_the_first_twenty_of_many_rejects_are_named(contract, rows, write_source):
    with pytest.raises(Problems) as caught:
        read(contract, write_source([*rows, *[b"{"] * 30]))
    assert len(caught.value.problems) == 20
    assert caught.value.exit_code == 2


def test_the_share_that_is_allowed_does_not_stop(contract, build_rows, write_source):
    reading = read(contract, write_source([b"{", *build_rows(99)]))
    assert len(reading.rejects) == 1


def test_a_missing_file_an_empty_glob_and_an_empty_source_are_named(
    build_contract, tmp_path, write_source
):
    for path in ("sources/none.jsonl", "sources/*.jsonl"):
        source = {"path": path, "licence": "CC0", "origin": "o"}
        with pytest.raises(InputError, match="no such source file") as caught:
            read(build_contract(sources=[source]), tmp_path)
        assert caught.value.where == str(tmp_path / path)
    with pytest.raises(InputError, match="no rows in this source"):
        read(build_contract(), write_source([]))


def test_unknown_file_types_absolute_paths_and_files_matched_twice_are_refused(
    build_contract, rows, write_source
):
    folder = write_source(rows)
    (folder / "sources" / "notes.docx").write_bytes(b"x")

    def read_all(*paths):
        sources = [{"path": p, "licence": "CC0", "origin": "o"} for p in paths]
        return read(build_contract(sources=sources), folder)

    with pytest.raises(InputError, match=r"unsupported file type '\.docx'.*\.parquet"):
        read_all("sources/*")
    with pytest.raises(InputError, match="absolute"):
        read_all(str(folder / "sources/a.jsonl"))
    with pytest.raises(InputError, match="two sources match"):
        read_all("sources/*.jsonl", "sources/a.*")


def test_an_id_used_in_two_files_stops_and_names_both_places(contract, rows, write_source):
    write_source(rows[:9], "a.jsonl")
    folder = write_source([rows[20], rows[3]], "b.jsonl")
    with pytest.raises(Problems) as caught:
        read(contract, folder)
    message = caught.value.message()
    assert "sources/b.jsonl:2: id 's-0003' is also at sources/a.jsonl:4" in message


def test_missing_ids_are_made_from_content_and_do_not_depend_on_order(contract, rows, write_source):
    bare = [{k: v for k, v in row.items() if k != "id"} for row in rows[:20]]
    bare.append(bare[0])
    first = read(contract, write_source(bare)).cases
    again = read(contract, write_source(reversed(bare))).cases
    assert first == again
    assert len({case.id for case in first}) == 21
    assert sum(case.id.endswith("-2") for case in first) == 1


def test_csv_parquet_and_gzip_read_the_same_as_json_lines(
    build_contract, rows, write_source, tmp_path
):
    rows = rows[:40]
    rows[1]["target"] = {"kind": "other", "amount": None}
    rows[2]["input"] = 'line one\nline "two", still one field'
    folder = write_source(rows)
    expected = read(build_contract(), folder).cases
    flat = [
        {"nr": r["id"], "mail": r["input"], **r["target"], "sender": r["meta"]["sender"]}
        for r in rows
    ]
    with (tmp_path / "flat.csv").open("w", newline="", encoding="utf-8-sig") as stream:
        writer = csv.DictWriter(stream, list(flat[0]))
        writer.writeheader()
        writer.writerows(flat)
    pq.write_table(pa.Table.from_pylist(flat), tmp_path / "flat.parquet")
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "nested.parquet")
    (tmp_path / "same.jsonl.gz").write_bytes(
        gzip.compress((folder / "sources" / "a.jsonl").read_bytes())
    )
    columns = {
        "id": "nr", "input": "mail", "meta": ["sender"],
        "target": {"kind": "kind", "amount": "amount"},
    }  # fmt: skip
    for path in ("flat.csv", "flat.parquet", "nested.parquet", "same.jsonl.gz"):
        mapped = {"columns": columns} if path.startswith("flat") else {}
        source = {"path": path, "licence": "CC0", "origin": "o"} | mapped
        assert read(build_contract(sources=[source]), folder).cases == expected, path


def test_a_csv_row_with_bad_bytes_or_too_few_cells_is_rejected_alone(build_contract, tmp_path):
    columns = {"input": "mail", "target": {"kind": "kind", "amount": "amount"}}
    source = {"path": "flat.csv", "licence": "CC0", "origin": "o", "columns": columns}
    (tmp_path / "flat.csv").write_bytes(
        b"mail,kind,amount\r\n"
        b'"two\r\nlines",claim,1.50\r\n'
        b"caf\xe9,claim,1\r\n"
        b"short,claim\r\n"
        b"\r\n"
        b"fine,claim,7\r\n"
        b"also,claim,\r\n"
    )
    reading = read(build_contract(sources=[source], **LENIENT), tmp_path)
    assert [(r.line, r.reason) for r in reading.rejects] == [
        (4, "not UTF-8 (byte 0xe9)"),
        (5, "2 cells under 3 columns"),
    ]
    targets = {case.input: case.target["amount"] for case in reading.cases}
    assert targets == {"two\r\nlines": "1.50", "fine": "7", "also": None}


@pytest.mark.parametrize(
    ("lines", "broken", "left"),
    [
        (['1,fine,7', '2,"never closed,8', '3,swallowed,9', '4,also,1'], [3], "134"),
        (['1,fine,7', '2,"oops,8', '3,"fine",9', '4,also,1'], [3], "134"),
        (['1,fine,7', '2,"a" b,8', '3,"two\nlines",9', '4,also,1'], [3], "134"),
        (['1,"two\nlines" x,7', '2,fine,8'], [2, 3], "2"),
        (['1,"a,7', '2,"b,8', '3,c,9'], [2, 3], "3"),
        (['1,fine,7', '2,"last,8'], [3], "1"),
    ],
)  # fmt: skip
def test_a_wrong_quote_costs_its_own_row(build_contract, tmp_path, lines, broken, left):
    (tmp_path / "a.csv").write_text("\n".join(["id,input,amount", *lines]) + "\n")
    rows = list(CSV.rows(tmp_path / "a.csv"))
    faults = [row for row in rows if row.value is None]
    assert [row.line for row in faults] == broken
    assert faults[0].fault.startswith("a quote is wrong: ")
    assert "".join(row.value["id"] for row in rows if row.value) == left


def test_wrong_quotes_all_over_a_file_stop(tmp_path, monkeypatch):
    monkeypatch.setattr(csv_rows, "MOST_RETOLD", 100)
    (tmp_path / "a.csv").write_text("id,input\n" + '1,"x\n' * 200)
    with pytest.raises(InputError, match="not CSV from here on: quotes are wrong in many rows"):
        list(CSV.rows(tmp_path / "a.csv"))


def test_rows_that_can_no_longer_be_told_apart_stop(build_contract, rows, tmp_path):
    (tmp_path / "a.csv").write_text('"id,input\n1,fine\n2,"never closed\n3,swallowed\n')
    (tmp_path / "b.jsonl.gz").write_bytes(gzip.compress(json.dumps(rows[0]).encode())[:-12])
    (tmp_path / "c.parquet").write_bytes(b"no parquet at all")
    for path, where in (("a.csv", "a.csv:1"), ("b.jsonl.gz", "b.jsonl.gz:"), ("c.parquet", "")):
        source = {"path": path, "licence": "CC0", "origin": "o"}
        with pytest.raises(InputError) as caught:
            read(build_contract(sources=[source]), tmp_path)
        assert where in caught.value.where


def test_values_of_other_formats_become_what_the_schema_asks(build_contract, tmp_path):
    day = dt.date(2025, 3, 4)
    table = pa.Table.from_pylist([
        {"input": "a", "kind": "claim", "amount": Decimal("12.50"), "on": day},
        {"input": "b", "kind": "claim", "amount": None, "on": None},
    ])  # fmt: skip
    pq.write_table(table, tmp_path / "t.parquet")
    columns = {"target": {"kind": "kind", "amount": "amount"}, "meta": ["on"]}
    source = {"path": "t.parquet", "licence": "CC0", "origin": "o", "columns": columns}
    cases = read(build_contract(sources=[source]), tmp_path).cases
    by_input = {case.input: case for case in cases}
    assert by_input["a"].target["amount"] == "12.50"
    assert by_input["a"].meta == {"on": "2025-03-04"}
    assert by_input["b"].target["amount"] is None
    assert by_input["b"].meta == {}


def test_bytes_where_text_is_due_are_a_reject(build_contract, tmp_path):
    pq.write_table(
        pa.Table.from_pylist([{"input": b"\x00\xff", "target": None}]), tmp_path / "t.parquet"
    )
    source = {"path": "t.parquet", "licence": "CC0", "origin": "o"}
    with pytest.raises(InputError, match="JSON has no form for"):
        read(build_contract(sources=[source]), tmp_path)


@pytest.mark.slow
@settings(max_examples=150)
@given(noise=st.lists(st.binary(max_size=60).map(lambda raw: raw.replace(b"\n", b" ")), max_size=8))
def test_no_line_is_lost_and_none_crashes(build_contract, build_rows, tmp_path, noise):
    good = [json.dumps(row).encode() for row in build_rows(20)]
    lines = [*good[:10], *noise, *good[10:]]
    (tmp_path / "sources").mkdir(exist_ok=True)
    (tmp_path / "sources" / "a.jsonl").write_bytes(b"\n".join(lines))
    reading = read(build_contract(max_rejects=0.99), tmp_path)
    assert len(reading.cases) >= 20
    assert len(reading.cases) + len(reading.rejects) == reading.read["sources/a.jsonl"]
    blank = sum(_is_blank(line) for line in noise)
    assert reading.read["sources/a.jsonl"] == len(lines) - blank


def _is_blank(line: bytes) -> bool:
    try:
        return not line.decode().strip()
    except UnicodeDecodeError:
        return False


@pytest.mark.slow
def test_curation_imports_without_its_heavy_libraries():
    code = "import sys, dslm.curation; print(sorted({'daft','pyarrow','torch'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("pattern", ["", ".", "/", "/etc/*", "a**", "a/**b", "***"])
def test_what_is_no_pattern_below_the_folder_is_refused(tmp_path, pattern):
    with pytest.raises(InputError, match=r"no path or pattern|absolute"):
        files_of([Source(path=pattern, licence="x", origin="x")], tmp_path)
