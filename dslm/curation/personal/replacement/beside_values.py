"""What a field of numbers, days or the like holds when it holds more than one value, or a note.

"AB-1234; CD-5678", "202-555-0143 (mobile)", "born 07.03.1984": in texts each stands by itself.
Takes a field's text, gives the values in it, and whether what is left of the text is nobody's.
Called by `declared_fields`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from dslm.contract.dates import date_readings, found_dates
from dslm.contract.model.personal_fields import PersonalKind
from dslm.curation.personal.known_values.shared_parts import NUMBERED
from dslm.curation.personal.names.common_words import COMMON_WORDS, PLACES
from dslm.curation.personal.names.english_words import english_words
from dslm.curation.personal.variants.letters_and_digits import folded_words

LEAST = 4  # letters and digits of a value beside others, of which most are digits
LONG = 6  # of one that a comma, a blank or a stroke alone parts from others
_MAY_BE_BESIDE = re.compile(r"[\s;|()\[\]:#x,/]")
_BETWEEN = re.compile(
    r"\s*[;|\n\[\]]\s*|\s*\((?!\d)|(?<!\d)\)\s*|,\s+|\s+[/–—]\s+"
    r"|(?i:\s+(?:and|or|und|oder|et|ou|y|e|o|&|\+)\s+)"
)
# A number's name before it, and who has it or where behind it.
_NAME = re.compile(
    r"(?:(?:[^\W\d_]{4,}|nr|no|tel)[.:]?\s*[:#]?\s+|[^\W\d_]+\.?:\s*)+", re.IGNORECASE
)
_NOTE = re.compile(r"\s+(?:[^\W\d_]{2,}[.:]?\s*)+$")
_EXTENSION = re.compile(r"\s*(?:x|ext\.?|extension|durchwahl|poste)\s*\d{1,6}$", re.IGNORECASE)
_NUMBERS: frozenset[PersonalKind] = frozenset({"id", "phone", "card", "iban", "national_id", "tax"})
_NOTED_WORDS = (
    "alt am birth born card cell cellphone date dienstlich dob exp expired expires ext fax geb "
    "geboren home iban id le main mobil mobile né née neu new no nr number old office passport "
    "phone private privat ssn tax tel telefon vat verified visa work"
)
_NOTED = NUMBERED.union(folded_words(_NOTED_WORDS))


class Beside(NamedTuple):
    """The values in a field's text.

    Attributes:
        values: As they are written there; none where the text is one value.
        alone: Whether what is beside them is nobody's.
    """

    values: tuple[str, ...]
    alone: bool


ONE = Beside((), alone=True)


def beside(kind: PersonalKind, text: str) -> Beside:
    """The values that stand in a field's text beside each other, or beside a note."""
    if kind == "date":
        if date_readings(text):
            return ONE
        dates = tuple(text[one.start : one.end] for one in found_dates(text))
        return _beside(text, [(text, dates)])
    if kind not in _NUMBERS or not (_MAY_BE_BESIDE.search(text) and re.search(r"\d", text)):
        return ONE
    if listed := _listed(kind, text.strip()):
        return Beside(listed, alone="," in text)
    pieces = [one for one in _BETWEEN.split(text) if one.strip()]
    return _beside(text, [(one, _core(kind, one)) for one in pieces])


def _listed(kind: PersonalKind, text: str) -> tuple[str, ...]:
    """Values that nothing but a comma parts; those that a blank or a stroke does may be one.

    So may a telephone number's area and the rest of it.
    """
    for between in (",",) if kind == "phone" else (",", " ", "/"):
        listed = text.split(between)
        if len(listed) > 1 and all(map(_is_long, listed)):
            return tuple(listed)
    return ()


def _is_long(text: str) -> bool:
    return sum(map(str.isalnum, text)) >= LONG and " " not in text and _is_value(text)


def _beside(text: str, pieces: Sequence[tuple[str, tuple[str, ...]]]) -> Beside:
    """The values of a text's pieces."""
    values = tuple(one for _, values in pieces for one in values)
    if not values or values == (text.strip(),):
        return ONE
    return Beside(values, all(_is_nobodys(piece, values) for piece, values in pieces))


def _core(kind: PersonalKind, text: str) -> tuple[str, ...]:
    """The number in a text, without its name, its note and its extension."""
    text = text.strip(" \t#:.,")
    if named := _NAME.match(text):
        rest = text[named.end() :]
        text = rest if _is_value(rest) else text
    noted = _NOTE.sub("", text)
    text = noted if _is_value(noted) else text
    text = _EXTENSION.sub("", text) if kind == "phone" else text
    return (text,) if _is_value(text) else ()


def _is_value(text: str) -> bool:
    """Whether letters and digits are a value by themselves: enough of them, and many digits."""
    chars = [char for char in text if char.isalnum()]
    digits = sum(map(str.isdigit, chars))
    return len(chars) >= LEAST and digits >= LEAST - 1 and digits * 2 >= len(chars)


def _is_nobodys(piece: str, values: Iterable[str]) -> bool:
    """Whether what is beside values, or where none is, tells nobody: a common word, or a note.

    A word that stands alone may be a password.
    """
    left = piece
    for one in values:
        left = left.replace(one, " ", 1)
    words = folded_words(left)
    if left == piece:
        return _NOTED.issuperset(words)
    return all(word in _NOTED or _is_common(word) for word in words)


def _is_common(word: str) -> bool:
    return word not in PLACES and (word in COMMON_WORDS or word in english_words())
