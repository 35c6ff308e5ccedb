"""A mail's headers as text: bytes in the right charset, encoded words in theirs.

Python's parser reads encoded words of the charsets that it knows by name, and one by one, where
programs cut a character in two. So the words are read here, each run of a charset at once, and are
handed to the parser in UTF-8. RFC 2047, RFC 2231. Called by the face, `mail_senders` and
`mail_body`.
"""

from __future__ import annotations

import base64
import binascii
import email.policy
import quopri
import re
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from typing import Any

from dslm.curation.sources.formats.mail.mail_charsets import text_in
from dslm.curation.sources.formats.mail.message_parser import asked
from dslm.curation.sources.formats.source_rows import Unreadable
from dslm.settings.files.text_encodings import text_encoding

_WORD = r"=\?[^?\s]+\?[bBqQ]\?[^?\r\n]*\?="
_RUN = re.compile(rf"{_WORD}(?:\s+{_WORD}|{_WORD})*")
_PARTS = re.compile(r"=\?([^?\s]+)\?([bBqQ])\?([^?\r\n]*)\?=")
_UNQUOTED = re.compile(r"(\b(?:file)?name\s*=\s*)([^\s\";]+\s[^\";]*)")
_EXTENDED = re.compile(r"(\*(?:0\*)?\s*=\s*\"?)([^'\s;\"=]+)'")  # of RFC 2231, with its charset


@contextmanager
def _named(name: str) -> Iterator[None]:
    """A fault inside says which header it is of."""
    try:
        yield
    except Unreadable as error:
        raise Unreadable(f"header {name}: {error}") from None


def raw_header(
    message: EmailMessage, name: str, fallback: str, hint: str | None = None
) -> str | None:
    """A header's first value on one line, encoded words as they are; None without it.

    Args:
        message: As parsed.
        name: The header's name.
        fallback: The encoding of bytes that no charset is named for.
        hint: The charset that the message names for its text, which they may be in too.

    Raises:
        Unreadable: Its bytes are in no charset that can be told.
    """
    for key, value in message.raw_items():
        if key.lower() == name.lower():
            unfolded = re.sub(r"[\r\n]+", "", str(value))
            with _named(name):
                raw = unfolded.encode("utf-8", "surrogateescape")
                return text_in(raw, None, fallback, hint=hint).strip()
    return None


def _bytes_of(kind: str, text: str) -> bytes | None:
    """What an encoded word holds; None where it is none."""
    if kind in "qQ":
        return quopri.decodestring(text.replace(" ", "_").encode(), header=True)
    letters = re.sub(r"\s", "", text).rstrip("=")
    try:
        return base64.b64decode(letters + "=" * (-len(letters) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


def _said(run: str, fallback: str) -> str | None:
    """What a run of encoded words says; None where one is none.

    Raises:
        Unreadable: One is in a charset that is not known, or is no text of it.
    """
    held: list[tuple[str, bytes]] = []
    for charset, kind, letters in _PARTS.findall(run):
        raw = _bytes_of(kind, letters)
        if raw is None:
            return None
        name = charset.partition("*")[0].lower()  # a language may follow
        if held and held[-1][0] == name:
            held[-1] = name, held[-1][1] + raw
        else:
            held.append((name, raw))
    return "".join(text_in(raw, name, fallback) for name, raw in held)


def in_utf8(text: str, fallback: str) -> str:
    """A header whose encoded words are all in UTF-8; those that are none stay as they are.

    Raises:
        Unreadable: One is in a charset that is not known, or is no text of it.
    """

    def of_run(run: re.Match[str]) -> str:
        said = _said(run[0], fallback)
        if said is None:
            return run[0]
        return f"=?utf-8?b?{base64.b64encode(said.encode()).decode()}?="

    return _RUN.sub(of_run, text)


def header(message: EmailMessage, name: str, fallback: str, hint: str | None = None) -> str | None:
    """A header's first value as a person reads it; one that cannot be parsed as it stands.

    Raises:
        Unreadable: It is in no charset that can be told.
    """
    raw = raw_header(message, name, fallback, hint)
    if not raw:
        return None
    with _named(name):
        known = in_utf8(raw, fallback)
    try:
        read = str(asked(lambda: email.policy.default.header_factory(name, known)))
    except Unreadable:
        read = raw
    return " ".join(read.encode("utf-8", "replace").decode().split()) or raw


def _parameters(text: str, fallback: str) -> str:
    """A header with parameters as the standard has it: programs write encoded words and blanks."""

    def of_run(run: re.Match[str]) -> str:
        said = _said(run[0], fallback)
        if said is None:
            return run[0]
        said = re.sub(r'(["\\])', r"\\\1", said)
        return said if text[: run.start()].count('"') % 2 else f'"{said}"'

    text = _RUN.sub(of_run, text)
    text = _UNQUOTED.sub(lambda found: f'{found[1]}"{found[2].strip()}"', text)
    return _EXTENDED.sub(lambda found: f"{found[1]}{text_encoding(found[2]) or found[2]}'", text)


def file_name(part: EmailMessage, fallback: str) -> str | None:
    """The name of the file that a part holds; None without one.

    Raises:
        Unreadable: It is in no charset that can be told.
    """
    for name, key in (("Content-Disposition", "filename"), ("Content-Type", "name")):
        raw = raw_header(part, name, fallback)
        if raw and (found := _parameter(name, raw, key, fallback)):
            return found
    return None


def _parameter(name: str, raw: str, key: str, fallback: str) -> str | None:
    with _named(name):
        known = _parameters(raw, fallback)
    read: Any = asked(lambda: email.policy.default.header_factory(name, known))
    found = str(asked(lambda: read.params.get(key)) or "")
    return " ".join(found.encode("utf-8", "replace").decode().split()) or None
