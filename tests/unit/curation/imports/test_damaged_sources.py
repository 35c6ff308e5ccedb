"""Damaged files of every kind: no reader crashes, and no row is lost without being counted."""

import gzip
import json
import os
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.curation.curated_runs import read
from support.curation.source_files import label, mailbox_labels, write_samples

from dslm.cases import json_lines
from dslm.curation.imports.command_line_inputs import given_files
from dslm.curation.sources.formats import FORMATS, format_of
from dslm.errors import InputError
from dslm.provenance import digest_file

QUIET = settings(max_examples=60)
SINGLE = (".eml", ".vtt", ".srt", ".txt")
ENCODINGS = ("utf-8", "utf-8", "utf-8", "cp1252", "utf-16", "cp037", "shift_jis", "utf-7")
# What formats mean something by, dropped where it does not belong.
TOKENS = [
    b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\n", b"\r", b'"', b"<", b"<![", b"<!--", b"-->", b"{",
    b"=?utf-8?q?", b"?=", b"From ", b"\n\n", b":", b";", b"charset*0*=", b"\xe9", b"(", b"[", b"@",
    b"\nContent-Type: multipart/alternative; boundary=a\n\n--a\n", b"message/rfc822",
    b"\nContent-Transfer-Encoding: base64\n", b"\nContent-Type: text/html; charset=utf-7\n",
    b"\nContent-Disposition: attachment; filename*0*=x''%ff\n", b"\nWEBVTT\n", b"<v >",
]  # fmt: skip


def counted(path, encoding="utf-8"):
    """All rows of a file, the same as a whole and in parts; None where it stops with a reason."""
    kind, stopped = format_of(path), None
    try:
        rows = list(kind.rows(path, None, encoding))
        parts = kind.parts(path, encoding)
        in_parts = [row for part in parts for row in kind.rows(path, part, encoding)]
    except InputError as error:
        stopped = error
    if stopped:
        assert str(path) in stopped.where
        return None
    assert in_parts == rows
    assert all((row.value is None) == (row.fault is not None) for row in rows)
    assert len({row.line for row in rows}) == len(rows)
    return rows


def test_every_kind_has_a_sample_that_is_read_whole(tmp_path):
    paths = write_samples(tmp_path)
    assert set(paths) == set(FORMATS)
    faults = {ending: [row.fault for row in counted(path)] for ending, path in paths.items()}
    assert {fault for found in faults.values() for fault in found} == {None}
    assert {ending: len(found) for ending, found in faults.items()} == {
        ".jsonl": 6, ".jsonl.gz": 6, ".csv": 6, ".tsv": 6, ".parquet": 6, ".eml": 1, ".mbox": 3,
        ".vtt": 1, ".srt": 1, ".txt": 1,
    }  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("ending", SINGLE)
@QUIET
@given(noise=st.binary(max_size=400), encoding=st.sampled_from(ENCODINGS))
def test_noise_in_a_file_of_one_text_is_one_row(tmp_path, ending, noise, encoding):
    path = tmp_path / f"a{ending}"
    path.write_bytes(noise)
    path.with_suffix(".json").write_text(label())
    assert [row.line for row in counted(path, encoding)] == [1]


@pytest.mark.slow
@pytest.mark.parametrize("ending", SINGLE)
@QUIET
@given(noise=st.binary(max_size=100))
def test_noise_for_a_label_is_one_reject(tmp_path, ending, noise):
    path = write_samples(tmp_path)[ending]
    path.with_suffix(".json").write_bytes(noise)
    (row,) = counted(path)
    assert row.fault.startswith("label a.json: ")


@pytest.mark.slow
@QUIET
@given(noise=st.lists(st.binary(max_size=80), max_size=6))
def test_noise_in_a_mailbox_is_counted_by_its_message(tmp_path, noise):
    path = tmp_path / "a.mbox"
    parting = b"\nFrom a@b.example Tue Mar  4 10:11:12 2025\n"
    path.write_bytes(b"".join(parting + raw.replace(b"From ", b"") for raw in noise))
    path.with_name("a.labels.jsonl").write_text(mailbox_labels(2))
    assert [row.line for row in counted(path)] == list(range(1, len(noise) + 1))


@pytest.mark.slow
@pytest.mark.parametrize("ending", [".csv", ".jsonl.gz", ".parquet"])
@QUIET
@given(noise=st.binary(max_size=300), encoding=st.sampled_from(ENCODINGS))
def test_noise_in_a_table_is_rows_or_one_clear_stop(tmp_path, ending, noise, encoding):
    path = tmp_path / f"a{ending}"
    path.write_bytes(noise)
    rows = counted(path, encoding)
    assert rows is None or ending == ".csv" or rows == []


@pytest.mark.parametrize(
    ("name", "raw", "fault"),
    [
        ("a.jsonl", gzip.compress(b"{}", mtime=0), "is gzip, not JSON lines — unzip it, or"),
        ("a.csv", gzip.compress(b"a,b", mtime=0), "is gzip, not CSV — unzip it first"),
        ("a.csv", b"PK\x03\x04...", "is a workbook or another archive, not CSV — save it as CSV"),
        ("a.jsonl", "{}\n".encode("utf-16-le"), "begins with NUL bytes: this is UTF-16 without"),
        ("a.jsonl", "{}\n".encode("utf-16-be"), "begins with NUL bytes: this is UTF-16 without"),
        ("a.json", b"[]", "unsupported file type '.json' — write one object a line"),
        ("a.csv.gz", b"", "unsupported file type '.gz' — only .jsonl.gz is read zipped"),
        ("a.ndjson", b"", "unsupported file type '.ndjson' — call it .jsonl"),
    ],
)  # fmt: skip
def test_a_file_of_another_kind_gets_advice_that_is_true(tmp_path, name, raw, fault):
    path = tmp_path / name
    path.write_bytes(raw)
    with pytest.raises(InputError) as told:
        list(format_of(path).rows(path))
    assert fault in told.value.message()


