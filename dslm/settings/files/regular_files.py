"""Whether a path leads to a file of bytes, or to a folder, and what is there instead.

A folder, a link to nothing, or a pipe, which would be waited for: `exists` and `is_file` take each
of them for no file at all, and what it should have said is then missed without a word. Called by
whoever reads a file that a user names, or that may be absent.
"""

from __future__ import annotations

from pathlib import Path

from dslm.errors import InputError

NOTHING, NO_FOLDER = "no such file", "no such folder"


def what_is_there(path: Path) -> str | None:
    """What stands in place of a file; None where it is one."""
    if path.is_file():
        return None
    if path.is_dir():
        return "is a folder, a file was expected"
    if path.exists():
        return "is a pipe or a device, a file was expected"
    return "is a link that leads to no file" if path.is_symlink() else NOTHING


def refuse_no_file(path: Path, *, fix: str | None = None) -> None:
    """Stop where there is no file of bytes.

    Args:
        path: Where it should be.
        fix: What to do where nothing is there.

    Raises:
        InputError: Says what is there instead.
    """
    if found := what_is_there(path):
        other = "put a file in its place" if found != NOTHING else None
        raise InputError(found, where=path, fix=other or fix)


def refuse_no_folder(path: Path, *, fix: str) -> None:
    """Stop where there is no folder.

    Args:
        path: Where it should be.
        fix: What to do.

    Raises:
        InputError: Nothing is there, or something else.
    """
    if not path.is_dir():
        raise InputError("is no folder" if path.exists() else NO_FOLDER, where=path, fix=fix)


def is_there(path: Path) -> bool:
    """Whether there is a file of bytes; False where nothing is.

    Raises:
        InputError: Something else is there.
    """
    found = what_is_there(path)
    if found and found != NOTHING:
        raise InputError(found, where=path, fix="put a file in its place, or move it away")
    return found is None
