"""The objects of a file of JSON lines that may be anything: lines that are none are passed over."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from dslm.strict_json import strict_json

LONGEST_LINE = 64 << 20  # bytes


def looks_like_lines(path: Path) -> bool:
    """Whether a file begins as JSON lines do, zipped or not."""
    try:
        with _opened(path) as stream:
            return bool(stream.read(64).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"))
    except (OSError, EOFError, zlib.error):
        return False


def objects_in(path: Path) -> Iterator[dict[str, Any]]:
    """The objects that stand on a line each."""
    try:
        with _opened(path) as stream:
            while line := stream.readline(LONGEST_LINE):
                if line.lstrip(b"\xef\xbb\xbf \t").startswith(b"{"):
                    try:
                        value = strict_json(line.decode("utf-8-sig").strip())
                    except ValueError:
                        continue
                    if isinstance(value, dict):
                        yield value
    except (OSError, EOFError, zlib.error):
        return  # damaged: its bytes are looked at as they are


def object_of(path: Path) -> Iterator[dict[str, Any]]:
    """The one object that a whole file is, if it is one."""
    try:
        value = strict_json(path.read_bytes())
    except (OSError, ValueError):
        return
    if isinstance(value, dict):
        yield value


def texts_in(value: Any) -> Iterator[str]:
    """The texts within a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from texts_in(one)
    elif isinstance(value, list):
        for one in value:
            yield from texts_in(one)


def _opened(path: Path) -> Any:
    with path.open("rb") as stream:
        zipped = stream.read(2) == b"\x1f\x8b"
    return cast("Any", gzip.open(path, "rb")) if zipped else path.open("rb")
