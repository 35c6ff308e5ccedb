"""CSV as spreadsheets write it: other separators, titles, empty columns; the same rows come out."""

import csv
import io
import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from support.curation.curated_runs import read

from dslm.curation.imports.import_mapping import map_rows
from dslm.curation.sources.formats import format_of
from dslm.curation.sources.formats.csv_layout import layout_of
from dslm.errors import InputError
from dslm.scaffolding.sample_reader import read_sample

ROWS = [["id", "text", "amount"],
        ["1", "Parcel, wet; broken", "12,50"], ["2", 'It is "lost"\nsince May', "1.234,00"],
        ["3", "Tab\tin | it", "-5,00"]]  # fmt: skip


def written(rows, separator=",", end="\r\n", quoting=csv.QUOTE_MINIMAL):
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=separator, lineterminator=end, quoting=quoting).writerows(rows)
    return out.getvalue()


@pytest.fixture
def rows_of(tmp_path):
    def rows(text, encoding="utf-8"):
        path = tmp_path / "a.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
        return list(format_of(path).rows(path))

    return rows


def test_a_row_that_is_too_short_makes_no_title_of_the_header(rows_of):
    rows = [f"row {n};{n},50;x" for n in range(59)]
    found = rows_of("\n".join(["text;nr;z", *rows[:9], "short;1,50", *rows[9:]]) + "\n")
    assert found[0].value == {"text": "row 0", "nr": "0,50", "z": "x"}
    assert sum(row.fault is None for row in found) == 59


def values(rows):
    assert [row.fault for row in rows if row.fault] == []
    return [list(row.value.values()) for row in rows]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_every_separator_gives_the_same_rows(rows_of, separator, end, encoding):
    assert values(rows_of(written(ROWS, separator, end), encoding)) == ROWS[1:]


@pytest.mark.parametrize(
    ("above", "line"),
    [
        ("Claims of March\r\n", 3), ("Claims, of March 2025;;\r\n\r\n", 4), ("\r\n\r\n", 4),
        ("sep=;\r\n", 3), ('"sep=;"\r\n', 3), ("Claims\r\nprinted today\r\n\r\n", 5),
        ('"Claims\r\nof March";;\r\n', 4),
    ],
)  # fmt: skip
def test_what_stands_above_the_header_is_passed_over(rows_of, above, line):
    found = rows_of(above + written(ROWS, ";"))
    assert values(found) == ROWS[1:]
    assert found[0].line == line


@pytest.mark.parametrize("separator", [",", ";", "|"])
def test_blanks_before_quotes_are_of_the_layout_and_not_of_the_cell(rows_of, separator):
    written_so = "\r\n".join(
        f"{separator} ".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in ROWS
    )
    assert values(rows_of(written_so)) == ROWS[1:]
    assert values(rows_of(f'a{separator} b\n1{separator} "x"\n')) == [["1", "x"]]


def test_blanks_before_cells_stay_where_no_quotes_follow(rows_of):
    assert values(rows_of('a,b\n1, x\n2, it is "y"\n')) == [["1", " x"], ["2", ' it is "y"']]


def test_sep_may_name_any_sign(rows_of):
    assert values(rows_of("sep=^\n" + written(ROWS, "^"))) == ROWS[1:]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("empty", [1, 3])
def test_empty_columns_at_the_end_are_none(rows_of, separator, empty):
    with_header = [[*row, *[""] * empty] for row in ROWS]
    assert values(rows_of(written(with_header, separator))) == ROWS[1:]
    below_alone = [ROWS[0], *with_header[1:]]
    assert values(rows_of(written(below_alone, separator))) == ROWS[1:]


def test_a_cell_under_no_column_is_a_fault_that_says_how_the_file_was_read(rows_of):
    found = rows_of("Claims\n" + written([*ROWS, ["4", "x", "1", "more"], ["5", "y"]], ";"))
    assert [(row.line, row.fault) for row in found if row.fault] == [
        (7, "4 cells under 3 columns, parted by semicolons, the header being line 2"),
        (8, "2 cells under 3 columns, parted by semicolons, the header being line 2"),
    ]


