"""Looks for texts in any file, in whatever form it holds them.

Takes texts of a person's cases, leaves out what stands in others' cases too, and counts how many of
the rest a file holds: escaped for JSON or HTML, quoted by CSV or mail, cut to an excerpt, in gzip,
bzip2, xz, zip, Parquet, a sqlite database, or base64 within a page. Called by `copies`.
"""

from __future__ import annotations

import base64
import binascii
import bz2
import gzip
import html
import io
import lzma
import quopri
import re
import sqlite3
import unicodedata
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

SHORTEST = 16  # letters and digits; what is shorter stands in others' texts by chance
WINDOW = 32  # of a longer text, so many letters and digits at once
MOST_WINDOWS = 8  # of one text, from its start to its end
DEEPEST = 4  # archives within each other
AT_ONCE = 1 << 26  # bytes of a file that are looked at together
OVERLAP = 1 << 16
ROWS = 1_000  # of a database, that are looked at together
JOINED = 1 << 20  # characters of others' texts that are looked at together
_NOT_KEPT = re.compile(r"[\W_]+")
_UNICODE = re.compile(r"\\+u([0-9a-fA-F]{4})")
_ESCAPED = re.compile(r"\\+[nrtbf]")
_BASE64 = re.compile(rb"(?:[A-Za-z0-9+/]{4}[\r\n]*){12,}(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")
_DIGEST = re.compile(rb"(?:[0-9a-f]{32}|[0-9A-F]{32})+")  # which is no text in base64
_SOFT_BREAK = re.compile(rb"=(?:\r?\n|[0-9A-F]{2})")
_WRITABLE = re.compile(rb"[\t\n\r\x20-\x7e\x80-\xff]{16,}")
_SQLITE = b"SQLite format 3\0"


def plain(text: str) -> str:
    """A text as letters and digits alone, case and composition folded, escapes undone."""
    text = unescaped(text)
    return _NOT_KEPT.sub("", unicodedata.normalize("NFKC", text).casefold())


def unescaped(text: str) -> str:
    """A text without what JSON or HTML escape in it, however often."""
    if "\\" in text:
        text = _UNICODE.sub(lambda found: chr(int(found[1], 16)), text)
        text = _ESCAPED.sub(" ", text)
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if "&" in text:
        text = html.unescape(text)
    return text


def windows_of(text: str) -> tuple[str, ...]:
    """What is looked for of a text; nothing of one that is too short."""
    folded = plain(text)
    if len(folded) < SHORTEST:
        return ()
    last = max(0, len(folded) - WINDOW)
    count = min(MOST_WINDOWS, -(-len(folded) // WINDOW))
    starts = {last * place // max(1, count - 1) for place in range(count)}
    return tuple(folded[start : start + WINDOW] for start in sorted(starts))


@dataclass(frozen=True)
class TextSearch:
    """What is looked for.

    Attributes:
        windows: Of each text that can be told from others' texts.
        too_short: How many texts have nothing that could be looked for.
        shared: How many of the others stand in others' cases, word for word.
    """

    windows: tuple[tuple[str, ...], ...]
    too_short: int = 0
    shared: int = 0

    @classmethod
    def of(cls, texts: Iterable[str], others: Iterable[str]) -> TextSearch:
        """A search for texts, but for what stands in others' too.

        Args:
            texts: Of the person's cases.
            others: Inputs of all other cases; read once.
        """
        wanted = [windows_of(text) for text in sorted(set(texts))]
        asked = {one for windows in wanted for one in windows}
        left = set(asked)
        for joined in _joined(others):
            left = {one for one in left if one not in joined}
        kept = [tuple(one for one in windows if one in left) for windows in wanted]
        return cls(
            windows=tuple(windows for windows in kept if windows),
            too_short=sum(not windows for windows in wanted),
            shared=sum(bool(was) and not now for was, now in zip(wanted, kept, strict=True)),
        )

    def in_file(self, path: Path) -> int:
        """How many of the texts a file holds, whole or in part."""
        found: set[int] = set()
        with path.open("rb") as stream:
            before = b""
            while block := stream.read(AT_ONCE):
                found |= self._in(before + block)
                before = block[-OVERLAP:]
            if len(before) == OVERLAP and path.stat().st_size > AT_ONCE and _packed(path):
                found |= self._in(path.read_bytes())
        return len(found)

    def in_bytes(self, data: bytes) -> int:
        """How many of the texts some bytes hold."""
        return len(self._in(data))

    def _in(self, data: bytes) -> set[int]:
        if not self.windows:
            return set()
        found: set[int] = set()
        for view in views(data):
            text = plain(view)
            found |= {
                place
                for place, windows in enumerate(self.windows)
                if place not in found and any(one in text for one in windows)
            }
        return found


def _joined(texts: Iterable[str]) -> Iterator[str]:
    """Texts folded, many at once, parted by what none of them holds."""
    held: list[str] = []
    size = 0
    for text in texts:
        held.append(plain(text))
        size += len(held[-1])
        if size >= JOINED:
            yield "\n".join(held)
            held, size = [], 0
    yield "\n".join(held)


def _packed(path: Path) -> bool:
    """Whether a file has to be read whole to see what is in it."""
    with path.open("rb") as stream:
        head = stream.read(16)
    return head.startswith((b"\x1f\x8b", b"PK\x03\x04", b"BZh", b"\xfd7zXZ", b"PAR1", _SQLITE))


def views(data: bytes, deep: int = 0) -> Iterator[str]:
    """The texts that some bytes hold, packed or not."""
    yield from _texts(data)
    if deep == DEEPEST:
        return
    for inner in _unpacked(data):
        yield from views(inner, deep + 1)
    for blob in _BASE64.findall(data):
        with_padding = re.sub(rb"[\r\n]+", b"", blob)
        if _DIGEST.fullmatch(with_padding):
            continue
        try:
            decoded = base64.b64decode(with_padding + b"=" * (-len(with_padding) % 4))
        except (binascii.Error, ValueError):
            continue
        yield from views(decoded, deep + 1)


def _texts(data: bytes) -> Iterator[str]:
    """What bytes say as text, in the encodings that sources come in."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        yield data.decode("utf-16", "ignore")
        return
    if b"\0" in data[: 1 << 13]:
        if data[1:400:2].count(0) > len(data[1:400:2]) * 3 // 4:
            yield data.decode("utf-16-le", "ignore")
        data = b"\n".join(_WRITABLE.findall(data))
    yield data.decode("utf-8", "ignore")
    if not _is_utf8(data):
        yield data.decode("cp1252", "ignore")
    if _SOFT_BREAK.search(data):
        yield quopri.decodestring(data).decode("utf-8", "ignore")
        if b"\n>" in data:  # quoted by a mailbox
            yield quopri.decodestring(data.replace(b"\n>", b"\n")).decode("utf-8", "ignore")


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
        elif data.startswith(b"PAR1"):
            yield from _parquet(data)
        elif data.startswith(_SQLITE):
            yield from _database(data)
    except (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError, zipfile.BadZipFile,
            RuntimeError, NotImplementedError, sqlite3.Error):  # fmt: skip
        return  # damaged: its bytes were looked at as they are


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
