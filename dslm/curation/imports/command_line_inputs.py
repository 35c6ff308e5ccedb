"""Rows of what a person hands over on the command line: one file, or a folder of texts with labels.

Takes a path, gives rows read by the readers that sources have, each with its place. Called by
`import_mapping` for `dslm import` and by `dslm.scaffolding` for `dslm init`.
"""

from __future__ import annotations

import glob
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dslm.contract.model.contract_model import Source
from dslm.curation.sources import FORMATS, LABELLED, SourceFile, as_json, files_of, format_of
from dslm.errors import InputError

TABLES = (".csv", ".tsv", ".parquet")  # of columns, where a row of the others has a target and meta
KINDS = f"one file of {', '.join(k for k in FORMATS if k not in LABELLED)}, or a folder of " \
        f"{', '.join(LABELLED)} with a .json beside each"  # fmt: skip


@dataclass(frozen=True)
class GivenRow:
    """One row, or why it is none.

    Attributes:
        source: The file's name.
        line: Its line or number there.
        value: What it holds; in a table an empty cell is None.
        fault: Why it holds nothing.
        table: Whether it has columns rather than the parts of a case.
    """

    source: str
    line: int
    value: dict[str, Any] | None
    fault: str | None
    table: bool


def given_files(path: Path) -> list[SourceFile]:
    """The files to read.

    Raises:
        InputError: Nothing is there, it is of a kind that cannot be read, or one text of many.
    """
    if path.is_dir():
        if not any(one.is_file() for one in path.iterdir()):
            raise InputError("no files in this folder", where=path, fix=f"give {KINDS}")
        return files_of([_source("*")], path)
    format_of(path)
    if path.name.lower().endswith(LABELLED):
        raise InputError("is one text, and so one case", where=path,
                         fix=f"give the folder: {path.parent}")  # fmt: skip
    return files_of([_source(glob.escape(path.name))], path.parent)


def _source(pattern: str) -> Source:
    return Source(path=pattern, licence="", origin="")


def given_rows(path: Path) -> Iterator[GivenRow]:
    """Every row of a file or folder, in order.

    Raises:
        InputError: As for `given_files`, or a file that cannot be read on.
    """
    for file in given_files(path):
        table = file.name.lower().endswith(TABLES)
        for row in file.kind.rows(file.path, None, "utf-8"):
            value = row.value
            if value is not None and table:
                value = {key: None if cell == "" else as_json(cell) for key, cell in value.items()}
            yield GivenRow(file.name, row.line, value, row.fault, table)
