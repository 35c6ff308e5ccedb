"""What exceptions of Python and of libraries mean to a user: a wrong file, or a machine at fault.

Takes an exception that is not ours, gives one of ours, or nothing where it is a bug. Libraries'
classes are known by name, so that none is imported. Called by the boundary, and by
`dslm.releasing.registry.mlflow_errors`, which knows the address that a database's error is about.

A path that names the wrong thing is the user's to correct (exit code 2). A disk that is full or
read-only, a server, a network, memory, a package that is not installed: exit code 5.
"""

from __future__ import annotations

import errno

from dslm.errors import DslmError, EnvironmentFault, InputError
from dslm.uris import without_passwords

VARIABLE = "MLFLOW_TRACKING_URI"
_AGAIN = "run the same command again"
_SPACE = f"free some space and {_AGAIN}"
_PERMISSION = ("no permission", "change the owner or mode of the file")
_PLACE = {  # where the file that the error names is not what was asked for
    errno.ENOENT: ("no such file or folder", "correct the path"),
    errno.EISDIR: ("is a folder, a file was expected", "correct the path, or move the folder away"),
    errno.ENOTDIR: ("a part of this path is a file", "correct the path, or move that file away"),
    errno.EEXIST: ("something is there already", "move it away"),
    errno.ENOTEMPTY: ("the folder is not empty", "move what is in it away"),
    errno.ENAMETOOLONG: ("the name is too long", "choose a shorter one"),
    errno.ELOOP: ("symbolic links that lead in a circle", "correct the links"),
    errno.EILSEQ: ("this disk takes no such file name", "rename the file"),
}
_PERMISSIONS = {errno.EACCES: _PERMISSION, errno.EPERM: _PERMISSION}
_MACHINE = {
    errno.ENOSPC: ("the disk is full", _SPACE),
    errno.EDQUOT: ("the disk quota is used up", _SPACE),
    errno.EFBIG: ("the file is larger than the system allows", "raise `ulimit -f`"),
    errno.EROFS: ("the file system is read-only", "choose another folder or remount it"),
    errno.EIO: ("the disk does not take or give data", "check the disk, then retry"),
    errno.ENXIO: ("the device is not there", "correct the path, or attach it"),
    errno.ENODEV: ("the device is not there", "correct the path, or attach it"),
    errno.ESTALE: ("the network folder has gone stale", "mount it again"),
    errno.EXDEV: ("the folders are on different file systems", "put them on one"),
    errno.EBUSY: ("the file or device is busy", _AGAIN),
    errno.ENOLCK: ("the file system gives no locks", "use one that does"),
    errno.EOPNOTSUPP: ("the file system cannot do this", "use another one"),
    errno.EMFILE: ("too many open files", "raise `ulimit -n`"),
    errno.ENFILE: ("too many open files on this machine", _AGAIN),
    errno.ENOMEM: ("out of memory", f"end other programs and {_AGAIN}"),
    errno.EAGAIN: ("the system has no more processes or memory to give", _AGAIN),
    errno.EADDRINUSE: ("the address is in use", "end what listens there, or choose another"),
    **dict.fromkeys((errno.ECONNREFUSED, errno.ECONNRESET, errno.ECONNABORTED, errno.ENOTCONN,
                     errno.EPIPE, errno.ETIMEDOUT, errno.EHOSTUNREACH, errno.EHOSTDOWN,
                     errno.ENETUNREACH, errno.ENETDOWN, errno.ENETRESET),
                    ("the server does not answer", f"check that it runs, then {_AGAIN}")),
}  # fmt: skip
_AWAY = ("the database server does not answer", f"check that it runs, then {_AGAIN}")
_UNKNOWN = ("the database server is not known", f"check {VARIABLE}")
_NETWORK = ("the network or a server is at fault", f"check both, then {_AGAIN}")
# Classes by the full name of any of their bases. Of modules that moved, both names are here.
_NAMED = {
    "builtins.MemoryError": _MACHINE[errno.ENOMEM],
    "builtins.TimeoutError": _NETWORK,
    "builtins.ConnectionError": _NETWORK,
    "socket.gaierror": ("the name of a server cannot be looked up", f"check the network, {_AGAIN}"),
    "ssl.SSLError": ("no secure connection to the server", "check its certificate and your clock"),
    "urllib.error.URLError": _NETWORK,
    "http.client.HTTPException": _NETWORK,
    "urllib3.exceptions.HTTPError": _NETWORK,
    "requests.exceptions.RequestException": _NETWORK,
    "httpx.HTTPError": _NETWORK,
    "botocore.exceptions.BotoCoreError": _NETWORK,
    "botocore.exceptions.ClientError": _NETWORK,
    "mlflow.exceptions.MlflowException": ("MLflow cannot do this", f"check it, then {_AGAIN}"),
    "google.protobuf.json_format.ParseError": (
        "what answers there is no MLflow server, or one of another release", f"check {VARIABLE}"),
    "sqlalchemy.exc.DBAPIError": ("the database cannot do this", f"check it, then {_AGAIN}"),
    "sqlalchemy.exc.TimeoutError": ("the database does not answer", f"check it, then {_AGAIN}"),
    "sqlite3.Error": ("the database cannot do this", f"check it, then {_AGAIN}"),
    "torch.OutOfMemoryError": ("the GPU's memory is full", "end what else uses it, or train less"),
    "torch.AcceleratorError": ("the GPU is at fault", "look at `nvidia-smi`, then retry"),
    "concurrent.futures.process.BrokenProcessPool": (
        "a worker process was killed", "see whether memory ran out (`dmesg`)"),
    "ray.exceptions.RayError": ("the Ray cluster is at fault", "look at its log, then retry"),
}  # fmt: skip
# Kinds of OSError whose numbers are of another list than the system's.
_OTHER_NUMBERS = frozenset({"socket.gaierror", "socket.herror", "ssl.SSLError"})
# Messages of libraries that are written in another language and hide the number of the error.
_SAID = {
    "No space left on device": _MACHINE[errno.ENOSPC],
    "Disk quota exceeded": _MACHINE[errno.EDQUOT],
    "Read-only file system": _MACHINE[errno.EROFS],
    "Cannot allocate memory": _MACHINE[errno.ENOMEM],
    "DefaultCPUAllocator: can't allocate memory": _MACHINE[errno.ENOMEM],
    "out of memory": _MACHINE[errno.ENOMEM],
}
# The same of MLflow, SQLAlchemy, sqlite, drivers and database servers, the first one counts; these
# words may mean something else in any other message.
_SAID_OF_DATABASES = {
    "database is locked": ("the database is busy", "wait for the other run, then retry"),
    "disk is full": _MACHINE[errno.ENOSPC],
    "disk I/O error": _MACHINE[errno.EIO],
    "readonly database": ("the database is read-only", "change its owner or mode"),
    "Connection refused": _AWAY,
    "server closed the connection": _AWAY,
    "timeout expired": _AWAY,
    "Name or service not known": _UNKNOWN,
    "could not translate host": _UNKNOWN,
    "failed to resolve host": _UNKNOWN,
}
_SAID_OF_A_USERS_DATABASE = {
    "unable to open": ("cannot open the database", "check that its folder is writable"),
    "not a database": ("is no MLflow database", "move the file away, or correct the address"),
    "malformed": ("the database is damaged", "restore it from a backup"),
    "out-of-date database schema": (
        "the database was written by another release of MLflow",
        "back it up, then run `mlflow db upgrade` on it",
    ),
    "password authentication failed": ("the database refuses user or password", "correct "
                                                                                f"{VARIABLE}"),
    "unsupported URI": (
        "MLflow knows no such address", f"correct {VARIABLE}: http(s):// or a database"),
}  # fmt: skip
_OF_DATABASES = frozenset({
    "mlflow.exceptions.MlflowException", "sqlalchemy.exc.DBAPIError", "sqlite3.Error",
})  # fmt: skip
# Which extra of ours brings a package; a test compares it with pyproject.toml.
EXTRAS = {
    **dict.fromkeys(("accelerate", "bitsandbytes", "daft", "datasets", "dvc", "evaluate", "gguf",
                     "peft", "phonenumbers", "pyarrow", "sklearn", "stdnum", "torch",
                     "transformers", "trl"), "train"),
    "pandas": "serve", "ray": "ray", "lingua": "language", "cleanlab": "review",
    "presidio_analyzer": "presidio", "model_signing": "sign", "OpenSSL": "sign",
}  # fmt: skip
# What MLflow's addresses need beyond it, by the module that is missed.
DRIVERS = {
    "psycopg2": "psycopg2-binary", "psycopg": "psycopg[binary]", "MySQLdb": "mysqlclient",
    "pymysql": "pymysql", "pyodbc": "pyodbc", "pymssql": "pymssql", "asyncpg": "asyncpg",
    "boto3": "boto3", "google.cloud": "google-cloud-storage", "azure": "azure-storage-blob",
    "pysftp": "pysftp", "spacy": "spacy",
}  # fmt: skip


