"""Bytes of a source file → text, in the encoding its source names or its first bytes show.

A byte-order mark is believed before the contract: no text begins with one by chance. Bytes that
are no text of the encoding come through as half surrogates, so that a reader loses only their row;
`undecodable` finds them. Called by the readers of text files.
"""

from __future__ import annotations

import codecs
import gzip
import io
from pathlib import Path
from typing import IO

from dslm.curation.sources.formats.source_rows import Unreadable
from dslm.errors import InputError
from dslm.settings.files.text_encodings import text_encoding

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
LONGEST_MARK = 4

_ARCHIVES = {b"\x1f\x8b": "gzip", b"PK\x03\x04": "a workbook or another archive",
             b"BZh": "bzip2", b"\xfd7zXZ": "xz", b"\x28\xb5\x2f\xfd": "zstd"}  # fmt: skip

Bytes = IO[bytes] | gzip.GzipFile


def encoding_of(opening: bytes, declared: str) -> str:
    """The encoding of a text by its first bytes, or else the declared one."""
    own = (name for mark, name in _MARKS if opening.startswith(mark))
    return next(own, text_encoding(declared) or declared)


def refuse_no_text(opening: bytes, encoding: str, kind: str, path: Path) -> None:
    """Stop at a file that is no text at all, by its first bytes.

    Args:
        opening: The first bytes.
        encoding: What the text should be in.
        kind: What the file should be, for the message.
        path: Where it is.

    Raises:
        InputError: It is an archive, or UTF-16 that does not say so.
    """
    if found := next((name for mark, name in _ARCHIVES.items() if opening.startswith(mark)), None):
        fix = "unzip it first" if kind == "CSV" else "unzip it, or call it .jsonl.gz if it is gzip"
        if "workbook" in found and kind == "CSV":
            fix = "save it as CSV in UTF-8"
        raise InputError(f"is {found}, not {kind}", where=path, fix=fix)
    first = opening[:LONGEST_MARK]
    if b"\0\0" in (first[::2], first[1::2]) and not _is_wide(encoding):
        raise InputError("begins with NUL bytes: this is UTF-16 without its mark, or no text",
                         where=f"{path}:1", fix=f"save it as {kind} in UTF-8")  # fmt: skip


def is_bytewise(encoding: str) -> bool:
    """Whether a line ends with the byte 0x0A and nothing else does, as in UTF-8 and Latin-1."""
    return "\n".encode(encoding).removeprefix(codecs.BOM_UTF8) == b"\n"


def shown(encoding: str) -> str:
    """An encoding's name for people."""
    return encoding.removesuffix("-sig").upper()


def _is_wide(encoding: str) -> bool:
    return codecs.lookup(encoding).name.startswith(("utf-16", "utf-32"))


def text_of(stream: Bytes, encoding: str, newline: str) -> io.TextIOWrapper:
    """A stream of bytes as text; `newline` as in `open`."""
    errors = "surrogatepass" if _is_wide(encoding) else "surrogateescape"
    return io.TextIOWrapper(stream, encoding=encoding, errors=errors, newline=newline)


def undecodable(text: str, encoding: str) -> str | None:
    """The fault of a text of `text_of` with bytes that are none of the encoding."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        if _is_wide(encoding):
            return f"not {shown(encoding)}"
        return f"not {shown(encoding)} (byte {ord(error.object[error.start]) & 0xFF:#04x})"
    return None


def decoded(raw: bytes, encoding: str) -> str:
    """Bytes as text.

    Raises:
        Unreadable: They are no text of this encoding.
    """
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        byte = error.object[error.start]
        raise Unreadable(f"not {shown(encoding)} (byte {byte:#04x})") from None
    except UnicodeError as error:
        raise Unreadable(f"not {shown(encoding)} ({error})") from None
