"""Parquet: a row is a row, numbered from 1, and each row group is a part of its own.

A file that is damaged anywhere is an error: its rows can no longer be told apart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dslm.curation.sources.formats.source_rows import Format, Part, Row
from dslm.curation.sources.mapping.type_coercion import as_json
from dslm.errors import EnvironmentFault, InputError


def _file(path: Path) -> Any:
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        raise EnvironmentFault("reading Parquet needs pyarrow", where=path,
                         fix="pip install 'dslm[train]'") from None  # fmt: skip
    try:
        file = pq.ParquetFile(path)
        names = file.schema_arrow.names
    except (pa.ArrowException, OSError, ValueError) as error:
        raise _no_parquet(path, error) from None
    if doubled := [name for name, times in Counter(names).items() if times > 1]:
        raise InputError(f"the column {doubled[0]!r} is there twice", where=path,
                         fix="give each column a name of its own")  # fmt: skip
    return file


def _no_parquet(path: Path, error: Exception) -> InputError:
    first = (str(error).splitlines() or [type(error).__name__])[0]
    return InputError(f"not Parquet: {first}", where=path, fix="write the file again")


def _rows_of(batch: Any, before: int) -> Iterator[Row]:
    try:
        values = batch.to_pylist()
    except (ValueError, OverflowError):  # of one row, the others are well
        for place in range(batch.num_rows):
            yield _lone_row(batch.slice(place, 1), before + place + 1)
    else:
        for line, value in enumerate(values, start=before + 1):
            yield Row(line, as_json(value))


def _lone_row(batch: Any, line: int) -> Row:
    try:
        return Row(line, as_json(batch.to_pylist()[0]))
    except UnicodeDecodeError as error:
        return Row(line, fault=f"not UTF-8 (byte {error.object[error.start]:#04x})")
    except (ValueError, OverflowError) as error:  # such as a date beyond the year 9999
        return Row(line, fault=f"a value that JSON has no form for: {error}")


def _rows(path: Path, part: Part | None = None, encoding: str = "utf-8") -> Iterator[Row]:
    del encoding  # the format has its own
    file = _file(path)
    import pyarrow as pa

    groups = list(range(part.start, part.end)) if part else None
    line = part.first - 1 if part else 0
    try:
        for batch in file.iter_batches(batch_size=1024, row_groups=groups):
            yield from _rows_of(batch, line)
            line += batch.num_rows
    except (pa.ArrowException, OSError, ValueError) as error:
        raise _no_parquet(path, error) from None


def _parts(path: Path, _encoding: str) -> list[Part]:
    metadata = _file(path).metadata
    parts, first = [], 1
    for group in range(metadata.num_row_groups):
        parts.append(Part(group, group + 1, first))
        first += metadata.row_group(group).num_rows
    return parts or [Part(0, 0, 1)]


PARQUET = Format(_rows, _parts)