def meaning(error: BaseException) -> DslmError | None:
    """An exception as one of ours; None where it is a bug."""
    if isinstance(error, ImportError):
        return _missing(error)
    bases = [f"{base.__module__}.{base.__qualname__}" for base in type(error).__mro__]
    if "sqlalchemy.exc.NoSuchModuleError" in bases:
        return _no_dialect(error)
    if "sqlalchemy.exc.ArgumentError" in bases:
        return InputError("the address of a database is not one", fix=f"check {VARIABLE}")
    if _OF_DATABASES & set(bases) and (of_one := of_a_database(error)):
        return of_one
    named = next((_NAMED[base] for base in bases if base in _NAMED), None)
    system = error if isinstance(error, OSError) and not _OTHER_NUMBERS & set(bases) else None
    if system and (found := _of_system(system)) is not None:
        return found
    if named:
        return EnvironmentFault(_with_message(named[0], error), fix=named[1])
    said = str(error)
    told = next((found for sign, found in _SAID.items() if sign in said), None)
    return EnvironmentFault(told[0], fix=told[1]) if told else None


def of_a_database(error: BaseException) -> DslmError | None:
    """What MLflow, its database or a driver complains of, by signs in its message."""
    said = str(error)
    machine = _SAID_OF_DATABASES | _SAID
    for kind, known in ((EnvironmentFault, machine), (InputError, _SAID_OF_A_USERS_DATABASE)):
        for sign, (what, fix) in known.items():
            if sign in said:
                return kind(what, fix=fix)
    return None


