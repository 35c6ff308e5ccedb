"""The person's rows are taken out of every kind of source, every other byte stays."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.repositories.small_repository import CONTRACT

from dslm.curation.sources.formats import FORMATS
from dslm.erasure import forget, listing
from dslm.erasure.primary_files import in_order, rewrite
from dslm.erasure.rewritten_sources import rows_in
from dslm.provenance import write_atomic
from dslm.settings.workspace import Workspace

WHY = "letter 12"
TARGET = {"kind": "other", "number": None}
THEIRS = "The Ravensworths ask\nfor “the grey lamp” of lot 99812; urgent, says Zoë."
OTHERS = "Somebody else asks\nfor a red chair; it can wait; says Tom."


def repository(root: Path, *, pattern: str = "sources/*") -> Workspace:
    """A workflow with a contract alone."""
    ws = Workspace(root, "mini")
    text = CONTRACT.replace("sources/*.jsonl", pattern)
    write_atomic(ws.contract, text)
    write_atomic(root / "params.yaml", "workflows: {}\n")
    return ws


def case(number: int, sender: Any, text: str) -> dict[str, Any]:
    return {"id": f"c{number}", "input": text, "target": TARGET, "meta": {"sender": sender}}


CASES = [case(1, "Tom", f"{OTHERS} One."), case(2, "Zoë 7", THEIRS), case(3, "Tom", OTHERS),
         case(4, "zoe\u0308 7 ", f"{THEIRS} Again."), case(5, "Ann", "Nothing.")]  # fmt: skip


def lines(cases: list[dict[str, Any]], encoding: str = "utf-8") -> bytes:
    text = "".join(json.dumps(one, ensure_ascii=encoding == "ascii") + "\n" for one in cases)
    return text.encode(encoding)


def table(cases: list[dict[str, Any]], separator: str = ",", encoding: str = "utf-8") -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator, lineterminator="\r\n")
    writer.writerow(["id", "input", "target", "meta"])
    for one in cases:
        told = (json.dumps(one[key], ensure_ascii=False) for key in ("target", "meta"))
        writer.writerow([one["id"], one["input"], *told])
    return out.getvalue().encode(encoding)


def columns(cases: list[dict[str, Any]]) -> bytes:
    sink = io.BytesIO()
    rows = [one | {"target": json.dumps(one["target"]), "meta": json.dumps(one["meta"])}
            for one in cases]  # fmt: skip
    pq.write_table(pa.Table.from_pylist(rows), sink, compression="zstd")
    return sink.getvalue()


@dataclass(frozen=True)
class Shape:
    name: str
    write: Callable[[list[dict[str, Any]]], bytes]


SHAPES = [
    Shape("a.jsonl", lines),
    Shape("a.jsonl", lambda cases: lines(cases, "ascii")),
    Shape("a.jsonl", lambda cases: lines(cases, "utf-8-sig")),
    Shape("a.jsonl", lambda cases: lines(cases, "utf-16")),
    Shape("a.jsonl.gz", lambda cases: gzip.compress(lines(cases), mtime=0)),
    Shape("a.csv", table),
    Shape("a.csv", lambda cases: table(cases, ";", "utf-8-sig")),
    Shape("a.csv", lambda cases: table(cases, ",", "utf-16")),
    Shape("a.tsv", lambda cases: table(cases, "\t")),
    Shape("a.parquet", columns),
]


@pytest.mark.parametrize("shape", SHAPES, ids=lambda one: one.name)
def test_rows_are_taken_out_of_a_table_and_the_others_stay(tmp_path, shape) -> None:
    ws = repository(tmp_path, pattern=f"sources/{shape.name}")
    path = ws.data / "sources" / shape.name
    write_atomic(path, shape.write(CASES))
    (found,) = listing(ws, "ZOË 7").copies
    assert (found.kind, found.found, found.action) == ("sources", 2, "rows taken out")
    forget(ws, "ZOË 7", "ann", WHY)
    left = shape.write([one for one in CASES if one["id"] not in ("c2", "c4")])
    if shape.name.endswith(".parquet"):
        assert pq.read_table(path) == pq.read_table(io.BytesIO(left))
    else:
        assert path.read_bytes() == left


@pytest.mark.parametrize(
    ("name", "by_header"),
    [("a.eml", True), ("a.eml", False), ("a.txt", False), ("a.vtt", False), ("a.srt", False)],
)
def test_a_text_goes_with_the_label_beside_it(tmp_path, name, by_header) -> None:
    ws = repository(tmp_path, pattern=f"sources/*{Path(name).suffix}")  # fmt: skip
    texts = {
        "a.eml": "From: zoe7@example.org\nMessage-ID: <1@x>\n\nThe grey lamp of lot 99812.\n",
        "a.txt": THEIRS,
        "a.vtt": "WEBVTT\n\n00:00.000 --> 00:01.000\n<v Zoë>The grey lamp of lot 99812.</v>\n",
        "a.srt": "1\n00:00:00,000 --> 00:00:01,000\nZoë: The grey lamp of lot 99812.\n",
    }
    folder = ws.data / "sources"
    for file in (name, f"b{Path(name).suffix}"):
        text = texts[name] if file == name else texts[name].replace("zoe7", "tom")
        write_atomic(folder / file, text.replace("lamp", "lamp" if file == name else "chair"))
        meta = {} if by_header else {"sender": "Zoë 7" if file == name else "Tom"}
        label = json.dumps({"target": TARGET, "meta": meta})
        write_atomic((folder / file).with_suffix(".json"), label)
    forget(ws, "zoe7@example.org" if by_header else "zoë 7", "ann", WHY)
    assert {one.stem for one in folder.iterdir()} == {"b"}


MAILBOX = """From a@x Thu Mar  6 10:00:00 2025
From: tom@example.org
Message-ID: <1@x>

