"""Text without what does not count: case, blanks, and punctuation where it only separates.

Takes a text, gives the characters that carry its meaning. Comparing, grounding, curation and
`dslm init` all fold by this one function; docs/contract.md has the table.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from dslm.contract.text.characters import (
    BMP,
    BMP_IGNORABLE,
    IGNORABLE,
    LAST,
    MINUS,
    Table,
    class_of,
    digit,
    ignorable,
    is_mark,
)

# Punctuation that carries meaning wherever it stands; symbols (S*) all do.
MEANT = "#%&@*§¶†‡※‰‱′″‴"
# Letters and accents that are typed for quotes; NFKC would put the accents on the letter before
_QUOTES = (
    "`\u00a8\u00af\u00b4\u00b8\u02b9-\u02bd\u02d8-\u02dd\u037a\u0384\u0385\u1fbd\u1fbf-\u1fc1\u1fcd-\u1fcf"
    "\u1fdd-\u1fdf\u1fed-\u1fef\u1ffd\u1ffe\u2017\u203e\ufe49-\ufe4c"
)
# Of fractions; Arabic; wave dashes, which are written for the full-width tilde
_SIGNS = {"\u2044": "/", "\u066a": "%", "\u301c": "~", "\u3030": "~"}
_QUOTE = re.compile(f"[{_QUOTES}]")
_TATWEEL = "\u0640"  # stretches a word, spells nothing


def _parts_digits(char: str) -> bool:
    """Whether a sign between two digits is part of a number, or parts two: 12,50 10:30 1/2 1..5.

    All that is neither a dash, a bracket nor a quote, and does not carry meaning anyway.
    """
    return unicodedata.category(char) == "Po" and char not in MEANT and char not in _QUOTE_SIGNS


_QUOTE_SIGNS = "\"'\u05f3\u05f4"
_POINTS = class_of(_parts_digits, BMP)
_POINT = re.compile(f"[{_POINTS}]")
_HYPHENS = "-\u2010\u2011\u2012\u2013"  # after NFKC; full-width and small ones are these by then
_SPARE_POINT = re.compile(
    rf"[{_POINTS}](?!(?<=\d [:/]) \d)"  # not 3 : 1
    rf"(?:(?<![\d{_POINTS}].)[{_POINTS}]*+|(?<=\d.)[{_POINTS}]*+(?!\d))",
    re.ASCII,
)
_SIGN = re.compile(rf"[{_HYPHENS}](?=\W?\.?\d)(?<!\w.)|[{_HYPHENS}](?<=\d.)(?!\S)", re.ASCII)
_ENCLOSING = r"()\[\]{}\"'_\-\u2010-\u2015"
_PARTING = re.compile(rf"(?<=\d)[{_POINTS}]+\s+(?=\d)")  # 1, 2
# Noncharacters, which Unicode keeps for such use: no text that is exchanged has them
PART, MAY_PART = "\ufdd0", "\ufdd1"  # two numbers part here, or a blank may part or group them
_GAPS = re.compile(f"[{PART}{MAY_PART}]")
_BETWEEN = re.compile(rf"(?<=\d)[{_ENCLOSING}]*\s[\s{_ENCLOSING}]*(?=\d)")  # 5 - 12345, 5 (12345
_BEFORE_FRACTION = re.compile(r"(?<=\d)\s+(?=[1-9]\d?/(?:[2-9]|10|16|32|64)(?!\d|[/.]\d))")  # 2 1/2
_BARE_POINT = re.compile(r"\.(?=\d)(?<![\w.,:/)\]}].)")  # .5
_ALONE = re.compile(r"(?<![^\W_])(?<!\d[.,])\d[\d.,' ]*\Z")  # a number, up to its end
_POWER = re.compile(r"([²³¹⁰⁴-⁹¼-¾⅐-⅟↉])(?<=\d.)")
_DOTTED_I = "i\u0307"
_ASTRAL = re.compile("[\U00010000-\U0010ffff]")
_ASCII_SEPARATORS = {n: None for n in range(128) if not chr(n).isalnum()}
for _kept in "#$%&*+<=>@^|~.,:/;!?\\":  # the last eight are gone by then where they only separate
    del _ASCII_SEPARATORS[ord(_kept)]


def separates(char: str) -> bool:
    """Whether folding drops a character of a `placed` text."""
    kind = unicodedata.category(char)
    meant = char in MEANT or _POINT.match(char) or kind in ("Co", "Cn", "Cs")
    return (kind[0] in "ZPC" and not meant) or char == "`"


def _attaches(char: str) -> bool:
    """Whether a character makes one with what stands before it: a mark, a Hangul vowel or coda."""
    return is_mark(char) or "\u1160" <= char <= "\u11ff" or "\ud7b0" <= char <= "\ud7fb"


def _of_no_account(char: str) -> str | None:
    if ignorable(char) or char == _TATWEEL:
        return None
    return "'" if _QUOTE.match(char) else _SIGNS.get(char) or digit(char) or char


_CHANGED = Table(_of_no_account)


@dataclass(frozen=True)
class _Classes:
    """Characters by what folding does with them, as patterns."""

    changed: re.Pattern[str]  # what `_CHANGED` changes
    attaching: re.Pattern[str]
    stray: re.Pattern[str]  # a separator before what attaches
    separator: re.Pattern[str]


@lru_cache(maxsize=2)
def _classes(last: int) -> _Classes:
    """The patterns for texts without characters beyond `last`.

    Python tries the ranges beyond U+FFFF one by one, ten times as slowly as a table.
    """
    digits = class_of(lambda char: not char.isascii() and digit(char) is not None, last)
    separators, attaching = class_of(separates, last), class_of(_attaches, last)
    signs = "".join(_SIGNS)
    return _Classes(
        re.compile(
            f"[{IGNORABLE if last > BMP else BMP_IGNORABLE}{_TATWEEL}{_QUOTES}{signs}{digits}]"
        ),
        re.compile(f"[{attaching}]"),
        re.compile(f"[{separators}{_POINTS}]+(?=[{attaching}])"),
        re.compile(f"[{separators}]+"),
    )


def _classes_for(text: str) -> _Classes:
    """With the rare signs, marks and digits beyond U+FFFF where there are some; emoji are none."""
    rare = any(
        ignorable(c) or separates(c) or _attaches(c) or digit(c) is not None
        for c in set(_ASTRAL.findall(text))
    )
    return _classes(LAST if rare else BMP)


def compatible(text: str) -> str:
    """NFKC, but that a power or fraction keeps apart from the digits before it: 10² is `10^2`."""
    return unicodedata.normalize("NFKC", _QUOTE.sub("'", _POWER.sub(r"^\1", text)))


def composed(text: str) -> str:
    """NFKC and full case folding with digits of every script as ASCII's; blanks and marks stay.

    A power or a fraction keeps apart from the digits before it: 10² is `10^2`, 1½ is `1^1/2`.
    What is not seen (joiners, variation selectors, soft hyphens) is gone, and so is a separator
    before a mark, which has to have its place when separators go.
    """
    if text.isascii():
        return text.lower()
    known = _classes_for(text)
    text = _POWER.sub(r"^\1", text)
    if (
        not known.attaching.search(text)
        and unicodedata.is_normalized("NFKC", text)
        and not known.changed.search(text)
    ):
        # Most texts are there after one step: nothing of theirs can change again
        once = text.casefold()
        if unicodedata.is_normalized("NFKC", once) and not known.attaching.search(once):
            return once
    before = ""
    while text != before:
        before = text
        if known.changed.search(text):
            text = text.translate(_CHANGED)
        text = unicodedata.normalize("NFKC", text.casefold())
        text = text.replace(_DOTTED_I, "i")
        if known.attaching.search(text):
            text = known.stray.sub("", text)
    return text


def _with_nought(found: re.Match[str]) -> str:
    before = found.string[max(0, found.start() - 1) : found.start()]
    return "." if before and is_mark(before) else "0."


def _signed(found: re.Match[str]) -> str:
    """U+2212 for a hyphen that is a number's sign, before it or behind."""
    char, text, start = found.group(), found.string, found.start()
    before, after = text[max(0, start - 1) : start], text[start + 1 : start + 2]
    if before.isdigit():  # behind: of a number that stands alone, so not of A17-
        head = text[max(0, start - 40) : start]
        number = _ALONE.search(head)
        alone = number and not is_mark(head[: number.start()][-1:] or " ")
        return MINUS if alone else char
    follows = after.isdigit() or after == "." or unicodedata.category(after) == "Sc"
    joined = before.isalnum() or (before and (before in ".)]}-_" or is_mark(before)))
    return char if joined or not follows else MINUS