def _of_system(error: OSError) -> DslmError | None:
    """By the number that the system gave."""
    number, where = error.errno, _where(error)
    if number in _PERMISSIONS:
        return InputError(_PERMISSION[0], where=where, fix=_PERMISSION[1])
    if number in _PLACE and where:  # nameless, it was no file that the user named
        return InputError(_PLACE[number][0], where=where, fix=_PLACE[number][1])
    if number in _MACHINE:
        return EnvironmentFault(_MACHINE[number][0], where=where, fix=_MACHINE[number][1])
    return None


def _where(error: OSError) -> str | None:
    name = error.filename
    if isinstance(name, bytes):
        return name.decode("utf-8", "replace")
    return None if name is None or isinstance(name, int) else str(name)


def _with_message(what: str, error: BaseException) -> str:
    said = next(iter(without_passwords(str(error)).strip().splitlines()), "")
    return f"{what}: {said[:300]}" if said else what


def _missing(error: ImportError) -> DslmError | None:
    """A package that is not there or does not load; None for a module of our own."""
    name = error.name or ""
    top = name.partition(".")[0]
    if top in {"dslm", "pipelines", ""}:
        return None
    driver = next((DRIVERS[m] for m in (name, ".".join(name.split(".")[:2]), top) if m in DRIVERS),
                  None)  # fmt: skip
    if not isinstance(error, ModuleNotFoundError):
        what = _with_message(f"the package {top} does not load", error)
        return EnvironmentFault(what, fix="install the versions of requirements.lock")
    package = driver or (f"'dslm[{EXTRAS[top]}]'" if top in EXTRAS else None)
    if package is None and top == "mlflow":
        package = "'dslm[train]'"  # mlflow-skinny is there, a part of the whole is asked for
    fix = f"pip install {package}" if package else "install dslm again: pip install dslm"
    return EnvironmentFault(f"the package {top} is not installed", fix=fix)


def _no_dialect(error: BaseException) -> DslmError:
    """A kind of database that SQLAlchemy has no code for."""
    kind = str(error).rpartition(":")[2].split(".")[0]
    return EnvironmentFault(
        f"no driver for databases of kind {kind!r} is installed",
        fix="check the address for a typing error, or pip install the driver that its makers name",
    )
