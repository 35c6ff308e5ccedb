"""A file of cases without some of its rows, every other byte as it was.

Takes a file as a source's format reads it; gives the text of each row, and the bytes of the file
without some. Called by `find_cases`, which asks for the texts of rows that nobody can read, and by
`primary`, which writes what is left.
"""

from __future__ import annotations

import gzip
import io
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unicodedata import normalize

from dslm.curation.sources import (
    FORMATS,
    LONE_LABEL,
    LONGEST_MARK,
    MBOX_LABELS,
    Format,
    encoding_of,
    is_bytewise,
    label_of,
    message_spans,
)
from dslm.erasure.text.folded_text import unescaped
from dslm.errors import InputError

JSONL, GZIPPED, CSV_KIND = FORMATS[".jsonl"], FORMATS[".jsonl.gz"], FORMATS[".csv"]
MBOX_KIND, PARQUET_KIND = FORMATS[".mbox"], FORMATS[".parquet"]


@dataclass(frozen=True)
class Rows:
    """A file in rows.

    Attributes:
        texts: Each row's text by its line or number, those that nobody can read among them.
        without: The bytes of the file without some rows; None where nothing is left.
    """

    texts: dict[int, str]
    without: Callable[[Collection[int]], bytes | None]


def rows_in(path: Path, kind: Format, encoding: str) -> Rows:
    """A file in rows that can be taken out one by one.

    Args:
        path: The file.
        kind: How it is read.
        encoding: What its source says of its text.

    Raises:
        InputError: It cannot be read.
    """
    if kind in (JSONL, GZIPPED) or kind is MBOX_LABELS:
        return _json_lines(path, encoding)
    if kind is CSV_KIND:
        return _csv(path, encoding)
    if kind is PARQUET_KIND:
        return _parquet(path)
    if kind is MBOX_KIND:
        return _mailbox(path)
    return _one_text(path, kind)


def _json_lines(path: Path, encoding: str) -> Rows:
    zipped = path.suffix.lower() == ".gz"
    data = gzip.decompress(path.read_bytes()) if zipped else path.read_bytes()
    found = encoding_of(data[:LONGEST_MARK], encoding)
    if is_bytewise(found):
        lines: list[Any] = _by_newline(data)
        texts = {n: one.decode(found, "replace") for n, one in enumerate(lines, start=1)}
    else:
        text = data.decode(found, "surrogatepass")
        lines = [f"{one}\n" for one in text.split("\n")]
        lines[-1] = lines[-1][:-1]
        texts = dict(enumerate(lines, start=1))

    def without(gone: Collection[int]) -> bytes | None:
        kept = [line for n, line in enumerate(lines, start=1) if n not in gone]
        if not any(line.strip() for line in kept):
            return None
        if isinstance(kept[0], bytes):
            joined = b"".join(kept)
            mark = encoding_mark(data)
            joined = joined if joined.startswith(mark) else mark + joined
        else:
            joined = "".join(kept).encode(found, "surrogatepass")
        return gzip.compress(joined, mtime=0) if zipped else joined

    return Rows({n: text for n, text in texts.items() if text.strip()}, without)


def encoding_mark(data: bytes) -> bytes:
    """The mark of UTF-8 that some bytes begin with, which is no part of their first row."""
    return data[:3] if data.startswith(b"\xef\xbb\xbf") else b""


def _by_newline(data: bytes) -> list[bytes]:
    lines = [line + b"\n" for line in data.split(b"\n")]
    lines[-1] = lines[-1][:-1]
    return lines if lines[-1] else lines[:-1]


def _csv(path: Path, encoding: str) -> Rows:
    data = path.read_bytes()
    found = encoding_of(data[:LONGEST_MARK], encoding)
    wide = not is_bytewise(found)
    errors = "surrogatepass" if wide else "surrogateescape"
    lines = list(io.StringIO(data.decode(found, errors), newline=""))
    begins = [row.line for row in CSV_KIND.rows(path, None, encoding)]
    ends = [*begins[1:], len(lines) + 1]
    spans = dict(zip(begins, ends, strict=False))
    texts = {n: "".join(lines[n - 1 : end - 1]) for n, end in spans.items()}

    def without(gone: Collection[int]) -> bytes | None:
        if not spans.keys() - set(gone):
            return None
        dropped = {line for n in gone for line in range(n, spans[n])}
        kept = (line for n, line in enumerate(lines, start=1) if n not in dropped)
        return "".join(kept).encode(found, errors)

    return Rows(texts, without)


def _parquet(path: Path) -> Rows:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise InputError("not Parquet", where=path, fix="write the file again") from error
    packed = pq.ParquetFile(path).metadata

    def without(gone: Collection[int]) -> bytes | None:
        kept = [n not in gone for n in range(1, table.num_rows + 1)]
        if not any(kept):
            return None
        sink = io.BytesIO()
        as_before = packed.row_group(0).column(0).compression.lower()
        compression = {"uncompressed": "none"}.get(as_before, as_before)
        pq.write_table(table.filter(pa.array(kept)), sink, compression=compression)
        return sink.getvalue()

    return Rows({}, without)


def _mailbox(path: Path) -> Rows:
    data = path.read_bytes()
    spans = message_spans(path)
    texts = {n: data[start:end].decode("utf-8", "replace") for n, (start, end) in spans.items()}

    def without(gone: Collection[int]) -> bytes | None:
        if not spans.keys() - set(gone):
            return None
        kept, at = [], 0
        for number, (start, end) in sorted(spans.items()):
            if number in gone:
                kept.append(data[at:start])
                at = end
        return b"".join([*kept, data[at:]])

    return Rows(texts, without)


def _one_text(path: Path, kind: Format) -> Rows:
    data = path.read_bytes()
    beside = label_of(path)
    if kind is not LONE_LABEL and beside.is_file():
        data += b"\n" + beside.read_bytes()
    return Rows({1: data.decode("utf-8", "replace")}, lambda gone: None if gone else data)


def rows_naming(
    path: Path, kind: Format, encoding: str, lines: Collection[int], names: Collection[str]
) -> dict[int, str]:
    """Those of some rows, that nobody could read, in which one of some names stands as a word."""
    words = "|".join(rf"(?<!\w){re.escape(one)}(?!\w)" for one in sorted(names))
    asked = re.compile(words, re.IGNORECASE)
    texts = rows_in(path, kind, encoding).texts
    return {
        line: texts[line] for line in lines
        if line in texts and asked.search(normalize("NFC", unescaped(texts[line])))
    }  # fmt: skip


def beside_of(path: Path, kind: Format) -> Iterator[Path]:
    """The label that goes with a file of one text."""
    if kind.single and kind is not LONE_LABEL and label_of(path).is_file():
        yield label_of(path)
