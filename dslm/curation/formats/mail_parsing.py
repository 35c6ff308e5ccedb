"""What Python's mail parser says of a message, and what it makes of a broken one.

The standard library's parser takes most damage in its stride and trips over some: a header that
nobody could write on purpose ends in an IndexError. `asked` makes that a fault of the message.
Called by `mail`, `mail_body` and `mailboxes`.
"""

from __future__ import annotations

import email
import email.errors
import email.policy
import re
from collections.abc import Callable
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from typing import TypeVar

from dslm.curation.formats.decoding import is_bytewise
from dslm.curation.formats.rows import Unreadable
from dslm.settings.encodings import text_encoding

Answer = TypeVar("Answer")
WESTERN = {"iso8859-1", "iso8859-15", "cp1252"}
WIDER = {"gb2312": "gb18030", "shift_jis": "cp932"}  # what is sent under the narrower name
# What the parser is known to raise for damaged headers, over the versions of Python.
TRIPS = (
    ValueError, LookupError, TypeError, AttributeError, AssertionError, RecursionError,
    OverflowError, email.errors.MessageError,
)  # fmt: skip


def asked(question: Callable[[], Answer]) -> Answer:
    """What the parser answers.

    Raises:
        Unreadable: It trips over the message.
    """
    try:
        return question()
    except TRIPS as error:
        name = type(error).__name__
        raise Unreadable(f"a mail that cannot be parsed ({name}: {error})"[:200]) from None


def parsed(raw: bytes, *, head_only: bool = False) -> EmailMessage:
    """A message, or only its headers.

    Raises:
        Unreadable: The parser trips over it.
    """
    if head_only:
        parser = BytesHeaderParser(EmailMessage, policy=email.policy.default)
        return asked(lambda: parser.parsebytes(raw))
    return asked(lambda: email.message_from_bytes(raw, policy=email.policy.default))


def _tried(declared: str | None, fallback: str) -> list[str]:
    """The encodings that text may be in, the likeliest first."""
    named = text_encoding(declared or "ascii")
    if named in WESTERN:
        return ["utf-8", "cp1252", named]
    if named in (None, "ascii"):
        own = [fallback] if is_bytewise(fallback) else []  # UTF-16 is for files, never for mail
        return ["utf-8", *own] if text_encoding(fallback) in WESTERN else [*own, "utf-8"]
    return [WIDER.get(named, named), "utf-8"]


def text_in(raw: bytes, declared: str | None, fallback: str) -> str:
    """Bytes as text, by the charset that a message declares, or one it might have meant.

    A message that says Latin-1 is often UTF-8, never the other way round by chance; one that says
    UTF-8 or nothing may be in Windows' Western encoding, if no character of it is UTF-8.

    Raises:
        Unreadable: They are text in none of them.
    """
    for codec in (tried := _tried(declared, fallback)):
        try:
            return raw.decode(codec)
        except UnicodeError:
            continue
    if set(tried) <= {"utf-8", text_encoding(fallback)} and not _has_utf8(raw):
        try:
            return raw.decode("cp1252")
        except UnicodeError:
            pass
    raise Unreadable(f"text of no charset that can be told, declared {declared or 'none'}")


def _has_utf8(raw: bytes) -> bool:
    """Whether any character beyond ASCII is UTF-8, though not all of them are."""
    text = raw.decode("utf-8", "surrogateescape")
    return any(character > "\x7f" and not "\ud800" <= character <= "\udfff" for character in text)


def raw_header(message: EmailMessage, name: str, fallback: str) -> str | None:
    """A header's first value on one line, encoded words as they are; None without it."""
    for key, value in message.raw_items():
        if key.lower() == name.lower():
            unfolded = re.sub(r"[\r\n]+", "", str(value))
            return text_in(unfolded.encode("utf-8", "surrogateescape"), None, fallback).strip()
    return None


def header(message: EmailMessage, name: str, fallback: str) -> str | None:
    """A header's first value as a person reads it; one that cannot be parsed as it stands."""
    raw = raw_header(message, name, fallback)
    if not raw:
        return None
    try:
        read = str(asked(lambda: email.policy.default.header_factory(name, raw)))
    except Unreadable:
        read = raw
    return " ".join(read.encode("utf-8", "replace").decode().split()) or raw
