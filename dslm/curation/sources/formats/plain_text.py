"""Plain text: a `.txt` file is one input, as it stands; only its line ends become newlines."""

from __future__ import annotations

from functools import partial

from dslm.curation.sources.formats.sidecar_labels import Text, one_text
from dslm.curation.sources.formats.source_rows import Format, Unreadable
from dslm.curation.sources.formats.text_decoding import decoded, encoding_of


def newlined(text: str) -> str:
    """A text whose lines end with a newline, however they ended."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def file_text(raw: bytes, encoding: str) -> str:
    """The text of a whole file.

    Raises:
        Unreadable: The bytes are none of the encoding, or no text.
    """
    text = decoded(raw, encoding_of(raw, encoding))
    if "\0" in text:
        raise Unreadable("holds NUL bytes: it is UTF-16 without its mark, or no text")
    return newlined(text)


def _read(raw: bytes, encoding: str) -> Text:
    return Text(file_text(raw, encoding))


TXT = Format(partial(one_text, read=_read), single=True)
