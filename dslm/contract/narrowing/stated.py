"""What an input states that is written otherwise than by copying words, one text a value.

Takes an input's text; gives amounts in the forms that a label may have, and what may be an address,
a link or an id of some format. Used by `held`, which leaves out what the schema forbids.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal

from dslm.contract.comparing import decimal_of, plain
from dslm.contract.grounding import numbers
from dslm.contract.narrowing.words import words_of

_AMOUNT, _CURRENCY = r"\d[\d.,]*", r"(?:[A-Z]{2,3}|[$€£¥₹])"  # as in decimal_of
_PRICED = re.compile(rf"{_CURRENCY} ?{_AMOUNT}|{_AMOUNT} ?{_CURRENCY}")
_FORMAL = re.compile(r"[!-~]+")  # an address or link has neither blanks nor letters beyond ASCII
_LONGEST_FORMAL = 320  # characters: the longest mail address
_MOST_DIGITS = 300  # of a JSON number; a float has no larger ones


def amounts(text: str) -> Iterator[str]:
    """Every decimal that the text may state, and those with a currency as they stand."""
    stated = numbers(text)
    for number in sorted(stated):
        yield from _decimal_texts(number)
    for match in _PRICED.finditer(text):
        if decimal_of(match.group()) in stated:
            yield match.group()


def _decimal_texts(number: Decimal) -> Iterator[str]:
    """A decimal as a label may have it: as it is, and with up to three places."""
    yield plain(number)
    for places in range(4):
        if Decimal(form := f"{number:.{places}f}") == number:
            yield from (form, f"{number:,.{places}f}")


def number_texts(kind: str, number: Decimal) -> Iterator[str]:
    """A number as JSON has it: an `integer`, or a `number` that may be written as either."""
    if abs(number.adjusted()) > _MOST_DIGITS:
        return
    if number == number.to_integral_value():
        yield str(int(number))
    if kind == "number" and Decimal(repr(float(number))) == number:
        yield json.dumps(float(number))


def formatted(text: str) -> Iterator[str]:
    """Every part of a run without blanks that begins with a word, and ends with or just after one.

    What of these is a mail address, a link, a day … is for the schema's `format` to say.
    """
    for run in dict.fromkeys(_FORMAL.findall(text)):
        found = words_of(run)
        chunks = list(zip(found.chunks, found.whole, strict=True))
        for first in (n for n, (_, begins) in enumerate(chunks) if begins):
            part = ""
            for chunk, whole in chunks[first:]:
                if not whole:
                    yield part + chunk[0]
                part += chunk
                if len(part) > _LONGEST_FORMAL:
                    break
                if whole:
                    yield part
