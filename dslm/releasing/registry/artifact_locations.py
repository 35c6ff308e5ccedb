"""Where the repository's own MLflow database says that files lie, set right after a move or copy.

MLflow keeps absolute locations. A repository that was moved would list its versions and fetch none,
and a copied one would read the original's files and write new releases into it. Takes the database
that lies beside the files; changes the locations in it. Called whenever that database is opened; a
server's is never touched, nor one that `MLFLOW_TRACKING_URI` names elsewhere.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

FILES = "artifacts"  # beside the database
# Where the database names them: table, column, and whether what is there is written to later.
PLACES = (
    ("experiments", "artifact_location", True),
    ("runs", "artifact_uri", False),
    ("model_versions", "source", False),
    ("model_versions", "storage_location", False),
)
Change = tuple[str, str, str, str]  # table, column, from, to


def set_right(database: Path, patience: float) -> int:
    """Let every location that is of another place of this repository be of this one.

    Args:
        database: `mlflow.db`, with the files in `artifacts/` beside it.
        patience: Seconds to wait for another process that writes.

    Returns:
        How many locations were changed.

    Raises:
        sqlite3.Error: The database is busy, read-only or none; nothing was changed.
    """
    own = (database.parent / FILES).resolve()
    with contextlib.closing(sqlite3.connect(database, timeout=patience)) as connection:
        if not list(_changes(connection, own)):
            return 0
        with connection:
            connection.execute("BEGIN IMMEDIATE")
            changes = list(_changes(connection, own))
            for table, column, old, new in changes:
                said = f"UPDATE {table} SET {column} = ? WHERE {column} = ?"
                connection.execute(said, (new, old))
        return len(changes)


def _changes(connection: sqlite3.Connection, own: Path) -> Iterator[Change]:
    for table, column, written_to in PLACES:
        said = f"SELECT DISTINCT {column} FROM {table} WHERE {column} LIKE ?"
        for (old,) in connection.execute(said, (f"%/{own.parent.name}/{FILES}/%",)).fetchall():
            there = _path(old)
            here = None if there is None else _here(there, own)
            if here is None or here == there:
                continue
            # files that lie only where the location says stay reachable
            if written_to or here.exists() or not (there and there.exists()):
                yield table, column, old, here.as_uri()


def here_of(location: str, own: Path) -> Path | None:
    """Where files lie that the database places somewhere; None where that is not in `own`.

    Args:
        location: As the database has it, of this place of the repository or of another.
        own: The folder of all files, beside the database.
    """
    there = _path(location)
    return None if there is None else _here(there, own)


def _path(location: str) -> Path | None:
    """A location as a path; None of one that is no file of this machine."""
    if location.startswith("/"):
        return Path(location)
    parts = urlsplit(location)
    return Path(url2pathname(parts.path)) if parts.scheme == "file" else None


def _here(path: Path, own: Path) -> Path | None:
    """Where a path of another place's artifacts would be in this one; None of any other path."""
    tail = (own.parent.name, FILES)
    for end in range(len(path.parts) - 1, 1, -1):
        if path.parts[end - 2 : end] == tail:
            rest = path.parts[end:]
            return None if ".." in rest else own.joinpath(*rest)
    return None
