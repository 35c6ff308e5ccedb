"""A mail → the input that is asked about and what its headers say: `.eml` files, and messages.

The input is who wrote to whom, about what and when, then the body. `message_parser` asks Python's
parser, `mail_headers`, `mail_senders` and `body` make text of what it says, by `mail_charsets` and
`transfer_encoding`. Called for a file with its label beside it, and by `mailboxes` for each
message.
"""

from __future__ import annotations

import datetime as dt
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from functools import partial

from dslm.curation.sources.formats.mail.mail_body import body_of
from dslm.curation.sources.formats.mail.mail_headers import header, in_utf8, raw_header
from dslm.curation.sources.formats.mail.mail_senders import sender_of
from dslm.curation.sources.formats.mail.mail_threads import message_id, thread_root
from dslm.curation.sources.formats.mail.message_parser import asked, parsed
from dslm.curation.sources.formats.sidecar_labels import Text, one_text
from dslm.curation.sources.formats.source_rows import Format, Unreadable

LONGEST_MAIL = 64 << 20  # bytes, attachments and all
MAIL_KEYS = ("message_id", "sender", "thread", "subject", "received", "body")
SHOWN = ("From", "To", "Subject", "Date")


def _moment(text: str | None) -> str | None:
    """A date header in ISO 8601, with its own time zone; None where it is no date."""
    if not text:
        return None
    try:
        moment: dt.datetime = asked(lambda: parsedate_to_datetime(text))
    except Unreadable:
        return None
    return moment.isoformat()


def _charset(message: EmailMessage) -> str | None:
    """The charset of the first text that names one: old programs write headers in it too."""
    parts = asked(lambda: list(message.walk()))
    texts = (part for part in parts if asked(part.get_content_maintype) == "text")
    named = (asked(part.get_content_charset) for part in texts)
    return next((name for name in named if name), None)


def mail_text(raw: bytes, encoding: str) -> Text:
    """A message as an input with meta.

    The meta has `message_id`, `sender`, `thread`, `subject` and `received`, as far as the headers
    say; `thread` is the id of the message that the talk began with. `body` is there where plain
    text and HTML do not say the same: which of them was read.

    Args:
        raw: The message, as RFC 5322 has it.
        encoding: Of text that names no charset.

    Raises:
        Unreadable: It is no message, or one that cannot be read.
    """
    message = parsed(raw)
    hint = _charset(message)
    shown = {name: value for name in SHOWN if (value := header(message, name, encoding, hint))}
    if not shown:
        raise Unreadable(f"not a mail: it has none of {', '.join(SHOWN)}")
    own = message_id(message, encoding)
    thread = thread_root(message, encoding) or own
    written = in_utf8(raw_header(message, "From", encoding, hint) or "", encoding)
    body = body_of(message, encoding)
    told = (
        own, sender_of(written), thread, shown.get("Subject"),
        _moment(raw_header(message, "Date", encoding)), " and ".join(body.forms) or None,
    )  # fmt: skip
    meta = zip(MAIL_KEYS, told, strict=True)
    head = "\n".join(f"{name}: {value}" for name, value in shown.items())
    said = f"{head}\n\n{body.text}".strip()
    return Text(said, {key: value for key, value in meta if value is not None})


EML = Format(partial(one_text, read=mail_text, most=LONGEST_MAIL), single=True)
