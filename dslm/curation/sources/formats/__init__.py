"""The kinds of source files: JSON lines, CSV, Parquet, mail, captions of calls, and plain text.

Each reader takes a path and gives every row with its line, or the fault that makes it none;
`source_table` and `file_import` count the faults. Only a file that cannot be read at all, or whose
rows can no longer be told apart, is an error.
"""

from __future__ import annotations

import os
from pathlib import Path

from dslm.curation.sources.formats.captions import SRT, VTT
from dslm.curation.sources.formats.csv_rows import CSV
from dslm.curation.sources.formats.json_lines import GZIPPED_JSON_LINES, JSON_LINES
from dslm.curation.sources.formats.mail import EML
from dslm.curation.sources.formats.mailboxes import MBOX
from dslm.curation.sources.formats.parquet_rows import PARQUET
from dslm.curation.sources.formats.plain_text import TXT
from dslm.curation.sources.formats.source_rows import LONGEST_LINE, PART_BYTES, Format, Part, Row
from dslm.errors import InputError
from dslm.settings.files.regular_files import refuse_no_file

__all__ = ["FORMATS", "LONGEST_LINE", "PART_BYTES", "Format", "Part", "Row", "format_of"]

FORMATS = {
    ".jsonl": JSON_LINES,
    ".jsonl.gz": GZIPPED_JSON_LINES,
    ".csv": CSV,
    ".tsv": CSV,
    ".parquet": PARQUET,
    ".eml": EML,
    ".mbox": MBOX,
    ".vtt": VTT,
    ".srt": SRT,
    ".txt": TXT,
}
# What to do with kinds of files that are one step away.
OTHER_KINDS = {
    ".json": "write one object a line and call it .jsonl: `jq -c '.[]' a.json > a.jsonl`",
    ".ndjson": "call it .jsonl",
    ".xlsx": "save it as CSV in UTF-8",
    ".xls": "save it as CSV in UTF-8",
    ".gz": "only .jsonl.gz is read zipped: unzip it first",
    ".zip": "unzip it first",
    ".msg": "save the mails as .eml",
    ".pst": "save the mails as .mbox or .eml",
}


def format_of(path: Path) -> Format:
    """How a file is read, by its name.

    Raises:
        InputError: No such file, one of another kind, or one that may not be read.
    """
    refuse_no_file(path)
    if not os.access(path, os.R_OK):
        raise InputError("may not be read", where=path, fix="mend its permissions")
    for suffix, known in FORMATS.items():
        if path.name.lower().endswith(suffix):
            return known
    ending = path.suffix or path.name
    fix = OTHER_KINDS.get(ending.lower(), f"use one of {', '.join(FORMATS)}")
    raise InputError(f"unsupported file type {ending!r}", where=path, fix=fix)
