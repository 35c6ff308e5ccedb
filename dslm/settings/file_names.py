"""Names of files as text that can be written: a name may hold bytes that are no UTF-8.

Python reads such bytes as half characters, which no file and few screens take. Called wherever the
name of a user's file is written down or becomes part of an id.
"""

from __future__ import annotations

from pathlib import PurePath


def writable_name(name: str | PurePath) -> str:
    r"""A file's name or path, each byte that is no UTF-8 as `\xe9`; two names stay two."""
    raw = str(name).encode("utf-8", "surrogateescape")
    return raw.decode("utf-8", "backslashreplace")