def _as_blanks(found: re.Match[str]) -> str:
    return " " * (found.end() - found.start())


def _parted(found: re.Match[str]) -> str:
    return PART.ljust(found.end() - found.start())


def _may_part(found: re.Match[str]) -> str:
    return MAY_PART.ljust(found.end() - found.start())


def with_gaps(seen: str) -> str:
    """A `placed` text in which a blank that may part two numbers is marked: "5 12345 Berlin"."""
    return _BETWEEN.sub(_may_part, seen)


def placed(text: str) -> str:
    """A composed text in which only what carries meaning at its place is left of `.,:/-`.

    Characters stay where they are: a sign is U+2212, what parts two numbers (a point and a blank,
    or a blank before a common fraction) is `PART`, what is dropped is a blank, and only a bare
    decimal point gets a nought before it. Other hyphens stay, as they are separators anywhere.
    """
    if "." in text:
        text = _BARE_POINT.sub(_with_nought, text)
    text = _SIGN.sub(_signed, text)
    text = _PARTING.sub(_parted, text)
    if "/" in text:
        text = _BEFORE_FRACTION.sub(_parted, text)
    return _SPARE_POINT.sub(_as_blanks, text)


def fold(text: str) -> str:
    """Case, composition, blanks and separating punctuation folded; marks and symbols kept.

    `fold(fold(text)) == fold(text)`. Follows NFKC_Casefold (Unicode 15, section 3.13, R5) but for
    what docs/contract.md lists.
    """
    return _closed_up(placed(composed(text)))


