"""Rows of source files: JSON lines (also gzipped), CSV and Parquet.

Takes a path, gives each row with its line number, or the fault that makes it no row. `readers` and
`importing` count the faults; only a file that cannot be read at all, or whose rows can no longer be
told apart, is an error here.
"""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dslm.curation.casting import as_json, strict_json
from dslm.errors import InputError


@dataclass(frozen=True)
class Row:
    """One row: its line (CSV: the first of it; Parquet: the row's number), and value or fault."""

    line: int
    value: dict[str, Any] | None = None
    fault: str | None = None


def _json_row(line: int, raw: bytes) -> Row | None:
    try:
        text = raw.decode("utf-8-sig" if line == 1 else "utf-8").strip()
    except UnicodeDecodeError as error:
        return Row(line, fault=f"not UTF-8 (byte {error.object[error.start]:#04x})")
    if not text:
        return None
    try:
        value = strict_json(text)
    except ValueError as error:
        return Row(line, fault=f"not JSON: {error}")
    if not isinstance(value, dict):
        return Row(line, fault="not a JSON object")
    return Row(line, value)


def _json_lines(path: Path) -> Iterator[Row]:
    opener = gzip.open if path.suffix == ".gz" else open
    line = 0
    try:
        with opener(path, "rb") as stream:
            for line, raw in enumerate(stream, start=1):
                if row := _json_row(line, raw):
                    yield row
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise InputError(f"broken gzip ({error})", where=f"{path}:{line + 1}",
                         fix="fetch the file again") from None  # fmt: skip


def _csv_row(line: int, header: list[str], cells: list[str]) -> Row:
    if len(cells) != len(header):
        return Row(line, fault=f"{len(cells)} cells under {len(header)} columns")
    try:
        "".join(cells).encode()
    except UnicodeEncodeError as error:
        return Row(line, fault=f"not UTF-8 (byte {ord(error.object[error.start]) & 0xFF:#04x})")
    return Row(line, dict(zip(header, cells, strict=True)))


def _csv(path: Path) -> Iterator[Row]:
    # bytes that are not UTF-8 come through as half surrogates, so that only their row is lost
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as stream:
        reader = csv.reader(stream, strict=True)
        start = 1
        try:
            header = next(reader, [])
            if len(set(header)) != len(header):
                raise InputError("a column's name is there twice", where=f"{path}:1")
            start = reader.line_num + 1
            for cells in reader:
                if cells:
                    yield _csv_row(start, header, cells)
                start = reader.line_num + 1
        except csv.Error as error:
            raise InputError(f"not CSV from here on: {error}", where=f"{path}:{start}",
                             fix="close the quotes of this row") from None  # fmt: skip


def _parquet(path: Path) -> Iterator[Row]:
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        raise InputError("reading Parquet needs pyarrow", where=path,
                         fix="pip install 'dslm[train]'") from None  # fmt: skip
    line = 0
    try:
        for batch in pq.ParquetFile(path).iter_batches(batch_size=1024):
            for value in batch.to_pylist():
                line += 1
                yield Row(line, as_json(value))
    except (pa.ArrowException, OSError) as error:
        first = str(error).splitlines()[0]
        raise InputError(f"not Parquet: {first}", where=path, fix="write the file again") from None


@dataclass(frozen=True)
class Format:
    """How a kind of file is read; in a `textual` one every value is text, empty for null."""

    rows: Callable[[Path], Iterator[Row]]
    textual: bool = False


FORMATS = {
    ".jsonl": Format(_json_lines),
    ".jsonl.gz": Format(_json_lines),
    ".csv": Format(_csv, textual=True),
    ".parquet": Format(_parquet),
}


def format_of(path: Path) -> Format:
    """How a file is read, by its name.

    Raises:
        InputError: No such file, or one of another kind.
    """
    if not path.is_file():
        raise InputError("is a folder, a file was expected" if path.is_dir() else "no such file",
                         where=path)  # fmt: skip
    for suffix, known in FORMATS.items():
        if path.name.lower().endswith(suffix):
            return known
    raise InputError(f"unsupported file type {path.suffix or path.name!r}", where=path,
                     fix=f"use one of {', '.join(FORMATS)}")  # fmt: skip
