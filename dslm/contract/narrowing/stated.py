"""What an input states that is written otherwise than by copying words, one text a value.

Takes an input's text or a number; gives numbers and amounts in the forms that a label may have.
Used by `held`, which leaves out what the schema forbids.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from decimal import Decimal

from dslm.contract.comparing import decimal_of, plain

_AMOUNT, _CURRENCY = r"\d[\d.,]*", r"(?:[A-Z]{2,3}|[$€£¥₹])"  # as in decimal_of
_PRICED = re.compile(rf"{_CURRENCY} ?{_AMOUNT}|{_AMOUNT} ?{_CURRENCY}")
_MOST_DIGITS = 300  # of a JSON number; a float has no larger ones


def amounts(text: str, stated: Collection[Decimal]) -> Iterator[str]:
    """Every decimal that a text states, and those with a currency as they stand."""
    for number in stated:
        yield from _decimal_texts(number)
    found = set(stated)
    for match in _PRICED.finditer(text):
        if decimal_of(match.group()) in found:
            yield match.group()


def _decimal_texts(number: Decimal) -> Iterator[str]:
    """A decimal as a label may have it: as it is, and with up to three places."""
    yield plain(number)
    for places in range(4):
        if Decimal(form := f"{number:.{places}f}") == number:
            yield from (form, f"{number:,.{places}f}")


def number_values(kind: str, number: Decimal) -> Iterator[int | float]:
    """A number as an answer has it; none where JSON cannot hold it exactly."""
    if abs(number.adjusted()) > _MOST_DIGITS:
        return
    if number == number.to_integral_value():
        yield int(number)
    elif kind == "number" and Decimal(repr(float(number))) == number:
        yield float(number)
