"""Bytes of a mail → text, by the charset that it names; one that nobody knows is never guessed.

The names are those of the Encoding Standard and of Python, and each is read as the wider encoding
that is really sent under it. Text of no charset is UTF-8 or what the source's `encoding` says, or
reads the same in every code page that it could be in; else the message is a reject that tells so.
Called by `mail_headers` and `mail_body`.
"""

from __future__ import annotations

import codecs
import re

from dslm.curation.sources.formats.source_rows import Unreadable
from dslm.curation.sources.formats.text_decoding import is_bytewise
from dslm.settings.files.text_encodings import text_encoding

LATIN = {"iso8859-1", "cp1252"}
OF_LATIN_LETTERS = LATIN | {"cp1250", "cp1254", "cp1257", "iso8859-2", "iso8859-9", "iso8859-15"}
# What is sent under a narrower name, the likeliest first (https://encoding.spec.whatwg.org/#names).
SENT_AS = {
    "gb2312": ("gb18030",),
    "gbk": ("gb18030",),
    "shift_jis": ("cp932", "shift_jis_2004"),
    "euc_jp": ("euc_jp", "euc_jis_2004"),
    "iso2022_jp": ("iso2022_jp", "iso2022_jp_ext", "iso2022_jp_2004"),
    "euc_kr": ("cp949",),
    "big5": ("cp950", "big5hkscs"),
    "cp950": ("cp950", "big5hkscs"),
    "iso8859-9": ("cp1254",),
    "iso8859-11": ("cp874",),
    "tis-620": ("cp874",),
}
# Encodings whose bytes 0x80 to 0x9F mean nothing, and what was meant where these are there.
OF_WINDOWS = {"iso8859-15": "cp1252", "iso8859-8": "cp1255"}
MANY_ACCENTS = 6  # letters beyond ASCII that words consist of alone
_NO_LETTERS = "ªº²³¹¼½¾"  # that are alphanumeric to Python
_SHIFTS = (b"\x1b", b"\x0e", b"\x0f")  # letters that only look like ASCII follow
_LATIN_PAGES = ("cp1252", "cp1250", "cp1254", "cp1257")
_WORD = re.compile(r"[^\W\d_]+")
_SIGN_IN_WORD = re.compile(r"(?<=[^\W\d_])[^\x00-\x7f\w’](?=[^\W\d_])")  # of DOS, not of Windows
_UNUSED = bytes(range(0x80, 0xA0))


def text_in(raw: bytes, declared: str | None, fallback: str, *, hint: str | None = None) -> str:
    """Bytes as text, by the charset that a message declares.

    A message that says Latin-1 or another is often UTF-8, never the other way round by chance.

    Args:
        raw: The bytes.
        declared: What the message says of them.
        fallback: The encoding of text that names none.
        hint: What the message says of other text of it, for text that names none.

    Raises:
        Unreadable: They are no text of it, or it is not known.
    """
    named = text_encoding(declared or "ascii")
    mistaken = False
    if named is not None or not any(shift in raw for shift in _SHIFTS):
        for codec in _tried(named, raw, fallback, hint):
            text = _decoded(raw, codec)
            if text is None:
                continue
            mistaken = codec in OF_LATIN_LETTERS and _of_other_letters(text)
            if not mistaken:
                return text
    own = text_encoding(fallback)
    if mistaken and own and own not in {"utf-8", *OF_LATIN_LETTERS}:
        text = _decoded(raw, own)
        if text is not None:
            return text
    wants_utf8 = named in ("ascii", "utf-8") and text_encoding(fallback) == "utf-8"
    if wants_utf8 and not _has_utf8(raw) and (text := _alike_in_latin_pages(raw)):
        return text
    shown = (declared or "none").encode("ascii", "replace").decode()[:60]
    why = ", which is not known" if named is None else ""
    if mistaken:
        why = ", in which it is no text of Latin letters"
    if not declared or mistaken:
        example = "cp1251" if mistaken else "cp1252"
        why += f": say in the source's `encoding` what it is in, e.g. {example}"
    raise Unreadable(f"text of no charset that can be told, declared {shown}{why}")