def test_the_first_column_may_have_no_name(rows_of):
    (row,) = rows_of(",text\n0,wet\n")
    assert row.value == {"": "0", "text": "wet"}


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("id,text,id\n1,a,2\n", r"a\.csv:1: the column 'id' is there twice: 1 and 3"),
        ("Claims\nid;text;text\n1;a;2\n", r"a\.csv:2: the column 'text' is there twice: 2 and 3"),
        ("id,,\x00,,text\n1,2,3,4,5\n", "NUL bytes: this is UTF-16 without its mark"),
        ("id,,text,,more\n1,2,3,4,5\n", "two columns have no name: 2 and 4"),
        ("id,text\n1,a\n".encode("utf-16-le"), "NUL bytes: this is UTF-16 without its mark"),
        ("id,Größe\n1,a\n".encode("cp1252"), r"the header is not UTF-8 \(byte 0xf6\)"),
        (b"PK\x03\x04rest of it", "is a workbook or another archive"),
    ],
)
def test_a_header_that_cannot_be_read_gets_advice_that_is_true(rows_of, text, fault):
    with pytest.raises(InputError, match=fault):
        rows_of(text)


def test_a_nul_in_a_row_is_lost_with_it_alone(rows_of):
    found = rows_of("id,text\n1,a\n2,b\x00c\n3,d\n")
    assert [row.fault for row in found] == [None, "holds a NUL byte, which no text does", None]


@pytest.mark.parametrize("broken", ["1,2\n", "1,2,3,4,5\n", 'x"y,"a"b,1\n', "\n"])
def test_one_broken_row_changes_nothing_for_the_others(rows_of, broken):
    lines = written(ROWS[:2] + [["9", "plain", "1"]] * 5, end="\n").split("\n")
    lines.insert(3, broken.rstrip("\n"))
    found = rows_of("\n".join(lines))
    assert sum(row.fault is None for row in found) == 6


CELLS = st.text(st.sampled_from('ab ,;|\t"\n.-1é'), min_size=1, max_size=8)


@example(";", [["1", ",", ","], ["1", "1\n", ","], ["1", "1", ","]], "Report\n", 0)
@given(
    st.sampled_from([",", ";", "\t", "|"]),
    st.lists(st.lists(CELLS.filter(str.strip), min_size=3, max_size=3), min_size=1, max_size=8),
    st.sampled_from(["", "Report\n", "\n", "Report\n\n"]),
    st.integers(0, 2),
)
def test_any_table_that_is_quoted_is_read_as_it_was_written(separator, rows, above, empty):
    table = [["id", "text", "amount"], *rows]
    text = above + written([[*row, *[""] * empty] for row in table], separator,
                           quoting=csv.QUOTE_ALL)  # fmt: skip
    layout = layout_of(text)
    assert (layout.separator, layout.columns) == (separator, 3)
    assert layout.above == above.count("\n")


CONTRACT_ROWS = [["id", "input", "kind", "amount"],
                 ["1", "Paket, nass; kaputt", "claim", "12,50"],
                 ["2", "Paket 8", "other", ""]]  # fmt: skip


def test_a_german_export_works_in_init_import_and_curation(tmp_path, build_contract):
    path = tmp_path / "a.csv"
    path.write_bytes(("Auszug\r\n" + written(CONTRACT_ROWS, ";")).encode("utf-8-sig"))
    source = {"path": "a.csv", "licence": "CC0", "origin": "o",
              "columns": {"target": {"kind": "kind", "amount": "amount"}}}  # fmt: skip
    contract = build_contract(sources=[source], group_by=None)
    of_init = [n.case for n in read_sample(path, None, ("kind", "amount"))]
    of_import = [found.case for found in map_rows(path, contract, None).found]
    of_curation = read(contract, tmp_path).cases
    for cases in (of_init, of_import, of_curation):
        assert [(c.id, c.input, c.target) for c in cases] == [
            ("1", "Paket, nass; kaputt", {"kind": "claim", "amount": "12,50"}),
            ("2", "Paket 8", {"kind": "other", "amount": None}),
        ]


def test_a_target_as_json_in_a_semicolon_table_is_one_cell(tmp_path, build_contract):
    path = tmp_path / "a.csv"
    target = json.dumps({"kind": "claim", "amount": "1;2,3"})
    path.write_text(written([["input", "target"], ["Paket", target], ["Paket 2", target]], ";"))
    source = {"path": "a.csv", "licence": "CC0", "origin": "o"}
    cases = read(build_contract(sources=[source], group_by=None), tmp_path).cases
    assert {c.target["amount"] for c in cases} == {"1;2,3"}
