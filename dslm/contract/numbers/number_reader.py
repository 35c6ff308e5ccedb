"""Reads numbers and amounts as people write them, in any script.

Takes a label or a running text; gives every number that it may state, with the currencies that
stand beside it. What one form alone does not decide (1.234) the contract's `locale` decides, else
it stays ambiguous. Used by comparing, grounding, narrowing, casting and `dslm init`.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

from dslm.contract.model.locales import Locale, locales_of
from dslm.contract.numbers.decimal_signs import with_decimal_signs
from dslm.contract.numbers.number_signs import after, before, signs_and_currencies
from dslm.contract.numbers.separators import separators
from dslm.contract.text.characters import BMP, class_of, is_mark, plain_characters

# Of ten: beyond it arithmetic overflows, and a number written out fills the memory.
_LARGEST_EXPONENT = 999
_PLAIN = re.compile(r"[+-]?\d+(?:\.\d+)?\Z", re.ASCII)
_SCIENTIFIC = re.compile(r"[+-]?\d+(?:\.\d+)?[eE][+-]?\d{1,9}\Z", re.ASCII)
_MARKS = class_of(is_mark, BMP)
_SIGNS = class_of(lambda char: unicodedata.category(char) == "Sc", BMP)
_OPENS = rf"\s(\[{{<+\-\u2212\u2014~\u2248=:;/|\u00b1\u00d7\"'\u201e\u201c\u00ab\u2039{_SIGNS}"
# A comma behind what closes parts two cells: "Tea",5 (blue),5 50%,5 10 €,5 -,5
_BARE_COMMA = (
    rf"(?<![^{_OPENS}])(?<!\d[{_SIGNS}])(?<!\d[ \u00a0][{_SIGNS}])"
    r"(?<![^\s(\[{=:;|][\"'\u201c\u00ab\u2039])(?<!,-)(?<!,\u2212),"
)
# A point behind a letter is of the word: Rs.500, रु.500, руб.500, B/.500
_RUN = re.compile(
    rf"(?:(?<![^\W_])(?<![A-Z]/)(?<![.{_MARKS}])(?:\.|{_BARE_COMMA})(?=[0-9]))?"
    r"[0-9]+(?:[.,'\u066b\u066c \u00a0][0-9]+)*"
)
_SEPARATOR = re.compile(r"[.,'\u066b\u066c \u00a0]")
_FRACTIONS = "¼½¾⅐⅑⅒⅓⅔⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞↉"
_NO_CENTS = re.compile(r"[.,:/][-\u2212\u2014]+(?![-\u2212\u2014\d])")
_LONGEST_PART = 5  # 0.125; a third has no end
_MOST_PARTS = 6  # of one number, as blanks part it
# 04/03/25,609.06 10:15,609.06 2025-03-04,609.06 2025/117,609.06, and such before them
_DAY_OR_TIME_BEFORE = re.compile(
    r"(?:(?<!\d)\d\d?([/\-])\d\d?\1|\d{4}([/\-])\d\d?\2|\d\d:|(?<!\d)(?:19|20)\d\d/)\Z"
)
_DAY_OR_TIME_BEHIND = re.compile(
    r",(?:\d\d?(?:([/\-])\d\d?\1\d|:\d\d)|(?:19|20)\d\d(?:([/\-])\d\d?\2\d|/\d))"
)
_LARGEST_GROUP = 3  # digits
Part = tuple[int, int, bool]


@dataclass(frozen=True)
class Amount:
    """A number, and the ISO 4217 codes of the currencies it may be in; none where none is named."""

    value: Decimal
    currencies: frozenset[str] = frozenset()

    def may_be(self, other: Amount) -> bool:
        """Whether the currencies do not speak against the two being the same."""
        both = self.currencies and other.currencies
        return not both or not self.currencies.isdisjoint(other.currencies)


@dataclass(frozen=True)
class StatedAmount:
    """A place of a text that states a number, and all that it may mean."""

    text: str
    readings: tuple[Amount, ...]
    ambiguous: bool


def _grouped(groups: list[str], kinds: list[str]) -> bool:
    """Whether digits stand in groups of three, or of two before the last three (1,23,456)."""
    if not kinds:
        return True
    first, *middle, last = groups
    if len(kinds) > 1 and kinds[-2] == "'" and kinds[-1] in ".,":  # millions: 1'500.000
        kinds = [*kinds[:-2], kinds[-1], kinds[-1]]
    if len(set(kinds)) > 1 or first.startswith("0") or len(last) != 3:
        return False
    # An apostrophe never ends the whole, so that a first group of any length is clear
    threes = (len(first) <= 3 or kinds[0] == "'") and all(len(group) == 3 for group in middle)
    twos = len(first) <= 2 and bool(middle) and all(len(group) == 2 for group in middle)
    return threes or (twos and kinds[0] in ",\u066c")


def _may_group(kinds: list[str], locales: tuple[str, ...]) -> bool:
    """Whether the last separator may group: behind an apostrophe for Spanish speakers only."""
    return "'" not in kinds or not locales or any(name.split("_")[0] == "es" for name in locales)


@lru_cache(maxsize=4096)
def _values(form: str, locales: tuple[str, ...]) -> tuple[Decimal, ...]:
    """What a run of digits and separators may state: none where it is no number, several or one."""
    if form[0] in ".,":
        form = f"0{form}"
    groups, kinds = _SEPARATOR.split(form), _SEPARATOR.findall(form)
    found = []
    if not kinds:
        found = [form]
    elif kinds[-1] in ".,\u066b" and kinds.count(kinds[-1]) == 1:
        if _grouped(groups[:-1], kinds[:-1]):
            found.append(f"{''.join(groups[:-1])}.{groups[-1]}")
        if kinds[-1] != "\u066b" and _grouped(groups, kinds) and _may_group(kinds, locales):
            found.append("".join(groups))
        if len(found) > 1 and locales:
            known = separators(locales)
            decimal, group = kinds[-1] in known.decimal, kinds[-1] in known.group
            if decimal != group:
                found = found[:1] if decimal else found[1:]
    elif "\u066b" not in kinds and _grouped(groups, kinds):
        found = ["".join(groups)]
    return tuple(Decimal(one) for one in found if len(one) <= _LARGEST_EXPONENT)


def is_number(form: str) -> bool:
    """Whether digits and the separators between them are a number, in any locale."""
    return bool(form) and bool(_values(form, ()))


@lru_cache(maxsize=1024)
def _parts(form: str, locales: tuple[str, ...]) -> tuple[Part, ...]:
    """The parts of a run that state a number, where blanks part it: start, end, within a whole.

    `2 1 309,00` may be 2 and 1309.00, or 309.00 in a column of its own. A blank that does not break
    joins for sure where its whole is a number. A part that is no number may be a row of cells.
    """
    if " " not in form and ("\u00a0" not in form or _values(form, locales)):
        return ((0, len(form), False),) if _values(form, locales) else _cells(form, 0, locales)
    found = _joined(form, "[ \u00a0]", locales)
    for part in re.finditer("[^ \u00a0]+", form):
        if not _values(part.group(), locales):
            found += _cells(part.group(), part.start(), locales)
    return tuple(found)


def _parts_at(text: str, run: re.Match[str], locales: tuple[str, ...]) -> tuple[Part, ...]:
    """The parts of a run where it stands: what ends a day or a time is no part of an amount."""
    form = run.group()
    cuts = _cuts(text, run.start(), form) if "," in form else []
    if not cuts:
        return _parts(form, locales)
    found: list[Part] = []
    for start, end in zip([0, *(cut + 1 for cut in cuts)], [*cuts, len(form)], strict=True):
        parts = _parts(form[start:end], locales) if start < end else ()
        found += ((start + s, start + e, inside) for s, e, inside in parts)
    return tuple(found)


def _cuts(text: str, place: int, form: str) -> list[int]:
    """Where the commas of a run at a place part it from a day or a time beside it."""
    first, last = form.index(","), form.rindex(",")
    glued = form[:first].isdecimal()
    before = glued and _DAY_OR_TIME_BEFORE.search(text, max(0, place - 8), place)
    behind = _DAY_OR_TIME_BEHIND.match(text, place + last)
    return sorted({*([first] if before else ()), *([last] if behind else ())})


def _joined(form: str, sign: str, locales: tuple[str, ...]) -> list[Part]:
    """The parts of a run that state a number, alone or joined by the signs between them."""
    signs = [found.start() for found in re.finditer(sign, form)]
    starts, ends = [0, *(place + 1 for place in signs)], [*signs, len(form)]
    found: list[Part] = []
    for first, start in enumerate(starts):
        for last in range(min(len(starts), first + _MOST_PARTS) - 1, first - 1, -1):
            if start < ends[last] and _values(form[start : ends[last]], locales):
                inside = any(s <= start and ends[last] <= e for s, e, _ in found[-_MOST_PARTS:])
                found.append((start, ends[last], inside))
    return found


def _cells(form: str, offset: int, locales: tuple[str, ...]) -> tuple[Part, ...]:
    """The numbers of a row whose cells commas part: 2,12.50; not of 1,2,3, which may be anything.

    One cell has to say by a decimal sign or by four digits that the commas are none of a number's.
    """
    cells = form.split(",")
    parted = any(
        len(cell) > _LARGEST_GROUP or (not cell.isdecimal() and cell and _values(cell, locales))
        for cell in cells
    )
    if len(cells) == 1 or not parted:
        return ()
    found = _joined(form, ",", locales)
    return tuple((offset + s, offset + e, inside or "," in form[s:e]) for s, e, inside in found)


def _readings(
    text: str, start: int, end: int, locales: tuple[str, ...], alone: bool
) -> tuple[Amount, ...]:
    """What the digits at a place may mean; nothing where they should stand alone and do not."""
    form = text[start:end]
    values = _values(form, locales)
    if end < len(text) and text[end] in _FRACTIONS and form.isdecimal():
        part, end = Decimal(str(unicodedata.numeric(text[end]))), end + 1
        values = () if len(str(part)) > _LONGEST_PART else tuple(value + part for value in values)
    if len(values) > 1 and _NO_CENTS.match(text, end):  # 1.234,- is no 1.234
        values = tuple(one for one in values if one == one.to_integral_value())
    if not values:
        return ()
    left = before(text, start, locales, alone)
    right = after(text, end, locales, alone, fraction="." in form or "," in form)
    if alone and not (left.all and right.all):
        return ()
    signs, currencies = signs_and_currencies(left, right, alone)
    found = dict.fromkeys(
        Amount(value if sign > 0 else -value, currencies) for sign in signs for value in values
    )
    return tuple(found)


def _in_euros(readings: tuple[Amount, ...], form: str) -> tuple[Amount, ...]:
    """The readings of a form, in which a sign may stand before the cents: 12€50."""
    if "€" not in form:
        return readings
    return tuple(Amount(one.value, frozenset(("EUR",))) for one in readings)


@lru_cache(maxsize=64)
def _stated_in(text: str, locales: tuple[str, ...]) -> tuple[StatedAmount, ...]:
    stands = plain_characters(text)
    text = with_decimal_signs(stands)
    found = []
    for run in _RUN.finditer(text):
        for start, end, inside in _parts_at(text, run, locales):
            place = (run.start() + start, run.start() + end)
            form = stands[slice(*place)]
            readings = _in_euros(_readings(text, *place, locales, alone=False), form)
            found.append(StatedAmount(form, readings, inside or len(readings) > 1))
    return tuple(found)


def amounts_in(text: str, locale: Locale = None) -> tuple[StatedAmount, ...]:
    """Every place of a running text that states a number, with all that it may mean there."""
    return _stated_in(text, locales_of(locale))


def numbers(text: str, locale: Locale = None) -> set[Decimal]:
    """Every number that a text may state, whatever its notation."""
    return {amount.value for stated in amounts_in(text, locale) for amount in stated.readings}


@lru_cache(maxsize=4096)
def _readings_of(text: str, locales: tuple[str, ...]) -> tuple[Amount, ...]:
    if _SCIENTIFIC.match(text):
        number = Decimal(text)
        return (Amount(number),) if abs(number.adjusted()) <= _LARGEST_EXPONENT else ()
    stands = plain_characters(text).strip(" \u00a0\n")
    text = with_decimal_signs(stands)
    run = _RUN.search(text)
    if run is None:
        return ()
    if _PLAIN.match(text) and (not locales or len(_values(run.group(), locales)) > 1):
        return (Amount(Decimal(text)),) if len(text) <= _LARGEST_EXPONENT else ()
    readings = _readings(text, run.start(), run.end(), locales, alone=True)
    return _in_euros(readings, stands[run.start() : run.end()])


def readings_of(value: Any, locale: Locale = None) -> tuple[Amount, ...]:
    """What a whole label states as an amount: nothing, one thing, or several where it is ambiguous.

    A number in JSON's plain notation (-12.5) is that number, whatever else the form could mean;
    a `locale` in which the point groups thousands says otherwise of text (1.234).
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        return ()
    if not isinstance(value, str):
        return _readings_of(str(value), ())
    return _readings_of(value.strip(), locales_of(locale))


def amount_of(value: Any, locale: Locale = None) -> Amount | None:
    """The one amount that a label states; None where it states none, or none for sure."""
    found = readings_of(value, locale)
    return found[0] if len(found) == 1 else None


def decimal_of(value: Any, locale: Locale = None) -> Decimal | None:
    """The number of `amount_of`."""
    amount = amount_of(value, locale)
    return None if amount is None else amount.value


def plain(number: Decimal) -> str:
    """All its digits and no trailing zeros: `normalize` rounds to the context's 28 digits."""
    written = f"{number:f}" if number else "0"  # zero has a sign
    return written.rstrip("0").rstrip(".") if "." in written else written
