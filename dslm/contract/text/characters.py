"""What single characters of the world's scripts stand for: digits, signs, blanks, nothing at all.

Tables for `str.translate`, filled as characters are met. Used by folding and by the readers of
numbers and dates, so that all of them take the same characters for the same thing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

MINUS = "\u2212"
# Default_Ignorable_Code_Point of Unicode 15 (DerivedCoreProperties.txt): what is not seen
BMP_IGNORABLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8"
)
IGNORABLE = f"{BMP_IGNORABLE}\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
_IGNORABLE = re.compile(f"[{IGNORABLE}]")
# Written for a hyphen-minus; the true minus sign and its look-alikes stay apart from these
_HYPHENS = "\u2010\u2011\u2012\u2013\ufe58\ufe63\uff0d"
_TRUE_MINUS = "\u2212\u207b\u208b\u02d7\u2796"
_APOSTROPHES = "\u2018\u2019\u02bc\u02bb\u00b4\u0060\uff07\u2032"
_ARABIC_COMMA = "\u060c"
_OPEN_BLANKS = "\t\n\r\x0b\x0c \u2028\u2029\x85"  # that may stand between two numbers of a list
BMP, LAST = 0xFFFF, 0x1FFFF  # beyond are ideographs, ignorable ones and private ones
_FULL_WIDTH = range(0xFF01, 0xFF5F)  # of ASCII's own characters


class Table(dict[int, str | int | None]):
    """A translation that asks a function for each character once."""

    def __init__(self, of: Callable[[str], str | None]):
        super().__init__()
        self._of = of

    def __missing__(self, code: int) -> str | None:
        found = self[code] = self._of(chr(code))
        return found


def ignorable(char: str) -> bool:
    """Whether a character is never seen: a joiner, a variation selector, a soft hyphen."""
    return _IGNORABLE.match(char) is not None


def digit(char: str) -> str | None:
    """The ASCII digit that a decimal digit of any script stands for; None for what is none."""
    value = unicodedata.decimal(char, None)
    # Superscripts have a decimal value too, and are no part of the number that they stand at
    return str(value) if value is not None and unicodedata.category(char) == "Nd" else None


def _plain(char: str) -> str | None:
    if ignorable(char):
        return None
    if (found := digit(char)) is not None:
        return found
    if char in _HYPHENS:
        return "-"
    if char in _TRUE_MINUS:
        return MINUS
    if char in _APOSTROPHES:
        return "'"
    if char == _ARABIC_COMMA:  # ends the whole in some hands, as a comma does
        return ","
    if ord(char) in _FULL_WIDTH:
        return chr(ord(char) - 0xFEE0)
    if char in _OPEN_BLANKS:
        return char if char == "\n" else " "
    if unicodedata.category(char) in ("Zs", "Zl", "Zp"):
        # An ideographic blank parts words as an ASCII one does; the others hold digits together
        return " " if char == "\u3000" else "\u00a0"
    return char


_PLAIN = Table(_plain)


def plain_characters(text: str) -> str:
    """A text whose digits, signs, blanks and apostrophes are the few that readers look for.

    Digits of every script are ASCII's, hyphens and short dashes `-`, minus signs U+2212, blanks
    that do not break U+00A0; what is not seen is gone. All else is as it was.
    """
    return text if text.isascii() and "`" not in text else text.translate(_PLAIN)


def class_of(wanted: Callable[[str], bool], last: int) -> str:
    """The inside of a regular expression's character class of all characters that are wanted."""
    parts, start = [], None
    for code in range(last + 2):
        if code <= last and wanted(chr(code)):
            start = code if start is None else start
        elif start is not None:
            parts.append(f"\\U{start:08x}-\\U{code - 1:08x}")
            start = None
    return "".join(parts)


def is_mark(char: str) -> bool:
    """Whether a character is a combining mark: a vowel sign, a tone mark, an accent."""
    return unicodedata.category(char)[0] == "M"