A red chair, please.
>From here on it can wait.

From b@x Thu Mar  6 10:01:00 2025
From: zoe7@example.org
Message-ID: <2@x>

The grey lamp of lot 99812, please.

From a@x Thu Mar  6 10:02:00 2025
From: tom@example.org
Message-ID: <3@x>

Another one.
"""


def mailbox(tmp_path: Path, *, by_header: bool) -> Workspace:
    ws = repository(tmp_path, pattern="sources/*.mbox")
    write_atomic(ws.data / "sources" / "a.mbox", MAILBOX)
    senders = {1: "Tom", 2: "Zoë 7", 3: "Tom"}
    labels = [
        {"message_id": f"<{n}@x>", "target": TARGET}
        | ({} if by_header else {"meta": {"sender": s}})
        for n, s in senders.items()
    ]
    write_atomic(ws.data / "sources" / "a.labels.jsonl", lines(labels))
    return ws


@pytest.mark.parametrize("by_header", [True, False])
def test_a_message_goes_with_its_line_of_labels(tmp_path, by_header) -> None:
    ws = mailbox(tmp_path, by_header=by_header)
    forget(ws, "zoe7@example.org" if by_header else "Zoë 7", "ann", WHY)
    box, labels = (ws.data / "sources" / name for name in ("a.mbox", "a.labels.jsonl"))
    before, _, rest = MAILBOX.partition("From b@x")
    assert box.read_text() == before + rest[rest.index("From a@x") :]
    assert [json.loads(one)["message_id"] for one in labels.read_text().splitlines()] == [
        "<1@x>", "<3@x>",
    ]  # fmt: skip


@pytest.mark.parametrize("by_header", [True, False])
def test_ended_between_message_and_label_the_other_is_found_still(tmp_path, by_header) -> None:
    from dslm.erasure.find_cases import find_cases

    group = "zoe7@example.org" if by_header else "Zoë 7"
    ws = mailbox(tmp_path, by_header=by_header)
    first, second = in_order(find_cases(ws, group).files)
    rewrite(first)
    (left,) = in_order(find_cases(ws, group).files)
    assert left.path == second.path
    forget(ws, group, "ann", WHY)
    assert "lot 99812" not in (ws.data / "sources" / "a.mbox").read_text()
    assert "2@x" not in (ws.data / "sources" / "a.labels.jsonl").read_text()


def test_a_text_or_label_that_was_left_alone_is_found_by_whose_it_is(tmp_path) -> None:
    from dslm.erasure.find_cases import find_cases

    ws = repository(tmp_path, pattern="sources/*.txt")
    folder = ws.data / "sources"
    write_atomic(folder / "a.txt", THEIRS)
    label = {"target": TARGET, "meta": {"sender": "Zoë 7"}}
    write_atomic(folder / "a.json", json.dumps(label))
    (folder / "a.txt").unlink()
    (file,) = find_cases(ws, "Zoë 7").files
    assert file.path.name == "a.json"
    forget(ws, "Zoë 7", "ann", WHY)
    assert list(folder.iterdir()) == []


def test_a_row_that_nobody_can_read_is_the_persons_where_it_has_the_name(tmp_path) -> None:
    ws = repository(tmp_path, pattern="sources/*.jsonl")
    path = ws.data / "sources" / "a.jsonl"
    torn = [b'{"id": "x", "meta": {"sender": "Cust-4711"}, "input": "torn', b'{"id": "y", "torn']
    whole = lines([case(1, "Tom", OTHERS), case(2, "cust-4711", THEIRS)])
    write_atomic(path, whole + b"\n".join(torn) + b"\n")
    assert "1 rows of sources cannot be read" in listing(ws, "CUST-4711").notes[-1]
    forget(ws, "CUST-4711", "ann", WHY)
    assert path.read_bytes() == lines([case(1, "Tom", OTHERS)]) + torn[1] + b"\n"


@pytest.mark.parametrize("written", [7, 7.0, "7", " 7 "])
def test_a_number_and_its_digits_are_one_group(tmp_path, written) -> None:
    ws = repository(tmp_path, pattern="sources/*.jsonl")
    path = ws.data / "sources" / "a.jsonl"
    write_atomic(path, lines([case(1, written, THEIRS), case(2, 71, OTHERS)]))
    forget(ws, "7", "ann", WHY)
    assert path.read_bytes() == lines([case(2, 71, OTHERS)])


def test_a_link_is_followed_to_the_bytes(tmp_path) -> None:
    ws = repository(tmp_path / "here", pattern="sources/*.jsonl")
    real = tmp_path / "elsewhere.jsonl"
    real.write_bytes(lines(CASES))
    (ws.data / "sources").mkdir()
    (ws.data / "sources" / "a.jsonl").symlink_to(real)
    forget(ws, "Zoë 7", "ann", WHY)
    assert b"99812" not in real.read_bytes()
    assert (ws.data / "sources" / "a.jsonl").is_symlink()


TEXT = st.text(alphabet='ab"\n,;\r\\é\u2028\t ', max_size=12)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(texts=st.lists(TEXT, min_size=1, max_size=6), data=st.data(),
       kind=st.sampled_from([".jsonl", ".csv"]))  # fmt: skip
def test_whatever_rows_hold_the_others_read_the_same(tmp_path, texts, data, kind) -> None:
    """Whichever rows are taken out."""
    cases = [case(n, "Tom", f"x{text}") for n, text in enumerate(texts)]
    path = tmp_path / f"a{kind}"
    path.write_bytes(lines(cases) if kind == ".jsonl" else table(cases))
    read = [row for row in FORMATS[kind].rows(path) if row.value]
    assert len(read) == len(cases)
    gone = data.draw(st.sets(st.sampled_from([row.line for row in read])))
    left = rows_in(path, FORMATS[kind], "utf-8").without(gone)
    kept = [row.value for row in read if row.line not in gone]
    if left is None:
        assert kept == []
        return
    path.write_bytes(left)
    assert [row.value for row in FORMATS[kind].rows(path)] == kept
