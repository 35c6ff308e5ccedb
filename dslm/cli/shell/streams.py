"""Standard output and error that take any text: of any encoding, closed, full, or left by a reader.

Called by the boundary, before and after a command or a stage runs. Signs that an encoding lacks are
replaced by others, never an error; JSON is written with escapes instead, so that nothing is lost.
"""

from __future__ import annotations

import codecs
import contextlib
import fcntl
import json
import os
import select
import sys
from typing import Any, TextIO

from dslm.errors.notices import HALVES

LEGIBLE = "dslm.legible"  # the name of our error handler for encodings
# What stands for a sign of ours where the encoding lacks it; anything else becomes a question mark.
_SIGNS = {
    "✓": "ok", "✗": "x", "→": "->", "←": "<-", "…": "...", "—": "-", "–": "-", "−": "-", "·": "-",
    "•": "*", "≤": "<=", "≥": ">=", "×": "x", "±": "+-", "“": '"', "”": '"', "„": '"', "’": "'",
    "‘": "'", "\u00a0": " ", "\u202f": " ", "\u2009": " ",
}  # fmt: skip
_REPLACEMENT = "\ufffd"


def _legible(error: UnicodeError) -> tuple[str | bytes, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    if error.encoding.lower().replace("_", "-") in {"utf-8", "utf8"}:  # halves, nothing else
        return _REPLACEMENT.encode() * len(lacking), error.end
    return "".join(_SIGNS.get(character, "?") for character in lacking), error.end


def make_ready() -> None:
    """Let both streams take any text, and be there where the caller closed them or only lets read.

    A descriptor that is closed would be given to the next file that is opened, and what a library
    prints would land in it.
    """
    codecs.register_error(LEGIBLE, _legible)
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest that is free: this one
        if number and fcntl.fcntl(number, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY:
            _to_nothing(number)
    for number, name in ((1, "stdout"), (2, "stderr")):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(number, "w", encoding="utf-8", closefd=False))
        stream = getattr(sys, name)
        if hasattr(stream, "reconfigure"):
            if not _takes_any(stream.encoding):
                stream.reconfigure(encoding="utf-8")
            stream.reconfigure(errors=LEGIBLE)


def _takes_any(encoding: str) -> bool:
    """Whether an encoding takes any text with our signs, unlike idna."""
    try:
        " ✓\n".encode(encoding, LEGIBLE)
    except (UnicodeError, LookupError):
        return False
    return True


def json_text(value: Any, stream: TextIO, *, indent: int | None = None) -> str:
    """A value as JSON that a stream can take, with escapes for what its encoding lacks."""
    text = json.dumps(value, indent=indent, ensure_ascii=False, default=str)
    text = HALVES.sub(_REPLACEMENT, text)
    try:
        text.encode(getattr(stream, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        text = "".join(c if c.isascii() else json.dumps(c)[1:-1] for c in text)
    return text + "\n"


def reader_is_gone() -> bool:
    """Whether standard output or error is a pipe that nobody reads any more."""
    poller = select.poll()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            poller.register(stream.fileno(), 0)  # errors are told unasked
    return any(events & (select.POLLERR | select.POLLHUP) for _, events in poller.poll(0))


def flush() -> OSError | None:
    """Write out what is held back, so that the interpreter's last flush has nothing to fail at.

    Returns:
        What standard output complains of, the first time; of standard error nobody could be told.
    """
    complaint = None
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError as error:
            complaint = complaint or (error if stream is sys.stdout else None)
            _forget(stream)
        except ValueError:  # closed meanwhile
            continue
    return complaint


def _forget(stream: TextIO) -> None:
    """Point a stream at nothing."""
    with contextlib.suppress(OSError, ValueError):
        _to_nothing(stream.fileno())


def _to_nothing(number: int) -> None:
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, number)
    os.close(null)


def tell(text: str) -> None:
    """Write on standard error; where that cannot be written to, nobody can be told."""
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except OSError:
        _forget(sys.stderr)


def in_colour(stream: TextIO) -> bool:
    """Whether a stream is a terminal that takes colours, and nobody said no to them."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
