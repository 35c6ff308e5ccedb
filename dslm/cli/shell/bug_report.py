"""Writes what is needed to correct a bug of ours into a file that only the user can read.

Takes the exception, gives the error that names the file. Called by the boundary for exceptions that
mean nothing else. The file holds the command line, versions and the traceback, without passwords.
"""

from __future__ import annotations

import os
import platform
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from pathlib import Path

from dslm.errors import Bug, DslmError
from dslm.uris import without_passwords

PACKAGES = ("daft", "jsonschema-rs", "llguidance", "mlflow-skinny", "peft", "pydantic", "rich",
            "ruamel.yaml", "torch", "transformers", "trl", "typer")  # fmt: skip
_LONGEST = 200_000  # characters
# Of a module through which an exception came that may quote what no file may say
NO_VALUES = "REPORTS_NO_VALUES"


def report(error: BaseException) -> Bug:
    """Write the report; gives the error that says where it is."""
    text = "\n".join(_lines(error)) + "\n"
    kind = type(error).__name__
    words = "" if _is_quiet(error) else without_passwords(_cut(str(error)))
    said = next(iter(words.strip().splitlines()), "")[:200]
    what = f"a bug in dslm itself ({kind}{': ' + said if said else ''})"
    for folder in _folders():
        path = _written(folder, text)
        if path is not None:
            fix = "report it to the maintainers, with this file, which holds the traceback"
            return Bug(what, where=path, fix=fix)
    fix = "run it again with TMPDIR set to a folder that takes files, then report it"
    return Bug(f"{what}; its traceback could be written nowhere", fix=fix)


def _folders() -> Iterator[Path]:
    """The repository's folder of working files, where there is a repository; else a temporary."""
    from dslm.settings.workspace import find_root

    try:
        root = find_root()
        if root.is_dir():
            yield root / ".dslm"
    except (DslmError, OSError, ValueError):
        pass
    yield Path(tempfile.gettempdir())


def _written(folder: Path, text: str) -> Path | None:
    """The file, None where it cannot be written there."""
    when = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    path = folder / f"traceback-{when}-{os.getpid()}.txt"
    try:
        folder.mkdir(exist_ok=True)
        path.unlink(missing_ok=True)
        made = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(made, "w", encoding="utf-8", errors="backslashreplace") as stream:
            stream.write(text)
    except OSError:
        return None
    return path


def _is_quiet(error: BaseException) -> bool:
    """Whether no argument and no word of an exception may be written down."""
    frames = (frame for frame, _ in traceback.walk_tb(error.__traceback__))
    return any(frame.f_globals.get(NO_VALUES) is True for frame in frames)


def _lines(error: BaseException) -> Iterator[str]:
    from importlib import metadata

    import dslm

    command = [one.partition("=")[0] for one in sys.argv if one.startswith("-")]
    command = [*sys.argv[:2], *command] if _is_quiet(error) else sys.argv
    yield f"command: {without_passwords(' '.join(map(repr, command)))}"
    yield f"folder: {_here()}"
    yield f"dslm {dslm.__version__}, Python {platform.python_version()}, {platform.platform()}"
    for name in PACKAGES:
        try:
            yield f"  {name} {metadata.version(name)}"
        except metadata.PackageNotFoundError:
            yield f"  {name} is not installed"
    yield ""
    if _is_quiet(error):
        yield "".join(traceback.format_tb(error.__traceback__)) + type(error).__name__
        return
    yield without_passwords(_cut("".join(traceback.format_exception(error))))


def _here() -> str:
    try:
        return str(Path.cwd())
    except OSError as error:  # somebody removed it meanwhile
        return f"none ({error})"


def _cut(text: str) -> str:
    """A text without its middle where it is long: exceptions may hold a whole file."""
    half = _LONGEST // 2
    return text if len(text) <= _LONGEST else f"{text[:half]}\n[…]\n{text[-half:]}"
