"""Source files to one table of cases: formats, row mapping, the engine that reads.

In go the contract's sources and one callable for what was read, out comes a table on disk.
Called by the pipeline, imports, books and personal data, `dslm check`, `dslm init` and erasure.
"""

from dslm.curation.sources.daft_engine import ROWS, STOP, Engine, Reads, Tally, noticed, stopped
from dslm.curation.sources.formats import FORMATS, Format, format_of
from dslm.curation.sources.formats.json_lines import GZIPPED_JSON_LINES, JSON_LINES
from dslm.curation.sources.formats.mail import MAIL_KEYS
from dslm.curation.sources.formats.mail.mail_threads import bare_id
from dslm.curation.sources.formats.mailboxes import (
    MBOX_LABELS,
    labels_beside,
    mailbox_of,
    message_spans,
)
from dslm.curation.sources.formats.sidecar_labels import LABELLED, LONE_LABEL, label_of
from dslm.curation.sources.formats.source_rows import Row
from dslm.curation.sources.formats.text_decoding import LONGEST_MARK, encoding_of, is_bytewise
from dslm.curation.sources.input_errors import RowsFound, refuse_many_rejects, rows_with_unique_ids
from dslm.curation.sources.mapping.chat_messages import CHAT_KEYS, unfenced, without_chat
from dslm.curation.sources.mapping.dialogue_turns import rendered, turns_of
from dslm.curation.sources.mapping.nested_fields import JOINT, flattened, to_flatten
from dslm.curation.sources.mapping.row_mapping import (
    Misfit,
    content_id,
    labels_of,
    meta_of,
    to_case,
)
from dslm.curation.sources.mapping.type_coercion import as_json
from dslm.curation.sources.source_chunks import (
    SourceChunk,
    SourceFile,
    chunks_of,
    files_matching,
    files_of,
    present_files,
)
from dslm.curation.sources.source_table import TABLE, WORDS, FaultyRow, ReadCase, Rows, read_sources
from dslm.curation.sources.unique_ids import with_unique_ids

__all__ = [
    "CHAT_KEYS",
    "FORMATS",
    "GZIPPED_JSON_LINES",
    "JOINT",
    "JSON_LINES",
    "LABELLED",
    "LONE_LABEL",
    "LONGEST_MARK",
    "MAIL_KEYS",
    "MBOX_LABELS",
    "ROWS",
    "STOP",
    "TABLE",
    "WORDS",
    "Engine",
    "FaultyRow",
    "Format",
    "Misfit",
    "ReadCase",
    "Reads",
    "Row",
    "Rows",
    "RowsFound",
    "SourceChunk",
    "SourceFile",
    "Tally",
    "as_json",
    "bare_id",
    "chunks_of",
    "content_id",
    "encoding_of",
    "files_matching",
    "files_of",
    "flattened",
    "format_of",
    "is_bytewise",
    "label_of",
    "labels_beside",
    "labels_of",
    "mailbox_of",
    "message_spans",
    "meta_of",
    "noticed",
    "present_files",
    "read_sources",
    "refuse_many_rejects",
    "rendered",
    "rows_with_unique_ids",
    "stopped",
    "to_case",
    "to_flatten",
    "turns_of",
    "unfenced",
    "with_unique_ids",
    "without_chat",
]
