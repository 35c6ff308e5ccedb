"""Which mails are one conversation: ids of messages, and the one that a thread began with.

Takes a parsed message; gives ids without brackets. Called for each mail, for mailboxes, and where a
person's mails are looked for.
"""

from __future__ import annotations

import re
from email.message import EmailMessage

from dslm.curation.sources.formats.mail.mail_headers import raw_header

_BRACKETED = re.compile(r"<([^<>]*\S[^<>]*)>")


def bare_id(text: str) -> str | None:
    """The first message id of a text, without its brackets, which some programs leave out."""
    if found := _BRACKETED.search(text):
        return found[1].strip()
    return next(iter(text.strip("<>").split()), None)


def message_id(message: EmailMessage, fallback: str) -> str | None:
    """A message's id without its brackets; None without one."""
    return bare_id(raw_header(message, "Message-ID", fallback) or "")


def thread_root(message: EmailMessage, fallback: str) -> str | None:
    """The id of the message that the conversation began with; None where no header names one."""
    before = (raw_header(message, name, fallback) for name in ("References", "In-Reply-To"))
    return next((root for text in before if text and (root := bare_id(text))), None)
