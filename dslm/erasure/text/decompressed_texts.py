"""The texts that a file is, in whatever form: encoded, packed, tabled, within a page.

Takes bytes; gives texts. What is packed is unpacked: gzip, bzip2, xz, zip, tar, Parquet, a sqlite
database, base64 and quoted-printable within a text, also within each other. Called by
`text_search`.
"""

from __future__ import annotations

import base64
import binascii
import bz2
import gzip
import io
import lzma
import quopri
import re
import sqlite3
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

DEEPEST = 4  # archives within each other
ROWS = 1_000  # of a database, that are looked at together
HEAD = 1 << 13  # bytes by which a text is told from what is none
_BASE64 = re.compile(rb"(?:[A-Za-z0-9+/]{4}[\r\n]*){12,}(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")
_IN_BASE64 = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
_AS_BASE64 = bytes(97 if one in _IN_BASE64 else 32 for one in range(256))
_LINE_OF_BASE64 = b"a" * 48
_DIGEST = re.compile(rb"(?:[0-9a-f]{32}|[0-9A-F]{32})+")  # which is no text in base64
_SOFT_BREAK = re.compile(rb"=(?:\r?\n|[0-9A-F]{2})")
_AS_WRITABLE = bytes(97 if one in b"\t\n\r" or 32 <= one < 127 else 32 for one in range(256))
_STRETCH = b"a" * 16
_SQLITE = b"SQLite format 3\0"
_IN_TAR, _TAR = slice(257, 262), b"ustar"  # POSIX.1-1988


def is_packed(path: Path) -> bool:
    """Whether a file has to be read whole to see what is in it."""
    with path.open("rb") as stream:
        head = stream.read(512)
    packed = (b"\x1f\x8b", b"PK\x03\x04", b"BZh", b"\xfd7zXZ", b"PAR1", _SQLITE)
    return head.startswith(packed) or head[_IN_TAR] == _TAR


def views(data: bytes, deep: int = 0) -> Iterator[str]:
    """The texts that some bytes hold, packed or not."""
    yield from _texts(data)
    if deep and not is_text(data):  # within an archive; else the search goes through the bytes
        yield data.decode("utf-8", "ignore")
    if deep == DEEPEST:
        return
    for inner in _unpacked(data):
        yield from views(inner, deep + 1)
    if _LINE_OF_BASE64 not in data.translate(_AS_BASE64, b"\r\n"):
        return
    for blob in _BASE64.findall(data):
        with_padding = re.sub(rb"[\r\n]+", b"", blob)
        if _DIGEST.fullmatch(with_padding):
            continue
        try:
            decoded = base64.b64decode(with_padding + b"=" * (-len(with_padding) % 4))
        except (binascii.Error, ValueError):
            continue
        yield from views(decoded, deep + 1)


def is_text(data: bytes) -> bool:
    """Whether bytes are a text, by how they begin; one of two bytes a letter is none here."""
    return b"\0" not in data[:HEAD]


def _texts(data: bytes) -> Iterator[str]:
    """What bytes say as text, in the encodings that sources come in."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        yield data.decode("utf-16", "ignore")
        return
    if not is_text(data):
        if data[1:400:2].count(0) > len(data[1:400:2]) * 3 // 4:
            yield data.decode("utf-16-le", "ignore")
        yield b"\n".join(_writable(data)).decode("ascii")
        return
    yield data.decode("utf-8", "ignore")
    if not _is_utf8(data):
        yield data.decode("cp1252", "ignore")
    if _SOFT_BREAK.search(data):
        yield quopri.decodestring(data).decode("utf-8", "ignore")
        if b"\n>" in data:  # quoted by a mailbox
            yield quopri.decodestring(data.replace(b"\n>", b"\n")).decode("utf-8", "ignore")


def _writable(data: bytes) -> Iterator[bytes]:
    """The stretches of ASCII among bytes that are no text."""
    marked = data.translate(_AS_WRITABLE)
    at = marked.find(_STRETCH)
    while at >= 0:
        end = marked.find(b" ", at)
        yield data[at:] if end < 0 else data[at:end]
        at = -1 if end < 0 else marked.find(_STRETCH, end)


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _unpacked(data: bytes) -> Iterator[bytes]:
    """What an archive or a table holds, as far as it can be read."""
    try:
        if data.startswith(b"\x1f\x8b"):
            yield gzip.decompress(data)
        elif data.startswith(b"BZh"):
            yield bz2.decompress(data)
        elif data.startswith(b"\xfd7zXZ"):
            yield lzma.decompress(data)
        elif data.startswith(b"PK\x03\x04"):
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                yield from (archive.read(one) for one in archive.infolist() if not one.is_dir())
        elif data[_IN_TAR] == _TAR:
            yield from _tar(data)
        elif data.startswith(b"PAR1"):
            yield from _parquet(data)
        elif data.startswith(_SQLITE):
            yield from _database(data)
    except (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError, zipfile.BadZipFile,
            tarfile.TarError, RuntimeError, NotImplementedError, sqlite3.Error):  # fmt: skip
        return  # damaged: its bytes were looked at as they are


def _tar(data: bytes) -> Iterator[bytes]:
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as archive:
        for member in archive:
            file = archive.extractfile(member) if member.isfile() else None
            if file is not None:
                yield file.read()


def _parquet(data: bytes) -> Iterator[bytes]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        for batch in pq.ParquetFile(pa.BufferReader(data)).iter_batches(batch_size=4096):
            for column in batch.columns:
                yield "\n".join(map(str, column.to_pylist())).encode("utf-8", "surrogatepass")
    except pa.ArrowException as error:
        raise ValueError(str(error)) from error


def _database(data: bytes) -> Iterator[bytes]:
    """The texts of a sqlite database: a long one does not lie in one piece in its file."""
    with closing(sqlite3.connect(":memory:")) as copy:
        copy.deserialize(data)
        tables = [name for (name,) in copy.execute("SELECT name FROM sqlite_master WHERE type = "
                                                   "'table'")]  # fmt: skip
        for table in tables:
            quoted = table.replace('"', '""')
            rows = copy.execute(f'SELECT * FROM "{quoted}"')
            while some := rows.fetchmany(ROWS):
                texts = (one for row in some for one in row if isinstance(one, str))
                yield "\n".join(texts).encode("utf-8", "surrogatepass")
