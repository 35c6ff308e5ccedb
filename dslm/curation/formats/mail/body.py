"""The text of a message: its plain parts, or its HTML as text; everything else by its name.

Takes a parsed message, gives what a reader of it sees. Of alternatives the plain one is read, if it
says anything; what is no other form of it is read or named too, so that no part is lost without a
word. Called by the face.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from email.message import EmailMessage

from dslm.curation.formats.html_text import html_text
from dslm.curation.formats.mail.charsets import text_in
from dslm.curation.formats.mail.headers import file_name
from dslm.curation.formats.mail.parsing import asked, parts_in
from dslm.curation.formats.mail.transfer import part_bytes
from dslm.curation.formats.plain_text import newlined
from dslm.curation.formats.rows import Unreadable

DEEPEST = 40  # parts within parts
MANY_WORDS = 10  # that the HTML has and the plain text lacks: it is no other form of it
SOME_WORDS = 4  # as many, where the two have no word in common
PLAIN = {"text/plain", "text/markdown", "text/x-markdown"}
RICH = {"text/html", "application/xhtml+xml", "text/x-amp-html", "text/watch-html"}
_UNSEEN = "\u034f\u115f\u1160\u2800\u3164\uffa0"  # fillers that are letters by their category
_HEAD = 4096  # bytes of a page in which it says what it is in
_META = re.compile(
    rb"<meta[^>]{1,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_.:-]{1,40})", re.IGNORECASE
)
_WORDS = re.compile(r"\w+")


@dataclass(frozen=True)
class _Piece:
    """What one part says, in plain text or HTML; or the name of one that is not read."""

    text: str
    kind: str  # plain, html or attached


@dataclass(frozen=True)
class _Version:
    """What one of the alternatives says, or why it cannot be read."""

    pieces: tuple[_Piece, ...] = ()
    fault: Unreadable | None = None

    @property
    def text(self) -> str:
        """All that it says."""
        return "\n\n".join(piece.text for piece in self.pieces if piece.kind != "attached")

    @property
    def words(self) -> set[str]:
        """The words of it."""
        return set(_WORDS.findall(self.text.casefold()))

    def has(self, kind: str) -> bool:
        """Whether it says something in a kind of text."""
        return any(piece.kind == kind and _says(piece.text) for piece in self.pieces)


def body_text(message: EmailMessage, fallback: str) -> str:
    """What a message says, with `[attachment: NAME]` for each file that came with it.

    Args:
        message: As parsed.
        fallback: The encoding of text that names no charset.

    Raises:
        Unreadable: A part is not what it says it is, or in no known charset.
    """
    pieces = _pieces(message, fallback, depth=0)
    return "\n\n".join(
        piece.text for piece in pieces if piece.kind == "attached" or _seen(piece.text)
    )


def _seen(text: str) -> bool:
    """Whether any character of a text can be seen."""
    return any(
        unicodedata.category(character)[0] not in "ZC" and character not in _UNSEEN
        for character in text
    )


def _says(text: str) -> bool:
    """Whether a text has a letter, digit or sign, rather than blanks, dashes and dots alone."""
    return any(
        unicodedata.category(character)[0] in "LNS" and character not in _UNSEEN
        for character in text
    )


def _pieces(part: EmailMessage, fallback: str, *, depth: int) -> list[_Piece]:
    """What a part and the parts inside it say, in order."""
    if depth > DEEPEST:
        raise Unreadable("parts are nested too deeply")
    kind = asked(part.get_content_type)
    name = file_name(part, fallback)
    if kind.startswith("message/") or asked(part.get_content_disposition) == "attachment":
        return [_attached(name or kind)]
    if kind.startswith("multipart/"):
        inner = parts_in(part, kind)
        if inner is None:
            return [_Piece(newlined(_decoded(part, fallback)).strip(), "plain")]
        if kind == "multipart/alternative":
            return _of_alternatives([_version(one, fallback, depth + 1) for one in inner])
        return [piece for one in inner for piece in _pieces(one, fallback, depth=depth + 1)]
    if kind in RICH:
        return [_Piece(html_text(_decoded(part, fallback)), "html")]
    if kind in PLAIN:
        return [_Piece(newlined(_decoded(part, fallback)).strip(), "plain")]
    return [_attached(name or kind)]


def _attached(name: str) -> _Piece:
    return _Piece(f"[attachment: {name}]", "attached")


def _decoded(part: EmailMessage, fallback: str) -> str:
    """A part's text; a page may name its charset itself, where the mail does not."""
    raw = part_bytes(part)
    own = _META.search(raw[:_HEAD])
    hint = own[1].decode() if own else None
    text = text_in(raw, asked(part.get_content_charset), fallback, hint=hint)
    if "\0" in text:
        raise Unreadable("a text that holds NUL bytes")
    return text.removeprefix("\ufeff")


def _version(part: EmailMessage, fallback: str, depth: int) -> _Version:
    try:
        return _Version(tuple(_pieces(part, fallback, depth=depth)))
    except Unreadable as fault:
        return _Version(fault=fault)


def _of_alternatives(versions: Sequence[_Version]) -> list[_Piece]:
    """The version to read, what others say that it does not, and the files of all.

    Raises:
        Unreadable: The one to read cannot be.
    """
    best = _best(versions)
    if best is None:
        fault = next((version.fault for version in versions if version.fault), None)
        if fault:
            raise fault
        return [piece for version in versions for piece in version.pieces]
    known = best.words
    kept: list[_Piece] = []
    for version in versions:
        own = version is best or _says_more(version, best, known)
        kept += [piece for piece in version.pieces if own or piece.kind == "attached"]
    return kept


def _best(versions: Sequence[_Version]) -> _Version | None:
    for kind in ("plain", "html"):
        found = next((version for version in versions if version.has(kind)), None)
        if found:
            fuller = _fuller(versions, found) if kind == "plain" else None
            return fuller or found
    return next((version for version in versions if _seen(version.text)), None)


def _fuller(versions: Iterable[_Version], plain: _Version) -> _Version | None:
    """The version that has all words of the plain one, a stub, and many more."""
    return next(
        (v for v in versions if v.words >= plain.words and _says_more(v, plain, plain.words)), None
    )


def _says_more(version: _Version, best: _Version, known: set[str]) -> bool:
    """Whether a version is more than another form of the one that is read."""
    if version.has("plain") and best.has("plain"):
        return version.text != best.text
    new = version.words - known
    if new == version.words:  # the other says "please see the HTML", or it in another language
        return len(new) >= SOME_WORDS
    return len(new) >= MANY_WORDS and 2 * len(new) > len(version.words)
