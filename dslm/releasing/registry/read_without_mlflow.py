"""The repository's own registry, read without MLflow: listing versions in a blink.

MLflow takes seconds to import; its sqlite database holds versions, tags and aliases in four plain
tables. Takes a repository and a model name; gives a `ModelStore` that reads those, or the usual one
where MLflow lives on a server, or where its database is of another form than is known here. Writes
nothing. Called by `dslm release list`.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType
from typing import Any

from dslm.releasing.package.allowed_files import refuse_irregular
from dslm.releasing.registry.artifact_locations import FILES, here_of
from dslm.releasing.registry.mlflow_connection import (
    NAME,
    PATIENCE,
    client,
    database,
    sound_answers,
)
from dslm.releasing.registry.mlflow_errors import fault
from dslm.releasing.registry.mlflow_store import FOLDER, ModelStore
from dslm.releasing.registry.repository_id import name_in_registry, refuse_others
from dslm.releasing.registry.version import Version, registered_at
from dslm.settings.workspace import origin

_DELETED = "Deleted_Internal"  # MLflow keeps the rows of versions that were deleted
_VERSIONS = f"""
    SELECT version, creation_time, run_id FROM model_versions
    WHERE name = ? AND workspace = 'default' AND current_stage <> '{_DELETED}' ORDER BY version
"""
_TAGS = (
    "SELECT version, key, value FROM model_version_tags WHERE name = ? AND workspace = 'default'"
)
_ALIASES = (
    "SELECT alias, version FROM registered_model_aliases WHERE name = ? AND workspace = 'default'"
)
_FILES = "SELECT artifact_uri FROM runs WHERE run_uuid = ?"


def reading_store(root: Path, model: str) -> ModelStore:
    """The registry of a repository, to be read.

    Raises:
        EnvironmentFault: It is busy, or cannot be reached now.
        InputError: What is there is no MLflow database.
    """
    path = database(root)
    own = origin(root) / ".mlflow" / NAME
    if path is not None and path.resolve() == own.resolve():
        store = _SqliteStore(root, model, path)
        if store.knows_its_form():
            return store
    return ModelStore(root, model, mlflow=client(root, writes=False))


class _SqliteStore(ModelStore):
    """Reads MLflow's tables; what it does not have here is of `ModelStore`, and needs MLflow."""

    def __init__(self, root: Path, model: str, path: Path):
        self.root, self.model, self.name = root, model, name_in_registry(root, model)
        self._path = path

    def beside(self, model: str) -> ModelStore:
        """Another model of the same registry."""
        return _SqliteStore(self.root, model, self._path)

    def knows_its_form(self) -> bool:
        """Whether the database has the tables and columns that are read here."""
        try:
            with self._connected() as connection:
                for said in (_VERSIONS, _TAGS, _ALIASES, _FILES):
                    connection.execute(said, ("",)).fetchone()
        except sqlite3.OperationalError as error:
            if "no such" in str(error):
                return False
            raise fault(error, str(self._path)) from error
        except sqlite3.Error as error:
            raise fault(error, str(self._path)) from error
        return True

    def versions(self, *, aliases: bool = True) -> list[Version]:
        """All versions, oldest first, with the aliases that name them unless nobody asks."""
        with sound_answers(self.root):
            found = self._versions(aliases=aliases)
        refuse_others(self.root, self.model, found)
        return found

    def _versions(self, *, aliases: bool) -> list[Version]:
        tags: dict[int, dict[str, str]] = {}
        for number, key, value in self._asked(_TAGS):
            tags.setdefault(int(number), {})[str(key)] = str(value)
        named: dict[int, list[str]] = {}
        for alias, number in (self.aliases() if aliases else {}).items():
            named.setdefault(number, []).append(alias)
        return [
            Version(
                number=int(number),
                tags=MappingProxyType(tags.get(int(number), {})),
                aliases=tuple(sorted(named.get(int(number), []))),
                created=registered_at(tags.get(int(number), {}), created),
                run_id=run_id or None,
            )
            for number, created, run_id in self._asked(_VERSIONS)
        ]

    def aliases(self) -> dict[str, int]:
        """Which version each alias names."""
        with sound_answers(self.root):
            return {str(alias): int(number) for alias, number in self._asked(_ALIASES)}

    def read(self, version: Version, name: str) -> bytes | None:
        """One file of a version, nothing proved; None where there is none."""
        own = (self._path.parent / FILES).resolve()
        for (uri,) in self._asked(_FILES, version.run_id or ""):
            place = here_of(uri, own)
            path = place and (place / FOLDER / name)
            if path and path.is_file() and path.resolve().is_relative_to(own):
                refuse_irregular(path.parent)
                return path.read_bytes()
        return None

    def _asked(self, said: str, about: str | None = None) -> list[Any]:
        try:
            with self._connected() as connection:
                about = self.name if about is None else about
                return connection.execute(said, (about,)).fetchall()
        except sqlite3.Error as error:
            raise fault(error, str(self._path)) from error

    @contextlib.contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        address = f"{self._path.resolve().as_uri()}?mode=ro"
        with contextlib.closing(sqlite3.connect(address, uri=True, timeout=PATIENCE)) as connection:
            yield connection