@dataclass(frozen=True)
class Folded:
    """A folded text, and before which of its characters one number may end and another start.

    Attributes:
        chars: The text without its gaps.
        parted: Where two numbers part for sure, in order: "1, 2".
        gaps: Those, and where a blank may part two numbers or group one: "5 12345".
    """

    chars: str
    parted: tuple[int, ...]
    gaps: frozenset[int]

    def may_be(self, other: Folded) -> bool:
        """Whether both may be the same text, each of their blanks read in one of its two ways."""
        return self.chars == other.chars and self.stands_at(0, other)

    def stands_at(self, start: int, text: Folded) -> bool:
        """Whether a text, which has these characters from there on, may part them as these."""
        first = bisect_right(text.parted, start)
        parted = text.parted[first : bisect_left(text.parted, start + len(self.chars), first)]
        return all(place - start in self.gaps for place in parted) and all(
            place + start in text.gaps for place in self.parted
        )


def folded(text: str) -> Folded:
    """As `fold`, what parts numbers told apart from what the text says."""
    return folded_seen(with_gaps(placed(composed(text))))


def folded_seen(seen: str) -> Folded:
    """The same of a text `with_gaps`."""
    closed = _closed_up(seen)
    if not _GAPS.search(closed):
        return Folded(closed, (), frozenset())
    found = [gap.start() for gap in _GAPS.finditer(closed)]
    gaps = [place - before for before, place in enumerate(found)]
    parted = [gap for gap, place in zip(gaps, found, strict=True) if closed[place] == PART]
    return Folded(_GAPS.sub("", closed), tuple(parted), frozenset(gaps))


def is_gap(char: str) -> bool:
    """Whether a character of a text `with_gaps` stands between two numbers and says nothing."""
    return char in (PART, MAY_PART)


def _closed_up(text: str) -> str:
    if text.isascii():
        return text.translate(_ASCII_SEPARATORS)
    text = "".join(text.split())  # all but a few of what separates are blanks
    return _classes_for(text).separator.sub("", text)


def has_letters(folded: str, least: int) -> bool:
    """Whether a folded text has that many letters, digits and marks, of any script; no signs."""
    found = (char for char in folded if unicodedata.category(char)[0] in "LMN")
    return sum(1 for _ in islice(found, least)) >= least
