"""Where the MLflow database and artifacts lie, and how they are opened without noise or phoning.

Takes a repository root; gives a ready `MlflowClient`, or one clear error. Called by
`mlflow_tracking` and `mlflow_store`, which hold everything else that is said to MLflow. Needs the
light core only (mlflow-skinny, sqlalchemy, alembic).
"""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import sqlite3
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from dslm.errors import EnvironmentFault, InputError
from dslm.errors.third_party_errors import VARIABLE
from dslm.provenance import sync_folder
from dslm.releasing.registry.artifact_locations import FILES, set_right
from dslm.releasing.registry.mlflow_errors import fault, knock, refuse_misspelt
from dslm.settings.files.regular_files import is_there
from dslm.settings.imports_without_gc import quick_imports
from dslm.settings.workspace import origin
from dslm.stage import take_lock
from dslm.uris import without_password

if TYPE_CHECKING:
    from mlflow import MlflowClient

# Seconds to wait for another process to finish writing to the database.
PATIENCE = 20.0

_ENVIRONMENT = {  # nothing leaves the machine, nothing is unpickled
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false",
}
_PREFERENCES = {  # a server that does not answer is reported in seconds, not in minutes
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "30",
    "MLFLOW_LOGGING_LEVEL": "ERROR",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
}
_SQLITE, _WITH_DRIVER = "sqlite:///", "sqlite+pysqlite:///"
NAME = "mlflow.db"
_DATABASES = ("postgresql", "mysql", "mssql")


def tracking_uri(root: Path) -> str:
    """`MLFLOW_TRACKING_URI`, or the repository's own sqlite database."""
    return os.environ.get("MLFLOW_TRACKING_URI") or _address(_own(root) / NAME)


def _address(path: Path) -> str:
    """The address of a sqlite file; what SQLAlchemy decodes, or ends a path at, is encoded.

    Of such an address MLflow would make the folder without decoding it, beside the right one; it
    makes none where the driver is named.
    """
    written = str(path)
    for character in "%?#":  # % first
        written = written.replace(character, quote(character))
    return (_SQLITE if written == str(path) else _WITH_DRIVER) + written


def _own(root: Path) -> Path:
    """The repository's own MLflow; an experiment of DVC's finds the champion there too."""
    return origin(root) / ".mlflow"


def artifact_folder(root: Path) -> Path | None:
    """Where artifacts go; None where a server decides."""
    if tracking_uri(root).startswith((_SQLITE, _WITH_DRIVER)):
        return own_artifacts(root)
    return None


def own_artifacts(root: Path) -> Path:
    """Where the repository's own MLflow keeps files, whichever registry is used now."""
    return _own(root) / FILES


def database(root: Path) -> Path | None:
    """The sqlite file, None where MLflow keeps its data elsewhere.

    Raises:
        InputError: The address names none: a database in memory forgets all that is written.
    """
    uri = tracking_uri(root)
    if not uri.startswith((_SQLITE.rstrip("/"), _WITH_DRIVER)):
        return None
    form = next((form for form in (_SQLITE, _WITH_DRIVER) if uri.startswith(form)), uri)
    name = uri.removeprefix(form).partition("?")[0]
    if name in {"", ":memory:"} or name.startswith("file::memory:"):
        what = "names no file, and a database in memory would forget every release"
        fix = f"correct {VARIABLE}: sqlite:////folder/mlflow.db"
        raise InputError(what, where=without_password(uri), fix=fix)
    return Path(unquote(name))  # as SQLAlchemy does


@contextlib.contextmanager
def registry_at(address: str | None) -> Iterator[None]:
    """All that is opened meanwhile is at an address; None: the repository's own."""
    before = os.environ.pop(VARIABLE, None)
    if address is not None:
        os.environ[VARIABLE] = address
    try:
        yield
    finally:
        os.environ.pop(VARIABLE, None)
        if before is not None:
            os.environ[VARIABLE] = before


def nothing_yet(root: Path) -> bool:
    """Whether there is no registry so far, so that reading need not create one."""
    path = database(root)
    return path is not None and not is_there(path)


@contextlib.contextmanager
def plain_faults(root: Path) -> Iterator[None]:
    """Turn what MLflow, its database and its server complain of into one clear error.

    Raises:
        EnvironmentFault: The database is busy or full, the server is away, a driver is missing.
        InputError: The address is wrong, or what is there is no MLflow database.
    """
    with quick_imports():
        from google.protobuf.json_format import ParseError  # type: ignore[import-untyped]
        from mlflow.exceptions import MlflowException
        from requests.exceptions import RequestException
        from sqlalchemy.exc import SQLAlchemyError

    faults = (MlflowException, SQLAlchemyError, RequestException, ParseError, sqlite3.Error,
              ImportError, ConnectionError, TimeoutError, socket.gaierror)  # fmt: skip
    try:
        yield
    except faults as error:
        raise fault(error, tracking_uri(root)) from error


