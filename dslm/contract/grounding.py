"""Whether an extracted value occurs in the input, in any common notation.

Text is looked for with case, punctuation and blanks folded, and has to be whole words: `A7731` does
not occur in `A77311`. Decimals and dates are looked for among everything in the input that reads as
one (1,309.00 · 1.309,00 · 1 309,00 · 1309,-; 04.03.2025 · 4 March 2025 · le 4 mars 2025).
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from dslm.contract.comparing import decimal_of, fold
from dslm.contract.dates import dates as dates
from dslm.contract.model import Contract

_NUMBER = re.compile(r"\d+(?:[.,'’ \u00a0\u202f]\d+)*")


def _cents(text: str) -> set[Decimal]:
    """All readings of one run of digits and separators as a decimal."""
    run = re.sub(r"['’ \u00a0\u202f]", "", text).rstrip(".,")
    readings = {run.replace(".", "").replace(",", ""), run.replace(",", ""),
                run.replace(".", "").replace(",", ".")}  # fmt: skip
    return {Decimal(r) for r in readings if r.count(".") <= 1 and r.replace(".", "").isdigit()}


def numbers(text: str) -> set[Decimal]:
    """Every decimal the text may state, whatever its separators."""
    found: set[Decimal] = set()
    for run in _NUMBER.findall(text):
        for part in (run, *run.split()):
            found |= _cents(part)
    return found


def _joined(left: str, right: str) -> bool:
    """Whether two neighbouring characters are of one word.

    Letters without case (Chinese, Thai, …) are words of their own here: their scripts need not put
    blanks between words.
    """
    both = left + right
    return both.isalnum() and not any(unicodedata.category(c) == "Lo" for c in both)


def _has_words(text: str, value: str) -> bool:
    """Whether `value` is in `text`, both folded, from the start of a word to the end of one."""
    wanted, folded = fold(value), fold(text)
    start = folded.find(wanted)
    if start < 0 or not wanted:
        return not wanted
    composed = unicodedata.normalize("NFKC", text)
    origin = [n for n, char in enumerate(composed) for c in char.casefold() if c.isalnum()]
    while start >= 0:
        first, last = origin[start], origin[start + len(wanted) - 1]
        before, after = composed[max(first - 1, 0) : first + 1], composed[last : last + 2]
        if not any(len(pair) == 2 and _joined(*pair) for pair in (before, after)):
            return True
        start = folded.find(wanted, start + 1)
    return False


def occurs(how: str, value: Any, text: str) -> bool:
    """Whether a value, compared `how` (see `Compare`), occurs in the input; lists: all items.

    Raises:
        ValueError: A date that is none.
    """
    if isinstance(value, list):
        return all(occurs(how, item, text) for item in value)
    if isinstance(value, dict):
        return all(occurs(how, item, text) for item in value.values() if item is not None)
    if how == "decimal":
        return decimal_of(value) in numbers(text)
    if how == "date":
        return dt.date.fromisoformat(str(value)) in dates(text)
    return _has_words(text, str(value))


def ungrounded(contract: Contract, text: str, answer: Mapping[str, Any]) -> tuple[str, ...]:
    """The `grounded` fields whose value does not occur in the input; null needs no ground."""
    missing = []
    for field in contract.grounded:
        value = answer[field]
        how = contract.compare[field].how if field in contract.compare else "text"
        try:
            if value is not None and not occurs(how, value, text):
                missing.append(field)
        except ValueError:
            missing.append(field)  # a date that is none
    return tuple(missing)
