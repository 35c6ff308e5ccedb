"""The bytes of a part of a mail, its transfer encoding undone; what is none of it is a fault.

Called by `mail_body`. RFC 2045, section 6.
"""

from __future__ import annotations

import base64
import re
from email.message import EmailMessage
from typing import Any

from dslm.curation.sources.formats.mail.message_parser import asked
from dslm.curation.sources.formats.source_rows import Unreadable

_AS_IS = {"", "7bit", "8bit", "8bits", "binary", "none"}
_UNDONE = {"quotedprintable": "quoted-printable", "base64": "base64", "xuuencode": "x-uuencode",
           "uuencode": "x-uuencode", "uue": "x-uuencode", "xuue": "x-uuencode"}  # fmt: skip
_LETTERS = re.compile(rb"[A-Za-z0-9+/]*={0,2}\Z")
_LONG = 40  # letters of a line that is base64 rather than a word
_ENCODED = re.compile(  # how a line begins that no word looks like
    rb"(?=[A-Za-z+/]*\d)(?=[a-z0-9+/]*[A-Z])(?=[A-Z0-9+/]*[a-z])[A-Za-z0-9+/]{12}"
    rb"|[A-Za-z0-9+/]{6,}={1,2}\Z"
)


def part_bytes(part: EmailMessage) -> bytes:
    """What a part holds.

    Raises:
        Unreadable: It is not in the transfer encoding that it names, or that is not known.
    """
    named = str(asked(lambda: part.get("Content-Transfer-Encoding")) or "").lower()
    plain = re.sub(r"[^a-z0-9]", "", named.partition(";")[0])
    if plain not in _AS_IS and plain not in _UNDONE:
        shown = named.encode("ascii", "replace").decode()[:40]
        raise Unreadable(f"a part in a transfer encoding that is not known ({shown})")
    if plain in _AS_IS or plain == "base64":
        written = _undone(part, "8bit")
        return _of_base64(written) if plain == "base64" else written
    return _undone(part, _UNDONE[plain])


def _undone(part: EmailMessage, encoding: str) -> bytes:
    """A part's bytes as if it named this encoding, one that Python knows by this name."""
    del part["Content-Transfer-Encoding"]
    part["Content-Transfer-Encoding"] = encoding
    raw: Any = asked(lambda: part.get_payload(decode=True))
    if not isinstance(raw, bytes):
        raise Unreadable("a part without content")
    return raw


def _of_base64(written: bytes) -> bytes:
    """Lines of base64, and what a mailing list may have written below them."""
    lines = [line.strip(b" \t\r\0") for line in written.split(b"\n")]
    end = next((n for n, line in enumerate(lines) if not _LETTERS.match(line)), len(lines))
    footer = lines[end:]
    if any(_is_encoded(line) for line in footer):
        raise Unreadable("a part says it is base64 and is not")
    letters = b"".join(lines[:end])
    whole = letters.rstrip(b"=")
    if b"=" in whole or len(whole) % 4 == 1 or (footer and len(letters) % 4):
        raise Unreadable("a part says it is base64 and is not")
    said = base64.b64decode(whole + b"=" * (-len(whole) % 4))
    below = b"\n".join(footer).strip()
    return said + b"\n\n" + below if below else said


def _is_encoded(line: bytes) -> bool:
    """Whether a line below the base64 looks like more of it, with something else between."""
    return bool(_ENCODED.match(line)) or (len(line) >= _LONG and bool(_LETTERS.match(line)))