@contextlib.contextmanager
def sound_answers(root: Path) -> Iterator[None]:
    """Turn an answer that is of another form than MLflow's into one clear error.

    Only for what reads an answer into our nouns: a fault of ours in there would be told so too.

    Raises:
        EnvironmentFault: A text where a number has to be, nothing where there has to be a list.
    """
    try:
        yield
    except (TypeError, ValueError, AttributeError, KeyError) as error:
        what = f"what the registry answers cannot be read ({type(error).__name__})"
        fix = f"see that {VARIABLE} names an MLflow server of version 3, and what stands between"
        raise EnvironmentFault(what, where=without_password(tracking_uri(root)), fix=fix) from error


def client(root: Path, *, writes: bool = True) -> MlflowClient:
    """A client of the repository's tracking store and registry.

    The first call makes the sqlite database (about two seconds); one killed meanwhile leaves none.

    Args:
        root: The repository.
        writes: Whether the caller will write: a database that is busy or read-only then says so
            before any work is done.

    Raises:
        EnvironmentFault: It cannot be reached or opened now; says why and what to do.
        InputError: The address is wrong.
    """
    _prepare_environment()
    path = database(root)
    if path is not None:
        with _sqlite_faults(path):
            if not is_there(path):
                _create(root, path)
            _look_at(path, writes=writes)
            if path.resolve() == (_own(root) / NAME).resolve():
                _set_right(path, writes=writes)
    address = tracking_uri(root)
    refuse_misspelt(address)
    with plain_faults(root):
        if address.startswith(_DATABASES):
            knock(address)
        return _connect(address)


def _prepare_environment() -> None:
    os.environ.update(_ENVIRONMENT)
    for key, value in _PREFERENCES.items():
        os.environ.setdefault(key, value)


@contextlib.contextmanager
def _sqlite_faults(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise fault(error, str(path)) from error
    except (FileExistsError, NotADirectoryError, PermissionError) as error:
        fix = "make the folder writable, or set MLFLOW_TRACKING_URI"
        raise InputError("cannot write here", where=error.filename or path, fix=fix) from error


def _look_at(path: Path, *, writes: bool) -> None:
    """Take the database's write lock and give it back, or only read its header."""
    mode = "rw" if writes else "ro"
    probe = sqlite3.connect(f"{path.resolve().as_uri()}?mode={mode}", uri=True, timeout=PATIENCE)
    with contextlib.closing(probe):
        probe.execute("BEGIN IMMEDIATE" if writes else "SELECT 1 FROM sqlite_master")
        probe.rollback()


def _set_right(path: Path, *, writes: bool) -> None:
    """Let locations of files follow a repository that was moved or copied.

    Who only reads lists versions all the same where the database cannot be written now.
    """
    try:
        set_right(path, PATIENCE if writes else 0.0)
    except sqlite3.Error:
        if writes:
            raise


def _create(root: Path, path: Path) -> None:
    """Make the database beside and rename it: no reader ever meets one half migrated."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with (path.parent / ".create.lock").open("a") as lock:
        take_lock(lock, path, waits=True)
        if path.exists():  # made by another process while we waited
            return
        partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
        partial.unlink(missing_ok=True)
        try:
            with plain_faults(root), _unsynced():
                _connect(_address(partial)).search_registered_models()  # both sets of tables
            with partial.open("rb+") as stream:
                os.fsync(stream.fileno())
            partial.rename(path)
            sync_folder(path.parent)
        finally:
            partial.unlink(missing_ok=True)


@contextlib.contextmanager
def _unsynced() -> Iterator[None]:
    """Let sqlite skip its syncs: of a file that nobody knows yet, 60 migrations in 2 s, not 10."""
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    def relax(connection: Any, _: Any) -> None:
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute("PRAGMA journal_mode=MEMORY")

    event.listen(Engine, "connect", relax)
    try:
        yield
    finally:
        event.remove(Engine, "connect", relax)


def _connect(uri: str) -> MlflowClient:
    with warnings.catch_warnings(), quick_imports():
        # MLflow's own use of what its libraries deprecate: nothing that a user here can correct.
        warnings.simplefilter("ignore", DeprecationWarning)
        from mlflow import MlflowClient

        # It logs a traceback before it raises; the error that we make of it says enough.
        for name in ("mlflow.store.db.utils", "alembic"):
            logging.getLogger(name).setLevel(logging.CRITICAL)
        _forget_places()
        return MlflowClient(tracking_uri=uri, registry_uri=uri)


def _forget_places() -> None:
    """MLflow remembers by a run's id alone where its files lie, and writes and reads there.

    The same run lies elsewhere in another registry, or once this one was moved or copied.
    """
    from mlflow.tracking._tracking_service import utils

    getattr(utils, "_artifact_repos_cache", {}).clear()
