"""A copy of the whole journal in git, `registry/<workflow>/journal.jsonl`.

Each move leaves one, so that a registry that was lost whole can be restored from its files and this
alone. Takes entries or a workspace; gives the text, or the entries that it holds. Written by
`champion_move`; read by `recover` and when a registry is restored.
"""

from __future__ import annotations

from collections.abc import Iterable

from dslm.cases import read_records
from dslm.errors import InputError
from dslm.records import JournalEntry
from dslm.settings.files.regular_files import is_there
from dslm.settings.workspace import Workspace


def written(entries: Iterable[JournalEntry]) -> bytes:
    """The file's text: an entry a line, oldest first."""
    return "".join(f"{entry.model_dump_json(exclude_none=True)}\n" for entry in entries).encode()


def read_copy(ws: Workspace) -> list[JournalEntry]:
    """The entries that git has; none where no move has left a copy yet.

    Raises:
        InputError: A line is no entry; names it.
    """
    path = ws.journal_copy
    return read_records(path, JournalEntry) if is_there(path) else []


def readable_copy(ws: Workspace) -> list[JournalEntry]:
    """The same for who writes the file anew: none where it cannot be read."""
    try:
        return read_copy(ws)
    except InputError:
        return []
