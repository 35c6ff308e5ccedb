r"""Characters that texts have as escapes: `m%C3%BCller`, `m&uuml;ller`, `m=FCller`, `m\u00fcller`.

Addresses of pages, mails and JSON within a text spell so what is no ASCII, and signs and blanks
(`anna%40web.de`, `anna&#64;web.de`), once or twice (`m&amp;uuml;ller`). Of addresses of pages and
mails no digits and letters of ASCII are read so: "100%25" and "n=20" stay what they are. What was
written in UTF-8 and read as Latin-1 (`mÃ¼ller`) is read as it was written. Gives the characters of
a text, each with where it begins and ends. Called by `letters_and_digits`, and for the text of
findings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import unescape
from urllib.parse import unquote_to_bytes

_LIKELY = re.compile(r"%[2-7C-Fc-f][0-9A-Fa-f]|=[4C-F][0-9A-F]|&[A-Za-z#]|\\[ux]|[\xc2-\xc5]")
# Of UTF-8 that was read as Latin-1 or Windows-1252 a letter of Western and Central Europe.
_MISREAD = "\xc3[\x80-\xbf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]|[\xc2\xc4\xc5][\x80-\xbf]"
_ESCAPE = re.compile(
    r"(?:%(?:25)?[C-Fc-f][0-9A-Fa-f](?:%(?:25)?[89ABab][0-9A-Fa-f])+)+"
    r"|(?:=[C-F][0-9A-F](?:=[89AB][0-9A-F])+)+"
    r"|%(?:2[0-46-9A-Fa-f]|3[A-Fa-f]|40|5[B-Fb-f]|60|7[B-Eb-e])"  # signs and blanks
    r"|(?<=[A-Za-z0-9])=40(?=[A-Za-z])"
    r"|(?<=[A-Za-z])(?:%[C-Fc-f][0-9A-Fa-f](?!%)|=[C-F][0-9A-F](?=[a-z]))"  # of Latin-1
    r"|&(?:amp;)*(?:[A-Za-z]{2,8}|#\d{2,6}|#[xX][0-9A-Fa-f]{2,5});"
    r"|(?:\\+u[0-9A-Fa-f]{4})+|(?:\\+x[C-Fc-f][0-9A-Fa-f])(?:\\+x[89ABab][0-9A-Fa-f])*"
    rf"|{_MISREAD}"
)
_QUOTED_LINE = re.compile(r"\r?\n[ \t]*(?:>[ \t]*)+")
_CONTROL = re.compile(r"\\+[nrt]")
Placed = tuple[str, int, int]  # a character, where it begins, and before where it ends


def may_be_escaped(text: str) -> bool:
    """Whether something in a text begins like an escape, which is soon said."""
    if "%" in text or "&" in text or "=" in text or "\\" in text or not text.isascii():
        return _LIKELY.search(text) is not None
    return False


def placed_chars(text: str) -> Iterator[Placed]:
    """The characters of a text, those of an escape with the place of all of it."""
    at = 0
    for match in _ESCAPE.finditer(text) if may_be_escaped(text) else ():
        if said := _said(match[0]):
            yield from _plain(text, at, match.start())
            yield from ((char, *match.span()) for char in said)
            at = match.end()
    yield from _plain(text, at, len(text))


def unescaped(text: str) -> str:
    """A text with its escapes read; most have none."""
    if not may_be_escaped(text):
        return text
    return "".join(char for char, _, _ in placed_chars(text))


def read_on(text: str) -> tuple[str, Sequence[tuple[int, int]]]:
    """A text with its escapes read and blanks for breaks with the marks of a quoted mail.

    With each character's place in the text: where it begins, and before where it ends.
    """
    plain, places = text, [(at, at + 1) for at in range(len(text))]
    if may_be_escaped(text):
        placed = [*placed_chars(text)]
        plain = "".join(char for char, _, _ in placed)
        places = [(start, end) for _, start, end in placed]
    if "\n" in plain:
        plain = _QUOTED_LINE.sub(lambda line: " " * len(line[0]), plain)
    return plain.replace("\xa0", " "), places


def readings(text: str) -> tuple[str, ...]:
    r"""A text, and before it the text with blanks for breaks that stand in it as `\n` and `\t`.

    Both are as long. `\nora` may be Ora behind a break, or Nora in her folder.
    """
    if "\\" not in text:
        return (text,)
    blank = _CONTROL.sub(lambda escape: " " * len(escape[0]), text)
    return (text,) if blank == text else (blank, text)


def _plain(text: str, start: int, end: int) -> Iterator[Placed]:
    return ((text[place], place, place + 1) for place in range(start, end))


def _said(escape: str) -> str:
    """What an escape spells; empty where it is nothing that can be seen or parts words."""
    if escape[0] == "&":
        said = unescape(escape.replace("amp;", "") if escape.count(";") > 1 else escape)
        said = "" if ";" in said else said
    elif escape[0] == "\\" and "u" in escape:
        said = re.sub(r"\\+u(.{4})", lambda code: chr(int(code[1], 16)), escape)
    else:
        raw = _raw(escape)
        said = raw.decode("utf-8" if _is_utf8(raw) else "latin-1")
    return said if said != escape and all(c.isprintable() or _is_blank(c) for c in said) else ""


def _raw(escape: str) -> bytes:
    """The bytes that an escape spells, or that were read as other letters."""
    if escape[0] in "%=":
        return unquote_to_bytes(escape.replace("%25", "%").replace("=", "%"))
    if escape[0] == "\\":
        return unquote_to_bytes(re.sub(r"\\+x", "%", escape))
    return b"".join(c.encode("latin-1" if ord(c) < 0x100 else "cp1252") for c in escape)


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _is_blank(char: str) -> bool:
    """Whether a character is a blank or a mark that is not seen by itself."""
    return char.isspace() or not (char.isprintable() or char.isascii()) or ord(char) in _MARKS


_MARKS = range(0x300, 0x370)
