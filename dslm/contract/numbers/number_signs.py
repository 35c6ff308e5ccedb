"""Signs and currencies beside a number: -5, 5-, (5), EUR -5, -$5, 5 kr.

Takes a text and where its digits stand; gives what stands on their left and right. Within a text a
hyphen may join or list, and brackets may only set apart: there both signs count. Used by
`number_reader`.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from dslm.contract.numbers.currencies import currencies, is_open_noun
from dslm.contract.numbers.own_currencies import own_currencies
from dslm.contract.text.characters import MINUS, is_mark

Signs = tuple[int, ...]
POSITIVE, NEGATIVE, EITHER = (1,), (-1,), (1, -1)
_HYPHENS = f"-{MINUS}"
_DIGITS = "0123456789"
_LONG_DASH = "\u2014"
_TRIANGLES = "▲△"  # a minus in the books of Japan and Korea; elsewhere what rose
# No blank need stand before a minus in these scripts: 値引-100円; not 5個-10個
_UNSPACED = re.compile(
    "([0-9]?)[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3041-\u30fa\u30fc-\u30ff\u3400-\u4dbf"
    "\u4e00-\u9fff\uac00-\ud7a3]{1,4}\\Z"
)
_TAXED = re.compile(rf"(?<=[.,]\d\d)[{_HYPHENS}][A-Z](?![^\W_]|-\w)")  # 0,25-B, as on receipts
_LONGEST = 14  # characters of a currency's sign or name
_HEBREW = r"[\u05d0-\u05ea]"
_WORD = re.compile(
    rf"(?:[^\s\d\u00a0()\[\]{{}}<>|\"*_#%/\\:;,=~+\-{MINUS}]"
    rf"|(?<={_HEBREW})\"(?={_HEBREW})){{0,{_LONGEST + 1}}}"  # ש"ח
)
_CODE_BEFORE = re.compile(r"(?<![^\W_])(?:[A-Z]{3}|U\.?S\.?)[ \u00a0]\Z")
_LONGEST_CODE = 8
_MOST_WORDS = 3  # of a currency's name: 5 East Caribbean dollars
_SLASHED = re.compile(r"(?<![^\W_])[A-Z]/\.?\Z")  # S/ 5
# Nothing but this: glued to a currency, and behind any amount
_CLOSED = re.compile(r"(?:整|正|也|정|ถ้วน)\Z")
_COMPOUND = re.compile(r"-[^\W\d_]")  # a 50-EUR-note
# EUR 5-EUR 10; 5,00-EUR 6,00-EUR are two debits
_ANOTHER = re.compile("[ \u00a0][0-9]")
_PRICED = re.compile("(?:[A-Z]{3}|[^\\w\\s.,;:()\"'/\\-])[ \u00a0]?[0-9][0-9.,']*\\Z")
_ONLY = re.compile(r"[ \u00a0\n]*(?<![0-9])(?:only|Only|ONLY|मात्र)\.?\Z")


@dataclass(frozen=True)
class Side:
    """What stands on one side of a number: its signs, its currencies, a bracket; if that is all."""

    signs: Signs
    currencies: frozenset[str]
    bracket: bool
    all: bool


_NONE: frozenset[str] = frozenset()
_NOTHING = Side(POSITIVE, frozenset(), False, True)


def _blank(text: str, place: int) -> bool:
    return 0 <= place < len(text) and text[place] in " \u00a0"


def _is_in(text: str, place: int, chars: str) -> bool:
    return 0 <= place < len(text) and text[place] in chars


def _joins(text: str, place: int) -> bool:
    """Whether a hyphen at a place continues a word or number before it."""
    if place == 0:
        return False
    char = text[place - 1]
    return char.isalnum() or is_mark(char) or char in f")].{_HYPHENS}"


def _currency_before(text: str, end: int, locales: tuple[str, ...]) -> tuple[int, frozenset[str]]:
    """Where the currency that ends at a place starts, one blank aside, and what it may be."""
    end -= _blank(text, end - 1)
    start = _word_start(text, end)
    slashed = _is_in(text, end - 1, "/.") and _SLASHED.search(text, max(0, end - 3), end)
    start = slashed.start() if slashed else start
    if locales and start < end and _blank(text, start - 1):  # F CFA 5
        first = _word_start(text, start - 1)
        if first < start - 1 and (found := _in_two_words(text[first:end], locales)):
            return first, found
    if start < end and (found := currencies(text[start:end], locales)):
        return _code_before(text, start, text[start:end], locales) or (start, found)
    glued = end > 0 and unicodedata.category(text[end - 1]) == "Sc"  # Betrag€5
    if glued and (found := currencies(text[end - 1], locales)):
        return end - 1, found
    return end, frozenset()


def _in_two_words(words: str, locales: tuple[str, ...]) -> frozenset[str]:
    """The currencies of two words before a number: F CFA, CA $; not of a $25 fee, A. $25.

    A word before a sign is one of its own unless it is in capitals, or the sign of the locale's
    own money begins so (R $).
    """
    word, sign = words.replace("\u00a0", " ").rsplit(" ", 1)
    letters = word.strip(".")
    if unicodedata.category(sign[0]) != "Sc" or (len(letters) > 1 and letters.isupper()):
        return currencies(words, locales)
    return own_currencies(locales).of(words, behind=False) if word == letters.upper() else _NONE


def _code_before(
    text: str, place: int, sign: str, locales: tuple[str, ...]
) -> tuple[int, frozenset[str]] | None:
    """Where a code starts that says whose sign it is which stands behind it, and what: CAD $5."""
    code = _CODE_BEFORE.search(text, max(0, place - _LONGEST), place)
    both = currencies(code.group() + sign.strip(), locales) if code else None
    return (code.start(), both) if code and both else None


def _word_start(text: str, end: int) -> int:
    found = _WORD.match(text[max(0, end - _LONGEST - 1) : end][::-1])
    return end - found.end() if found else end


def _word_end(text: str, start: int) -> int:
    found = _WORD.match(text, start)
    return found.end() if found else start


def _currency_after(text: str, start: int, locales: tuple[str, ...]) -> tuple[int, frozenset[str]]:
    start += _blank(text, start)
    ends = [_word_end(text, start)]
    most = _MOST_WORDS if locales else 2  # 5 $ US
    while len(ends) < most and _blank(text, ends[-1]):  # also of a column: two blanks
        end = _word_end(text, ends[-1] + 1)
        if end == ends[-1] + 1:
            break
        ends.append(end)
    spoken = ends[0] - (ends[0] > start and not text[ends[0] - 1].isalnum())  # a sentence's stop
    for stop in (*reversed(ends), spoken):
        if start < stop and (found := _named_after(text[start:stop], locales)):
            whose = stop == ends[0] == spoken and len(ends) > 1 and text[stop + 1].isalpha()
            open_ = whose and is_open_noun(text[start:stop], locales)  # 5 dollars américains
            return (start, frozenset()) if open_ else (stop, found)
    return start, frozenset()


def _named_after(word: str, locales: tuple[str, ...]) -> frozenset[str]:
    """The currencies that a word behind a number may name: 5 kr, 5 $ US; not 5K, five thousand."""
    sign, *further = word.replace("\u00a0", " ").split(" ")
    if further and unicodedata.category(sign[:1] or " ") == "Sc" and not further[0].isupper():
        return _NONE  # 5 $ au total, 5 $ na osobę
    found = currencies(word, locales, behind=True)
    return found or (currencies(_CLOSED.sub("", word), locales) if _CLOSED.search(word) else found)


def before(text: str, start: int, locales: tuple[str, ...], alone: bool) -> Side:
    """What stands before the number that starts at a place; `alone`: in a label, not a text."""
    if start == 0:
        return _NOTHING
    sign = start - 1 - _blank(text, start - 1)
    marks = f"+{_HYPHENS}{_triangles(locales)}"
    if _is_in(text, sign, marks):
        place, named = _currency_before(text, sign, locales)
        glued = bool(named) and not _blank(text, sign - 1)
        behind = glued and _is_in(text, place - 1 - _blank(text, place - 1), _DIGITS)
        swiss = glued and text[sign - 1].isalpha()
        signs = _sign(text, sign, locales, glued=sign == start - 1, swiss=swiss)
        signs = EITHER if behind and signs == NEGATIVE and not alone else signs  # 5€-10€
        place = place if named else sign
    else:
        place, named = _currency_before(text, start, locales)
        signs, sign = POSITIVE, place - 1 - _blank(text, place - 1)
        if named and _is_in(text, sign, marks):
            signs = _sign(text, sign, locales, glued=sign == place - 1, swiss=False)
            coded = _code_before(text, sign, text[place:start], locales)  # CAD -$5
            place, named = coded or (sign, named)
    rest = text[:place].rstrip(" \u00a0\n") if alone else text[max(0, place - 2) : place].rstrip()
    bracket = rest.endswith("(")
    if bracket and not named:  # $(120.50), USD (120.50)
        place, named = _currency_before(text, text.rindex("(", 0, place), locales)
        rest = text[:place] if named else rest[:-1]
        return Side(signs, named, bracket, not rest.strip())
    return Side(signs, named, bracket, not (rest[:-1] if bracket else rest).strip())


@lru_cache(maxsize=64)
def _triangles(locales: tuple[str, ...]) -> str:
    """The triangles that may be a minus under some locales, or where none is named."""
    spoken = {name.split("_")[0] for name in locales}
    return _TRIANGLES if not spoken or spoken & {"ja", "ko"} else ""


def _sign(text: str, place: int, locales: tuple[str, ...], *, glued: bool, swiss: bool) -> Signs:
    """What a sign at a place makes of the number that it stands before.

    Args:
        text: Of which the sign is part.
        place: Where it stands.
        locales: The contract's.
        glued: Whether the number follows without a blank.
        swiss: Whether a currency's letters stand before it without a blank: CHF-5.00.
    """
    if text[place] == "+":
        return POSITIVE
    if text[place] in _TRIANGLES:  # also a bullet, in Korea's papers
        return NEGATIVE if glued and {name.split("_")[0] for name in locales} == {"ja"} else EITHER
    if not _joins(text, place):
        return NEGATIVE if glued or text[place] == MINUS else EITHER
    word = _UNSPACED.search(text, max(0, place - 5), place) if glued else None
    if glued and (swiss or (word and not word[1])):
        return NEGATIVE if text[place] == MINUS else EITHER
    return EITHER if text[place] == MINUS and not glued else POSITIVE


def after(text: str, end: int, locales: tuple[str, ...], alone: bool, *, fraction: bool) -> Side:
    """What stands after the number that ends at a place; `fraction`: it has a point or comma."""
    if end == len(text):
        return _NOTHING
    dashes = _HYPHENS + _LONG_DASH
    signs: Signs = POSITIVE
    if text[end] in ".,:/" and _is_in(text, end + 1, dashes):  # 1309,- 1309:- 1309/-: no cents
        end += 1
        while _is_in(text, end, dashes):
            end += 1
        place, named = _currency_after(text, end, locales)
        return _right(text, place, signs, named, alone)
    trailing = text[end] in _HYPHENS and not _is_in(text, end + 1, dashes)
    place, named = _currency_after(text, end + trailing, locales)
    follows = text[end + 1 : end + 2] if trailing else text[place : place + 2][1:]
    if trailing and named and (joined := _joined_behind(text, end, place, fraction=fraction)):
        own = not _is_in(text, place, _DIGITS)
        return _right(text, place if own else end, joined, named if own else frozenset(), alone)
    if trailing and (named or not follows.isalnum()):
        sure = fraction or (named and not follows.isspace())
        signs = NEGATIVE if sure else EITHER
    elif named and _is_in(text, place, _HYPHENS) and not follows.isalnum():  # 5 EUR-
        signs, place = NEGATIVE, place + 1
    elif trailing and not named:
        signs, place = EITHER if _TAXED.match(text, end) else POSITIVE, end
    return _right(text, place, signs, named, alone)


def _joined_behind(text: str, dash: int, place: int, *, fraction: bool) -> Signs | None:
    """The signs of a number that a dash joins to what follows: $5-$10, a 50-Euro note.

    Args:
        text: Of which the dash is part.
        dash: Where it stands.
        place: Where the currency behind it ends.
        fraction: Whether the number has a point or comma.
    """
    name = text[dash + 1 : place]
    if name[0].isspace():
        return None
    if _is_in(text, place, _DIGITS) or _COMPOUND.match(text, place):
        return POSITIVE
    if name.isalpha() and not name.isupper():
        return EITHER if fraction else POSITIVE
    return (
        EITHER
        if _ANOTHER.match(text, place) and _PRICED.search(text, max(0, dash - 40), dash)
        else None
    )


def _right(text: str, place: int, signs: Signs, named: frozenset[str], alone: bool) -> Side:
    rest = text[place:].lstrip(" \u00a0\n") if alone else text[place : place + 2].lstrip()
    rest = "" if alone and _ONLY.match(text, place) else rest
    bracket = rest.startswith(")")
    return Side(signs, named, bracket, not (rest[1:] if bracket else rest).strip())


def signs_and_currencies(left: Side, right: Side, alone: bool) -> tuple[Signs, frozenset[str]]:
    """The signs and currencies of a number by both its sides; no sign where they cannot be."""
    named = left.currencies & right.currencies or left.currencies | right.currencies
    brackets = EITHER if left.bracket and right.bracket else POSITIVE
    said = [signs for signs in (left.signs, right.signs, brackets) if signs != POSITIVE]
    if alone:
        both = left.currencies and right.currencies
        torn = both and left.currencies.isdisjoint(right.currencies)  # USD 5 EUR
        odd = left.bracket != right.bracket or len(said) > 1 or torn
        return (() if odd else NEGATIVE if said else POSITIVE), named
    return (NEGATIVE if NEGATIVE in said else EITHER if said else POSITIVE), named
