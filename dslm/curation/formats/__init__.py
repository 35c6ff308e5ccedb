"""The kinds of source files: JSON lines, CSV, Parquet, mail, captions of calls, and plain text.

Each reader takes a path and gives every row with its line, or the fault that makes it none;
`reading` and `importing` count the faults. Only a file that cannot be read at all, or whose rows
can no longer be told apart, is an error.
"""

from __future__ import annotations

import os
from pathlib import Path

from dslm.curation.formats.captions import SRT, VTT
from dslm.curation.formats.csv_rows import CSV
from dslm.curation.formats.json_lines import GZIPPED_JSON_LINES, JSON_LINES
from dslm.curation.formats.mail import EML
from dslm.curation.formats.mailboxes import MBOX
from dslm.curation.formats.parquet_rows import PARQUET
from dslm.curation.formats.plain_text import TXT
from dslm.curation.formats.rows import LONGEST_LINE, PART_BYTES, Format, Part, Row
from dslm.errors import InputError

__all__ = ["FORMATS", "LONGEST_LINE", "PART_BYTES", "Format", "Part", "Row", "format_of"]

FORMATS = {
    ".jsonl": JSON_LINES,
    ".jsonl.gz": GZIPPED_JSON_LINES,
    ".csv": CSV,
    ".parquet": PARQUET,
    ".eml": EML,
    ".mbox": MBOX,
    ".vtt": VTT,
    ".srt": SRT,
    ".txt": TXT,
}


def format_of(path: Path) -> Format:
    """How a file is read, by its name.

    Raises:
        InputError: No such file, one of another kind, or one that may not be read.
    """
    if not path.is_file():
        raise InputError("is a folder, a file was expected" if path.is_dir() else "no such file",
                         where=path)  # fmt: skip
    if not os.access(path, os.R_OK):
        raise InputError("may not be read", where=path, fix="mend its permissions")
    for suffix, known in FORMATS.items():
        if path.name.lower().endswith(suffix):
            return known
    raise InputError(f"unsupported file type {path.suffix or path.name!r}", where=path,
                     fix=f"use one of {', '.join(FORMATS)}")  # fmt: skip
