"""How values are spelled: separators taken out, and put back where they were.

Called by the finders, to walk over a number written in groups, and by the surrogates, to write
theirs as the original was written.
"""

from __future__ import annotations

from dslm.curation.personal.variants.letters_and_digits import folded_words

SEPARATORS = frozenset(" \u00a0\u202f\t\n.-/")


def joined(text: str) -> str:
    """Letters and digits alone, folded: what spellings of one value share."""
    return "".join(folded_words(text))


def digits_of(text: str) -> str:
    """The ASCII digits of a text."""
    return "".join(c for c in text if "0" <= c <= "9")


def end_of(text: str, start: int, count: int, *, separators: frozenset[str] = SEPARATORS) -> int:
    """Where `count` letters and digits end that begin at `start`, single separators between them.

    Returns:
        The place behind the last, or -1 where the text does not go on like that, or goes on.
    """
    place, missing, gap = start, count, 0
    while missing:
        if place == len(text):
            return -1
        char = text[place]
        if char.isascii() and char.isalnum():
            missing, gap = missing - 1, 0
        elif char in separators and gap == 0:
            gap = 1
        else:
            return -1
        place += 1
    return -1 if place < len(text) and text[place].isalnum() else place


def written_like(text: str, value: str) -> str:
    """`value`, letters and digits alone, in the separators and the case of `text`.

    Both have as many letters and digits.
    """
    left = iter(value)
    return "".join(_cased(next(left), char) if char.isalnum() else char for char in text)


def last_digits_replaced(text: str, digits: str) -> str:
    """`text` with its last digits, of any script, replaced; separators and what is before kept."""
    keep = sum(map(str.isdecimal, text)) - len(digits)
    seen, made, left = 0, [], iter(digits)
    for char in text:
        if char.isdecimal():
            seen += 1
            made.append(_digit_like(char, next(left)) if seen > keep else char)
        else:
            made.append(char)
    return "".join(made)


def _digit_like(char: str, digit: str) -> str:
    """A digit in the script of another."""
    return chr(ord(char) - int(char) + int(digit))


def _cased(char: str, like: str) -> str:
    return char.upper() if like.isupper() else char.lower()
