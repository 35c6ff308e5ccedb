"""Rows of source files: JSON lines (also gzipped), CSV and Parquet.

Takes a path, gives each row with its line number, or the fault that makes it no row. Files whose
rows can be told apart from the middle on are cut into parts that are read side by side. `reading`
and `importing` count the faults; only a file that cannot be read at all, or whose rows can no
longer be told apart, is an error here.
"""

from __future__ import annotations

import csv
import gzip
import math
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from dslm.curation.casting import as_json, strict_json
from dslm.errors import InputError

PART_BYTES = 4 << 20
LONGEST_LINE = 16 << 20  # bytes; a longer one is a reject, and is never held in memory


@dataclass(frozen=True)
class Part:
    """A stretch of a file: bytes of JSON lines, or row groups of Parquet; `first` is its line."""

    start: int
    end: int
    first: int


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


def _lines(stream: IO[bytes] | gzip.GzipFile, left: float) -> Iterator[bytes | None]:
    """Each line of the next `left` bytes; None for one that is too long."""
    while left > 0 and (raw := stream.readline(LONGEST_LINE + 1)):
        left -= len(raw)
        whole = len(raw) <= LONGEST_LINE
        yield raw if whole else None
        while not whole and raw and not raw.endswith(b"\n"):
            raw = stream.readline(1 << 20)
            left -= len(raw)


def _json_lines(path: Path, part: Part | None = None) -> Iterator[Row]:
    opener = gzip.open if path.suffix == ".gz" else open
    line = 0
    first = part.first if part else 1
    try:
        with opener(path, "rb") as stream:
            if part:
                stream.seek(part.start)
            left = part.end - part.start if part else math.inf
            for line, raw in enumerate(_lines(stream, left), start=first):
                if raw is None:
                    yield Row(line, fault=f"longer than {LONGEST_LINE >> 20} MiB")
                elif row := _json_row(line, raw):
                    yield row
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise InputError(f"broken gzip ({error})", where=f"{path}:{line + 1}",
                         fix="fetch the file again") from None  # fmt: skip


def _json_parts(path: Path) -> list[Part]:
    """Stretches that end with a line, each of about `PART_BYTES`."""
    parts: list[Part] = []
    begin, first, at, lines = 0, 1, 0, 0
    with path.open("rb") as stream:
        while block := stream.read(PART_BYTES):
            end = block.rfind(b"\n") + 1
            if end:
                lines = block.count(b"\n")
                parts.append(Part(begin, at + end, first))
                begin, first = at + end, first + lines
            at += len(block)
    if begin < at or not parts:
        parts.append(Part(begin, at, first))
    return parts


def _csv_row(line: int, header: list[str], cells: list[str]) -> Row:
    if len(cells) != len(header):
        return Row(line, fault=f"{len(cells)} cells under {len(header)} columns")
    try:
        "".join(cells).encode()
    except UnicodeEncodeError as error:
        return Row(line, fault=f"not UTF-8 (byte {ord(error.object[error.start]) & 0xFF:#04x})")
    return Row(line, dict(zip(header, cells, strict=True)))


def _csv(path: Path, _: Part | None = None) -> Iterator[Row]:
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


def _parquet_file(path: Path) -> Any:
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        raise InputError("reading Parquet needs pyarrow", where=path,
                         fix="pip install 'dslm[train]'") from None  # fmt: skip
    try:
        return pq.ParquetFile(path)
    except (pa.ArrowException, OSError) as error:
        raise _no_parquet(path, error) from None


def _no_parquet(path: Path, error: Exception) -> InputError:
    first = str(error).splitlines()[0]
    return InputError(f"not Parquet: {first}", where=path, fix="write the file again")


def _parquet(path: Path, part: Part | None = None) -> Iterator[Row]:
    file = _parquet_file(path)
    import pyarrow as pa

    groups = list(range(part.start, part.end)) if part else None
    line = part.first - 1 if part else 0
    try:
        for batch in file.iter_batches(batch_size=1024, row_groups=groups):
            for value in batch.to_pylist():
                line += 1
                yield Row(line, as_json(value))
    except (pa.ArrowException, OSError) as error:
        raise _no_parquet(path, error) from None


def _parquet_parts(path: Path) -> list[Part]:
    metadata = _parquet_file(path).metadata
    parts, first = [], 1
    for group in range(metadata.num_row_groups):
        parts.append(Part(group, group + 1, first))
        first += metadata.row_group(group).num_rows
    return parts or [Part(0, 0, 1)]


def _whole(_: Path) -> list[None]:
    return [None]


@dataclass(frozen=True)
class Format:
    """How a kind of file is read; in a `textual` one every value is text, empty for null.

    `parts` gives the stretches that `rows` reads one by one; a None among them is the whole file.
    """

    rows: Callable[[Path, Part | None], Iterator[Row]]
    parts: Callable[[Path], Sequence[Part | None]] = _whole
    textual: bool = False


FORMATS = {
    ".jsonl": Format(_json_lines, _json_parts),
    ".jsonl.gz": Format(_json_lines),
    ".csv": Format(_csv, textual=True),
    ".parquet": Format(_parquet, _parquet_parts),
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
