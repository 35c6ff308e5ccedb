"""Text as the reader of dates sees it: small letters without accents, ASCII digits, plain blanks.

Takes any text; gives one of the same length but for what has no width (direction marks, accents
typed apart), and where each of its characters stood. Used by `date_reader` and `date_words`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

# Letters that Unicode does not take apart, and as which they are typed where keyboards lack them.
_PLAIN = str.maketrans("łŁđĐøØıİςһ", "llddooiiσh")
# Where a mark stands that is not written everywhere: nukta, Hebrew points, Arabic vowels, accents.
_OPTIONAL_MARKS = (range(7, 9), range(10, 37), range(200, 241))
_SIGNS = {
    **dict.fromkeys("\u2018\u2019\u02bc\u00b4\u2032\u05f3`", "'"),
    **dict.fromkeys("\u00ab\u00bb\u201c\u201d\u201e\u201f\u2039\u203a", '"'),
    **dict.fromkeys("\u2044\u2215\u060d", "/"),
    **dict.fromkeys("\u060c\u3001\u104a", ","),
    **dict.fromkeys("\u3002\u0970", "."),
    **dict.fromkeys("\u25cb\u25ef", "\u3007"),  # circles, typed for a Chinese zero
    **{era: era for era in "㍾㍽㍼㍻㋿"},
    "\u2212": "-",
    "\u00b0": "o",
}

# What the words of dates are made of: the marks of Indic and Thai vowels are no letters to `re`.
WORD = re.compile(r"[^\s\d!-/:-@\[-`{-~]+")
# As forms of Russia and its neighbours have it: «04» марта 2025, "_4_" __марта__ 2025
_QUOTED_DAY = re.compile(r'(?<!\d)"[ _]*\d\d?[ _]*"(?=[ _]*[^\W\d_])(?:[ _]*[^\W\d_]+[ _]+(?=\d))?')
_FILLED_IN = re.compile('["_]')


def _without_marks(char: str) -> str | None:
    """A letter without its accents; None for a mark that is left out altogether."""
    parts = unicodedata.normalize("NFKD", char)
    kept = "".join(c for c in parts if not _is_optional(c))
    if len(kept) > 1:
        kept = unicodedata.normalize("NFC", kept)
    if len(kept) > 1:
        return char
    return kept.lower().translate(_PLAIN)[:1] if kept else None


def _is_optional(char: str) -> bool:
    return any(unicodedata.combining(char) in marks for marks in _OPTIONAL_MARKS)


def _folded(char: str) -> str | None:
    """What one character counts as: one character, or None."""
    if char in _SIGNS:
        return _SIGNS[char]
    category = unicodedata.category(char)
    if category == "Nd":
        return str(unicodedata.decimal(char))
    if category in ("Zs", "Cc"):
        return "\n" if char in "\n\r\x0b\x0c\x85" else " "
    if category in ("Zl", "Zp"):
        return "\n"
    if category == "Cf":
        return None
    if category == "Sc":
        return "$"
    if category[0] in "PS":
        plain = "-" if category == "Pd" else unicodedata.normalize("NFKC", char)
        return plain if plain.isascii() and len(plain) == 1 else ";"
    return _without_marks(char.translate(_PLAIN))


class _Table(dict[int, str | None]):
    """A translation that works out each character once, when it is first met."""

    def __missing__(self, code: int) -> str | None:
        found = self[code] = _folded(chr(code))
        return found


_TABLE = _Table()


@dataclass(frozen=True)
class DateText:
    """A folded text.

    Attributes:
        text: Folded.
        places: Of each folded character, where it stood; None where nothing was left out.
    """

    text: str
    places: Sequence[int] | None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """A span of the folded text as one of the text that was given."""
        if self.places is None:
            return start, end
        return self.places[start], self.places[end - 1] + 1


def _blanks(found: re.Match[str]) -> str:
    return _FILLED_IN.sub(" ", found.group())


def fold(text: str) -> str:
    """The text folded, when where its characters stood does not matter."""
    folded = text.translate(_TABLE)
    return _QUOTED_DAY.sub(_blanks, folded) if '"' in folded else folded


def date_text(text: str) -> DateText:
    """The text folded, with the way back."""
    folded = fold(text)
    if len(folded) == len(text):
        return DateText(folded, None)
    return DateText(folded, [n for n, char in enumerate(text) if _TABLE[ord(char)] is not None])


def words(folded: str) -> list[str]:
    """The words of a folded text, digits and punctuation left out."""
    return WORD.findall(folded)
