"""The text of a message: its plain parts, or its HTML as text; everything else by its name.

Takes a parsed message, gives what a reader of it sees. Of alternatives the plain one is read, or
one that has all its words and more; one with words of its own is read too, so that none is lost.
Called by the face.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from email.message import EmailMessage
from functools import cached_property

from dslm.contract.text.characters import IGNORABLE
from dslm.curation.sources.formats.html_text import html_text
from dslm.curation.sources.formats.mail.mail_charsets import text_in
from dslm.curation.sources.formats.mail.mail_headers import file_name
from dslm.curation.sources.formats.mail.message_parser import asked, parts_in
from dslm.curation.sources.formats.mail.transfer_encoding import part_bytes
from dslm.curation.sources.formats.plain_text import newlined
from dslm.curation.sources.formats.source_rows import Unreadable

DEEPEST = 40  # parts within parts
PLAIN = {"text/plain", "text/markdown", "text/x-markdown"}
RICH = {"text/html", "application/xhtml+xml", "text/x-amp-html", "text/watch-html"}
# Letters of scripts that part no words: Thai to Khmer, kana, Chinese
UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_UNSEEN = "\u034f\u115f\u1160\u2800\u3164\uffa0"  # fillers that are letters by their category
_HEAD = 4096  # bytes of a page in which it says what it is in
_META = re.compile(
    rb"<meta[^>]{1,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_.:-]{1,40})", re.IGNORECASE
)
# Of currencies (Unicode's category Sc), as NFKC has them
_SIGNS = "$¢£¤¥\u058f\u060b\u07fe\u07ff\u09f2\u09f3\u09fb\u0af1\u0bf9\u20a0-\u20cf\ua838"
_WORDS = re.compile(rf"[{UNSPACED}]|[^\W_{UNSPACED}]+|[{_SIGNS}]")
_IGNORABLE = re.compile(f"[{IGNORABLE}]")  # where a word may be parted, for one
# What programs write into the plain form behind a link's words or for a picture
_NO_WORDS = re.compile(
    r"[<\[(]\s*(?:https?://|mailto:|cid:)[^\s<>\[\]()\"]*\s*[>\])]", re.IGNORECASE
)


@dataclass(frozen=True)
class _Piece:
    """What one part says, in plain text or HTML; or the name of one that is not read."""

    text: str
    kind: str  # plain, html or attached
    chosen: bool = False  # rather than another form that says something else


@dataclass(frozen=True)
class _Version:
    """What one of the alternatives says, or why it cannot be read."""

    pieces: tuple[_Piece, ...] = ()
    fault: Unreadable | None = None

    @cached_property
    def words(self) -> frozenset[str]:
        """Its words and signs of currencies, in one form; of scripts without blanks the letters."""
        text = "\n\n".join(piece.text for piece in self.pieces if piece.kind != "attached")
        text = _IGNORABLE.sub("", _NO_WORDS.sub(" ", text))
        plain = unicodedata.normalize("NFKC", text).casefold()
        return frozenset(_WORDS.findall(plain))

    @property
    def kinds(self) -> set[str]:
        """The kinds of text that it says something in."""
        return {p.kind for p in self.pieces if p.kind != "attached" and _says(p.text)}

    @property
    def seen(self) -> bool:
        """Whether any character of it can be seen."""
        return any(piece.kind != "attached" and _seen(piece.text) for piece in self.pieces)


@dataclass(frozen=True)
class Body:
    """What a message says.

    Attributes:
        text: All of it, with `[attachment: NAME]` for each file that came with it.
        forms: Which forms were read, where it has two that do not say the same: plain, html.
    """

    text: str
    forms: tuple[str, ...] = ()


def body_of(message: EmailMessage, fallback: str) -> Body:
    """What a message says.

    Args:
        message: As parsed.
        fallback: The encoding of text that names no charset.

    Raises:
        Unreadable: A part is not what it says it is, or in no known charset.
    """
    pieces = _pieces(message, fallback, depth=0)
    text = "\n\n".join(
        piece.text for piece in pieces if piece.kind == "attached" or _seen(piece.text)
    )
    chosen = {piece.kind for piece in pieces if piece.chosen}
    return Body(text, tuple(kind for kind in ("plain", "html") if kind in chosen))


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
    """The versions to read and the files of all: none is left out but for one that says it all.

    Raises:
        Unreadable: None can be read, and one of them is why.
    """
    read = _to_read(versions)
    if not read:
        if fault := next((version.fault for version in versions if version.fault), None):
            raise fault
        return [piece for version in versions for piece in version.pieces]
    differ = len({version.words for version in versions if version.kinds}) > 1
    kept: list[_Piece] = []
    for version in versions:
        if version.fault:
            kept.append(_attached(f"unreadable, {version.fault}"))
        for piece in version.pieces:
            if piece.kind == "attached":
                kept.append(piece)
            elif version in read:
                kept.append(replace(piece, chosen=differ))
    return kept


def _to_read(versions: Sequence[_Version]) -> list[_Version]:
    """The version to read, the plain one if it says all, and those that have words it lacks."""
    best = _best(versions)
    if best is None:
        return []
    read, known = [best], best.words
    for version in versions:
        if version is best or not version.kinds:
            continue
        if not version.words <= known or (version.kinds == best.kinds == {"plain"}
                                          and version.pieces != best.pieces):  # fmt: skip
            read.append(version)
            known |= version.words
    return read


def _best(versions: Sequence[_Version]) -> _Version | None:
    """The first plain version, or the fullest one that says all that it does and more."""
    for kind in ("plain", "html"):
        if found := next((version for version in versions if kind in version.kinds), None):
            fuller = [version for version in versions if version.words > found.words]
            return max(fuller, key=lambda version: len(version.words), default=found)
    return next((version for version in versions if version.seen), None)
