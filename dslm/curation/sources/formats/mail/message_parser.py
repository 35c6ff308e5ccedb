"""What Python's mail parser says of a message, and what it makes of a broken one.

The standard library's parser takes most damage in its stride and trips over some: a header that
nobody could write on purpose ends in an IndexError. `asked` makes that a fault of the message.
Called by the other modules of this package and by `mailboxes`.
"""

from __future__ import annotations

import codecs
import email
import email.errors
import email.policy
import re
from collections.abc import Callable
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from typing import Any, TypeVar

from dslm.curation.sources.formats.source_rows import Unreadable

Answer = TypeVar("Answer")
# What the parser is known to raise for damaged headers, over the versions of Python.
TRIPS = (
    ValueError, LookupError, TypeError, AttributeError, AssertionError, RecursionError,
    OverflowError, email.errors.MessageError,
)  # fmt: skip
_OPENING = re.compile(rb"(?mi)^--(\S[^\r\n]{0,69}?)[ \t]*\r?\n(?=content-[a-z-]+:)")


def asked(question: Callable[[], Answer]) -> Answer:
    """What the parser answers.

    Raises:
        Unreadable: It trips over the message.
    """
    try:
        return question()
    except Unreadable:
        raise
    except TRIPS as error:
        name = type(error).__name__
        raise Unreadable(f"a mail that cannot be parsed ({name}: {error})"[:200]) from None


def parsed(raw: bytes, *, head_only: bool = False) -> EmailMessage:
    """A message, or only its headers; what an editor puts before them does not count.

    Raises:
        Unreadable: The parser trips over it.
    """
    raw = raw.removeprefix(codecs.BOM_UTF8).lstrip(b"\r\n")
    if head_only:
        parser = BytesHeaderParser(EmailMessage, policy=email.policy.default)
        return asked(lambda: parser.parsebytes(raw))
    return asked(lambda: email.message_from_bytes(raw, policy=email.policy.default))


def parts_in(part: EmailMessage, kind: str) -> list[EmailMessage] | None:
    """The parts that a multipart holds; None for one whose boundary is nowhere, which is text.

    Args:
        part: As parsed.
        kind: Its content type.

    Raises:
        Unreadable: Its boundary is empty, so that every `--` in a text would end it.
    """
    inner: Any = asked(part.get_payload)
    if asked(part.get_boundary) == "":
        raise Unreadable("a multipart whose boundary is empty")
    if isinstance(inner, list):
        return inner
    raw: Any = asked(lambda: part.get_payload(decode=True))
    opening = _OPENING.search(raw) if isinstance(raw, bytes) else None
    if opening is None:
        return None
    boundary = re.sub(rb'(["\\])', rb"\\\1", opening[1])
    head = b'Content-Type: %s; boundary="%s"\r\n\r\n' % (kind.encode(), boundary)
    anew: Any = parsed(head + raw).get_payload()
    return anew if isinstance(anew, list) else None
