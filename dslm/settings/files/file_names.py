"""Names of files as text that can be written: one may hold line ends or bytes that are no UTF-8.

Python reads such bytes as half characters, which no file and few screens take. Called wherever the
name of a user's file is written down or becomes part of an id.
"""

from __future__ import annotations

import unicodedata
from pathlib import PurePath

_UNWRITTEN = {"Cc", "Zl", "Zp"}  # categories of characters: control and line ends


def writable_name(name: str | PurePath) -> str:
    r"""A file's name or path, each byte that is no UTF-8 as `\xe9`, a control character as `\n`."""
    raw = str(name).encode("utf-8", "surrogateescape")
    text = raw.decode("utf-8", "backslashreplace")
    return "".join(c if unicodedata.category(c) not in _UNWRITTEN else _escaped(c) for c in text)


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode()