def _decoded(raw: bytes, codec: str) -> str | None:
    try:
        return raw.decode(codec)
    except UnicodeError:
        return None


def _of_other_letters(text: str) -> bool:
    """Whether a text that was read as Latin letters is one of another script.

    Cyrillic or Greek then has words of accented letters alone, as no language has, but for a test
    of its few accents.
    """
    found = _WORD.findall(text.translate(dict.fromkeys(map(ord, _NO_LETTERS), " ")))
    words = {word.casefold() for word in found if len(word) > 2}
    odd = [word for word in words if not any(letter.isascii() for letter in word)]
    return len(odd) > 1 and 2 * len(odd) > len(words) and len({*"".join(odd)}) > MANY_ACCENTS


def _has_utf8(raw: bytes) -> bool:
    """Whether any character beyond ASCII is UTF-8, though not all of them are."""
    text = raw.decode("utf-8", "surrogateescape")
    return any(character > "\x7f" and not "\ud800" <= character <= "\udfff" for character in text)


def _alike_in_latin_pages(raw: bytes) -> str | None:
    """The text, where it is the same in all code pages of Windows for Latin letters, else None.

    So are umlauts, sharp s, e acute, dashes and quotes. Each word has to be of ASCII in its greater
    part, as no word of Cyrillic, Greek, Hebrew or Thai is that was taken for Western letters.
    """
    try:
        text, *others = (raw.decode(page) for page in _LATIN_PAGES)
    except UnicodeError:
        return None
    if any(other != text for other in others) or _SIGN_IN_WORD.search(text):
        return None
    words = _WORD.findall(text)
    mostly_ascii = all(2 * sum(letter.isascii() for letter in word) >= len(word) for word in words)
    return text if mostly_ascii else None


def _tried(named: str | None, raw: bytes, fallback: str, hint: str | None) -> list[str]:
    """The encodings that text may be in, the likeliest first."""
    if named is None:
        return ["utf-8"]  # which no text in another encoding is by chance
    if named == "ascii":
        own = text_encoding(fallback) or "utf-8"
        others = [codec for name in (own, text_encoding(hint or "")) if name and is_bytewise(name)
                  for codec in SENT_AS.get(name, (name,))]  # fmt: skip
        return ["utf-8", *others] if _is_latin(own) else [*others, "utf-8"]
    if named in LATIN:
        return ["utf-8", "cp1252", named]
    if named.startswith(("utf-16", "utf-32")) and b"\0" not in raw and raw[:2] not in _MARKS:
        return ["utf-8", named]
    if named in OF_WINDOWS and raw.translate(None, _UNUSED) != raw:
        named = OF_WINDOWS[named]
    first = ["utf-8"] if _is_latin(named) or _is_utf8_of(named, raw) else []
    return [*first, *SENT_AS.get(named, (named,)), *([] if first else ["utf-8"])]


def _is_utf8_of(named: str, raw: bytes) -> bool:
    """Whether bytes are UTF-8 of letters that the named charset has too.

    A text in that charset is UTF-8 by chance only where it is very short, and then of letters that
    the charset lacks: two bytes that are one Chinese character may be one Cyrillic letter.
    """
    try:
        beyond = [character for character in raw.decode() if character > "\x7f"]
    except UnicodeError:
        return False
    lowest = "\u0800" if len(codecs.encode("\u4e00", named, "replace")) > 1 else "\x80"
    own = (c for c in beyond if c >= lowest and codecs.encode(c, named, "replace") != b"?")
    return 2 * sum(1 for _ in own) > len(beyond)


_MARKS = (b"\xff\xfe", b"\xfe\xff")


def _is_latin(codec: str) -> bool:
    return codec in LATIN or codec == "iso8859-15"
