"""Text in any encoding, rows in any state: what can be read is, the rest is counted by its line."""

import gzip
import json
import tracemalloc

import pytest
from support.curation.curated_runs import read
from support.curation.source_files import SRT, TARGET, VTT, label

from dslm.curation.sources.formats import LONGEST_LINE, format_of
from dslm.errors import InputError

CSV = {"columns": {"target": {"kind": "kind", "amount": "amount"}}}
TEXTS = ["Grüße", "naïve café", "zwei\nZeilen"]


def source(path, **more):
    return {"path": path, "licence": "CC0", "origin": "o"} | more


def json_lines(end="\n"):
    return end.join(json.dumps({"input": t, "target": TARGET}, ensure_ascii=False) for t in TEXTS)


def table():
    return "input,kind,amount\r\n" + "".join(f'"{t}",claim,12.50\r\n' for t in TEXTS)


@pytest.mark.parametrize(
    ("codec", "declared"),
    [
        ("utf-8", "utf-8"), ("utf-8-sig", "utf-8"), ("utf-16", "utf-8"), ("utf-32", "utf-8"),
        ("utf-16", "cp1252"), ("utf-8-sig", "cp1252"), ("cp1252", "cp1252"), ("cp037", "cp037"),
        ("utf-16-le", "utf-16-le"), ("utf-16-be", "utf-16-be"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["a.jsonl", "a.jsonl.gz", "a.csv", "a.txt"])
def test_a_mark_or_else_the_contract_names_the_encoding(
    build_contract, tmp_path, kind, codec, declared
):
    if kind == "a.txt":
        for number, text in enumerate(TEXTS):
            (tmp_path / f"{number}.txt").write_bytes(text.encode(codec))
            (tmp_path / f"{number}.json").write_text(label())
        given = source("*.txt", encoding=declared)
    else:
        raw = (table() if kind == "a.csv" else json_lines("\r\n")).encode(codec)
        (tmp_path / kind).write_bytes(gzip.compress(raw) if kind.endswith(".gz") else raw)
        given = source(kind, encoding=declared) | (CSV if kind == "a.csv" else {})
    reading = read(build_contract(sources=[given]), tmp_path)
    assert sorted(case.input for case in reading.cases) == sorted(TEXTS)


def test_an_encoding_that_python_does_not_know_is_refused(build_contract):
    for name in ("latin-17", "base64", "idna", ""):
        with pytest.raises(ValueError, match="is no encoding of text"):
            build_contract(sources=[source("a.jsonl", encoding=name)])


@pytest.mark.parametrize("kind", ["a.txt", "a.srt", "a.vtt"])
def test_a_wide_text_without_its_mark_is_never_read_as_another(tmp_path, kind):
    texts = {"a.txt": "Parcel 7", "a.vtt": VTT, "a.srt": SRT}
    (tmp_path / kind).write_bytes(texts[kind].encode("utf-16-le"))
    (tmp_path / "a.json").write_text(label())
    rows = list(format_of(tmp_path / kind).rows(tmp_path / kind))
    assert rows
    assert all(row.value is None and row.fault for row in rows)


def test_a_row_in_another_encoding_is_lost_alone(build_contract, tmp_path):
    good = json_lines().encode()
    (tmp_path / "a.jsonl").write_bytes(good + b'\n{"input": "caf\xe9"}\n')
    (tmp_path / "b.csv").write_bytes(table().encode("cp1252") + b"caf\x81,claim,1\r\n")
    for path, line, reason in (
        ("a.jsonl", 4, "not UTF-8 (byte 0xe9)"),
        ("b.csv", 6, "not CP1252 (byte 0x81)"),
    ):
        given = source(path, encoding="cp1252") | CSV if path == "b.csv" else source(path)
        reading = read(build_contract(sources=[given], max_rejects=0.5), tmp_path)
        assert [(r.line, r.reason) for r in reading.rejects] == [(line, reason)]
        assert len(reading.cases) == 3


def test_a_lone_half_of_a_character_in_utf16_is_lost_with_its_row_alone(build_contract, tmp_path):
    lines = json_lines().split("\n")
    lines[1] = lines[1].replace("é", "\ud83d")
    (tmp_path / "a.jsonl").write_bytes("\n".join(lines).encode("utf-16", "surrogatepass"))
    reading = read(build_contract(sources=[source("a.jsonl")], max_rejects=0.5), tmp_path)
    assert [(r.line, r.reason) for r in reading.rejects] == [(2, "not UTF-16")]
    assert len(reading.cases) == 2


@pytest.mark.parametrize("kind", ["a.jsonl", "a.csv"])
def test_a_wide_text_that_ends_within_a_character_stops(build_contract, tmp_path, kind):
    raw = (table() if kind == "a.csv" else json_lines()).encode("utf-16")
    (tmp_path / kind).write_bytes(raw[:-1])
    with pytest.raises(InputError, match="not UTF-16 from here on"):
        read(build_contract(sources=[source(kind) | (CSV if kind == "a.csv" else {})]), tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "head", "encoding"),
    [
        ("a.jsonl", "", "utf-8"),
        ("a.jsonl", "", "utf-16-le"),
        ("a.csv", "input,kind,amount\n", "utf-8"),
    ],
)
def test_a_line_of_50_megabytes_is_a_reject_that_is_never_held(tmp_path, name, head, encoding):
    good = '{"input": "fine", "kind": 1}\n' if name == "a.jsonl" else "fine,claim,1\n"
    with (tmp_path / name).open("wb") as stream:
        stream.write((head + good).encode(encoding))
        stream.seek(50 << 20, 1)  # a hole, which takes no disk
        stream.write(("\n" + good).encode(encoding))
    kind = format_of(tmp_path / name)
    tracemalloc.start()
    try:
        rows = list(kind.rows(tmp_path / name, None, encoding))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    first = 2 if head else 1
    assert [(row.line, row.fault) for row in rows] == [
        (first, None),
        (first + 1, "longer than 16 MiB"),
        (first + 2, None),
    ]
    assert peak < 8 * LONGEST_LINE


def test_a_long_line_with_an_open_quote_stops_a_csv(tmp_path):
    with (tmp_path / "a.csv").open("wb") as stream:
        stream.write(b'input,kind\nfine,1\n"')
        stream.truncate(17 << 20)
    with pytest.raises(InputError, match=r"a\.csv:3: not CSV from here on: a cell longer than"):
        list(format_of(tmp_path / "a.csv").rows(tmp_path / "a.csv"))


def test_a_long_cell_is_no_fault(tmp_path):
    (tmp_path / "a.csv").write_text("input,kind\n" + '"' + "long\n" * 100_000 + '",1\n')
    (row,) = format_of(tmp_path / "a.csv").rows(tmp_path / "a.csv")
    assert len(row.value["input"]) == 500_000
