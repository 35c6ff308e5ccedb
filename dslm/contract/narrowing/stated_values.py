"""What an input states that is written otherwise than by copying words, one value each.

Takes an input's text and the contract's locale; gives numbers, and amounts and days in the forms
that a label may have. Used by `held_schema`, which leaves out what the schema forbids.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from decimal import Decimal

from dslm.contract.dates import date_readings, found_dates
from dslm.contract.model.locales import Locale
from dslm.contract.numbers import Amount, amounts_in, plain, readings_of

Allowed = Callable[[str], bool]

# An amount with a currency on either side, as it stands; what is none, `readings_of` says.
_SIGN = r"[^\w\s.,;:()\"'/\u2013\u2212-]{1,2}"
_LETTERS = r"[^\W\d_]{1,4}"
_CODE_OR_SIGN = rf"{_LETTERS}(?:\.{_LETTERS}){{0,2}}\.?"  # EUR, kr., U.S., \u062f.\u0625
_BEFORE = rf"(?:(?:{_CODE_OR_SIGN} ?)?{_SIGN}|(?:[A-Z]{{3}} )?{_CODE_OR_SIGN})"
_AFTER = rf"(?:(?:{_LETTERS})?{_SIGN}(?: ?[A-Z]{{2,3}})?|{_CODE_OR_SIGN}(?: [A-Z]{{3}})?)"
_MINUS = r"[-\u2013\u2212]"
# Bounded: numbers that two no-break blanks part would each go to the end of their row
_DIGITS = rf"(?:{_MINUS}|\()?\d(?:[\d.,'\u00a0\u202f]| (?=\d{{3}}(?!\d))){{0,60}}\)?{_MINUS}?"
_FIRST = r"(?<!\d)(?<!\d[.,'\u00a0\u202f])"  # from each digit on it would take the square of them
_SIGNED_BEFORE = rf"{_MINUS}?{_BEFORE}[ \u00a0\u202f]?{_DIGITS}"
_PRICED = re.compile(
    rf"(?=({_SIGNED_BEFORE}))(?=({_SIGNED_BEFORE} ?[A-Z]{{3}}(?!\w))?)"  # $5, $5 CAD
    rf"|{_FIRST}(?=({_DIGITS} ?{_AFTER})?)(?=({_DIGITS})?)"
)
_MOST_DIGITS = 300  # of a JSON number; a float has no larger ones


def amount_texts(text: str, locale: Locale, allowed: Allowed) -> Iterator[str]:
    """Every amount of a text, in plain notation and that of the locale, and as it stands there.

    Of these only what is `allowed`, which is asked first.
    """
    stated: dict[Decimal, list[Amount]] = {}
    for one in amounts_in(text, locale):
        for amount in one.readings:
            stated.setdefault(amount.value, []).append(amount)
        if allowed(one.text) and _may_be(one.text, stated, locale):
            yield one.text
    for number in sorted(stated):
        written = filter(allowed, dict.fromkeys(forms(number)))
        yield from (form for form in written if _may_be(form, stated, locale, number))
    found = (form.strip() for match in _PRICED.finditer(text) for form in match.groups() if form)
    bare = (one for form in found for one in (form, form.rstrip(".,")))  # $1,234 ends a sentence
    for form in dict.fromkeys(bare):
        if allowed(form) and _may_be(form, stated, locale):
            yield form


def _may_be(
    form: str, stated: dict[Decimal, list[Amount]], locale: Locale, number: Decimal | None = None
) -> bool:
    """Whether a form may state one of some amounts, or the one that it was made of."""
    return any(
        reading.may_be(amount)
        for reading in readings_of(form, locale)
        if number is None or reading.value == number
        for amount in stated.get(reading.value, ())
    )


def forms(number: Decimal) -> Iterator[str]:
    """A decimal as a label may have it: as it is, with up to three places, and with a comma."""
    yield plain(number)
    for places in range(4):
        if Decimal(form := f"{number:.{places}f}") == number:
            grouped = f"{number:,.{places}f}"
            swapped = grouped.translate({ord(","): ".", ord("."): ","})
            yield from (form, grouped, form.replace(".", ","), swapped)


def day_texts(text: str, locale: Locale, allowed: Allowed) -> Iterator[str]:
    """Every day of a text, in ISO's notation and as it stands there, where that is `allowed`."""
    found = found_dates(text, locale)
    for day in sorted({day for one in found for day in one.readings}):
        if allowed(day.isoformat()):
            yield day.isoformat()
    for one in found:
        form = text[one.start : one.end]
        if allowed(form) and date_readings(form, locale) & one.readings:
            yield form


def number_values(kind: str, number: Decimal) -> Iterator[int | float]:
    """A number as an answer has it; none where JSON cannot hold it exactly."""
    if abs(number.adjusted()) > _MOST_DIGITS:
        return
    if number == number.to_integral_value():
        yield int(number)
    elif kind == "number" and Decimal(repr(float(number))) == number:
        yield float(number)