@pytest.mark.parametrize("there", ["pipe", "folder", "link", "circle", "nothing"])
def test_what_is_no_file_is_named_as_what_it_is(tmp_path, there):
    path = tmp_path / "a.jsonl"
    {
        "pipe": lambda: os.mkfifo(path),
        "folder": path.mkdir,
        "nothing": bool,
        "link": lambda: path.symlink_to("gone"),
        "circle": lambda: path.symlink_to(path),
    }[there]()
    says = {"pipe": "is a pipe or a device", "folder": "is a folder, a file was",
            "nothing": "no such file"}.get(there, "is a link that leads to no file")  # fmt: skip
    for read_it in (format_of, given_files if there != "folder" else format_of):
        with pytest.raises(InputError, match=says):
            read_it(path)
    with pytest.raises(InputError, match=says):
        list(json_lines(path))
    if there != "nothing":
        with pytest.raises(InputError, match=says):
            digest_file(path)


@pytest.mark.slow
@QUIET
@given(noise=st.lists(st.binary(max_size=40), max_size=6))
def test_noise_in_the_labels_of_a_mailbox_loses_no_message(build_contract, tmp_path, noise):
    path = write_samples(tmp_path)[".mbox"]
    labels = path.with_name("a.labels.jsonl")
    lines = [line.replace(b"\n", b" ").replace(b"\r", b" ") for line in noise]
    labels.write_bytes(labels.read_bytes() + b"\n".join(lines))
    source = {"path": "mbox/*.mbox", "licence": "CC0", "origin": "o"}
    reading = read(build_contract(sources=[source], max_rejects=0.99), tmp_path)
    assert len(reading.cases) == 3
    assert len(reading.rejects) == reading.read.get("mbox/a.labels.jsonl", 0)
    assert len(reading.rejects) >= sum(bool(line.strip(b" \t\x0b\x0c\x1c\x1d\x1e\x1f"))
                                       for line in lines if line.isascii())  # fmt: skip


def damaged(raw, rng):
    """A file with some bytes changed, lost, doubled or put in."""
    made = bytearray(raw)
    for _ in range(rng.choice((1, 1, 2, 4, 10))):
        place, how = rng.randrange(len(made) + 1), rng.randrange(4)
        if how == 0:
            made[place : place + 1] = bytes([rng.randrange(256)])
        elif how == 1:
            made[place:place] = rng.choice(TOKENS) * rng.choice((1, 1, 3))
        elif how == 2:
            del made[place : place + rng.randrange(1, 30)]
        else:
            start = rng.randrange(len(made) + 1)
            made[place:place] = made[start : start + rng.randrange(60)]
    return bytes(made)


@pytest.mark.slow
@pytest.mark.parametrize("ending", sorted(FORMATS))
def test_a_damaged_file_of_any_kind_neither_crashes_nor_loses_a_row(tmp_path, ending):
    path = write_samples(tmp_path)[ending]
    whole = path.read_bytes()
    rng = random.Random(f"damage {ending}")
    read_at_all = 0
    for _ in range(400):
        path.write_bytes(damaged(whole, rng))
        rows = counted(path, rng.choice(ENCODINGS))
        read_at_all += rows is not None
        if ending in SINGLE:
            assert [row.line for row in rows] == [1]
        if rows is not None and ending == ".jsonl":
            assert len(rows) <= path.read_bytes().count(b"\n") + 1
    assert read_at_all > (0 if ending in (".jsonl.gz", ".parquet") else 200)


@pytest.mark.slow
def test_one_damaged_file_among_many_loses_no_other(build_contract, tmp_path):
    rng = random.Random("one of many")
    for turn in range(60):
        folder = tmp_path / str(turn)
        paths = write_samples(folder)
        hit = rng.choice((*SINGLE, ".mbox"))
        paths[hit].write_bytes(damaged(paths[hit].read_bytes(), rng))
        names = [f"{paths[e].parent.name}/*" for e in (*SINGLE, ".mbox")]
        sources = [{"path": name, "licence": "CC0", "origin": "o"} for name in names]
        reading = read(build_contract(sources=sources, max_rejects=0.95), folder)
        assert sum(reading.read.values()) == len(reading.cases) + len(reading.rejects)
        others = {f"a{e}" for e in SINGLE if e != hit}
        assert others <= {case.id for case in reading.cases}


def test_a_valid_row_beside_every_damaged_one_is_still_a_case(build_contract, tmp_path):
    rng = random.Random("rows")
    good = json.dumps({"input": "fine", "target": {"kind": "claim", "amount": None}}).encode()
    lines = []
    for number in range(200):
        raw = damaged(good, rng).replace(b"\n", b" ").replace(b"\r", b" ")
        lines += [raw or b"{", good.replace(b"fine", f"fine {number}".encode())]
    (tmp_path / "a.jsonl").write_bytes(b"\n".join(lines))
    source = {"path": "a.jsonl", "licence": "CC0", "origin": "o"}
    reading = read(build_contract(sources=[source], max_rejects=0.9), tmp_path)
    assert {f"fine {number}" for number in range(200)} <= {case.input for case in reading.cases}
    assert len(reading.cases) + len(reading.rejects) == reading.read["a.jsonl"] == len(lines)
