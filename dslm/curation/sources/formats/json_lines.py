"""JSON lines, also gzipped: one object a line.

A file whose lines can be told apart by their bytes is cut into parts that are read side by side.
Only a gzip that breaks off, or a wide encoding that ends within a character, is an error here.
"""

from __future__ import annotations

import gzip
import math
import zlib
from collections.abc import Iterator
from pathlib import Path

from dslm.curation.sources.formats.source_rows import (
    LONGEST_LINE,
    PART_BYTES,
    Format,
    Part,
    Row,
    Unreadable,
    too_long,
)  # fmt: skip
from dslm.curation.sources.formats.text_decoding import (
    LONGEST_MARK,
    Bytes,
    decoded,
    encoding_of,
    is_bytewise,
    refuse_no_text,
    shown,
    text_of,
    undecodable,
)  # fmt: skip
from dslm.errors import InputError
from dslm.strict_json import strict_json


def _opened(path: Path) -> Bytes:
    return gzip.open(path, "rb") if path.suffix.lower() == ".gz" else path.open("rb")


def _encoding(stream: Bytes, declared: str, path: Path) -> str:
    """The encoding, by the first bytes; the stream then stands at its beginning again."""
    opening = stream.read(LONGEST_MARK)
    found = encoding_of(opening, declared)
    refuse_no_text(opening, found, "JSON lines", path)
    stream.seek(0)
    return found


def _row(line: int, text: str) -> Row | None:
    text = text.strip()
    if not text:
        return None
    try:
        value = strict_json(text)
    except ValueError as error:
        return Row(line, fault=f"not JSON: {error}")
    if not isinstance(value, dict):
        return Row(line, fault="not a JSON object")
    return Row(line, value)


def _lines(stream: Bytes, left: float) -> Iterator[bytes | None]:
    """Each line of the next `left` bytes; None for one that is too long."""
    while left > 0 and (raw := stream.readline(LONGEST_LINE + 1)):
        left -= len(raw)
        short = len(raw) <= LONGEST_LINE
        yield raw if short else None
        while not short and raw and not raw.endswith(b"\n"):
            raw = stream.readline(1 << 20)
            left -= len(raw)


def _bytewise(stream: Bytes, part: Part | None, encoding: str) -> Iterator[Row | None]:
    left: float = math.inf
    if part:
        stream.seek(part.start)
        left = part.end - part.start
    for line, raw in enumerate(_lines(stream, left), start=part.first if part else 1):
        if raw is None:
            yield Row(line, fault=too_long(LONGEST_LINE))
            continue
        try:
            # the mark stands before the first line alone
            text = decoded(raw, encoding if line == 1 else encoding.removesuffix("-sig"))
        except Unreadable as error:
            yield Row(line, fault=str(error))
        else:
            yield _row(line, text)


def _charwise(stream: Bytes, encoding: str) -> Iterator[Row | None]:
    """Rows of a file whose lines end with other than one byte, such as UTF-16."""
    line = 0
    with text_of(stream, encoding, "\n") as texts:
        while text := texts.readline(LONGEST_LINE + 1):
            line += 1
            if len(text) > LONGEST_LINE:
                yield Row(line, fault=too_long(LONGEST_LINE))
                while text and not text.endswith("\n"):
                    text = texts.readline(1 << 20)
            elif fault := undecodable(text, encoding):
                yield Row(line, fault=fault)
            else:
                yield _row(line, text)


def _rows(path: Path, part: Part | None = None, encoding: str = "utf-8") -> Iterator[Row]:
    last, found = part.first - 1 if part else 0, encoding
    try:
        with _opened(path) as stream:
            found = _encoding(stream, encoding, path)
            by_line = (
                _bytewise(stream, part, found) if is_bytewise(found) else _charwise(stream, found)
            )
            for row in by_line:
                if row:
                    last = row.line
                    yield row
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise InputError(f"broken gzip ({error})", where=f"{path}:{last + 1}",
                         fix="fetch the file again") from None  # fmt: skip
    except UnicodeError:
        raise InputError(f"not {shown(found)} from here on", where=f"{path}:{last + 1}",
                         fix="fetch the file again, or mend the source's encoding",
                         ) from None  # fmt: skip


def _parts(path: Path, encoding: str) -> list[Part | None]:
    """Stretches that end with a line, as long as each other, of `PART_BYTES` at most or about it.

    Workers take parts in turns: the short rest of every file would else fall to the same ones.
    """
    parts: list[Part | None] = []
    begin, first, at = 0, 1, 0
    size = path.stat().st_size
    length = -(-size // max(1, -(-size // PART_BYTES)))
    with path.open("rb") as stream:
        if not is_bytewise(_encoding(stream, encoding, path)):
            return [None]
        while block := stream.read(length):
            end = block.rfind(b"\n") + 1
            if end:
                parts.append(Part(begin, at + end, first))
                begin, first = at + end, first + block.count(b"\n")
            at += len(block)
    if begin < at or not parts:
        parts.append(Part(begin, at, first))
    return parts


JSON_LINES = Format(_rows, _parts)
GZIPPED_JSON_LINES = Format(_rows)
