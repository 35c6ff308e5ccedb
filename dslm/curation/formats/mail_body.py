"""The text of a message: its plain parts, or its HTML as text; attachments by their names.

Takes a parsed message, gives what a reader of it sees. Called by `mail`.
"""

from __future__ import annotations

from email.errors import InvalidBase64LengthDefect
from email.message import EmailMessage, Message
from typing import Any

from dslm.curation.formats.html_text import html_text
from dslm.curation.formats.mail_parsing import asked, text_in
from dslm.curation.formats.plain_text import newlined
from dslm.curation.formats.rows import Unreadable

DEEPEST = 40  # parts within parts


def body_text(message: EmailMessage, fallback: str) -> str:
    """What a message says, with `[attachment: NAME]` for each file that came with it.

    Args:
        message: As parsed.
        fallback: The encoding of text that names no charset.

    Raises:
        Unreadable: A part is not what it says it is, or in no known charset.
    """
    texts = _texts(message, fallback, depth=0)
    return "\n\n".join(text for text in texts if text)


def _texts(part: Message, fallback: str, *, depth: int) -> list[str]:
    """The texts of a part and of the parts inside it, in order."""
    if depth > DEEPEST:
        raise Unreadable("parts are nested too deeply")
    kind = asked(part.get_content_type)
    name = asked(part.get_filename)
    if kind.startswith("message/") or asked(part.get_content_disposition) == "attachment":
        return [_named(name or kind)]
    inner: Any = asked(part.get_payload)
    if kind.startswith("multipart/") and isinstance(inner, list):
        of_each = [_texts(one, fallback, depth=depth + 1) for one in _chosen(kind, inner)]
        return [text for texts in of_each for text in texts]
    if kind == "text/html":
        return [html_text(_decoded(part, fallback))]
    if kind == "text/plain" or kind.startswith("multipart/"):  # whose boundary never came
        return [newlined(_decoded(part, fallback)).strip()]
    return [_named(name or kind)]


def _named(name: str) -> str:
    return f"[attachment: {' '.join(name.encode('utf-8', 'replace').decode().split())}]"


def _holds(part: Message, kind: str) -> bool:
    """Whether a part is of a kind, or has one of it inside."""
    return any(asked(one.get_content_type) == kind for one in asked(lambda: list(part.walk())))


def _chosen(kind: str, parts: list[Message]) -> list[Message]:
    """The parts to read: of alternatives the plain one, or the one with HTML, or the last."""
    if kind != "multipart/alternative" or not parts:
        return parts
    for wanted in ("text/plain", "text/html"):
        for part in parts:
            if _holds(part, wanted):
                return [part]
    return parts[-1:]


def _decoded(part: Message, fallback: str) -> str:
    raw = asked(lambda: part.get_payload(decode=True))
    if any(isinstance(defect, InvalidBase64LengthDefect) for defect in part.defects):
        raise Unreadable("a part says it is base64 and is not")
    if not isinstance(raw, bytes):
        raise Unreadable("a part without content")
    return text_in(raw, asked(part.get_content_charset), fallback)
