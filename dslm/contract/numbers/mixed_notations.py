"""Labels in JSON's notation among labels that say otherwise: 1.234 beside 12,50.

Takes the labels of one field; gives those that are read as 1.234 where the others write a comma
before the decimals or points between thousands. Used by `dslm init` and `dslm check`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from dslm.contract.model.locales import Locale
from dslm.contract.numbers.number_reader import amount_of
from dslm.contract.text.characters import plain_characters

_THREE_DECIMALS = re.compile(r"\D*[1-9]\d{0,2}\.\d{3}\D*\Z", re.ASCII)
_COMMA_ENDS = re.compile(r"\d,\d{1,2}(?!\d)|\d\.\d{3},\d|(?:\.\d{3}){2}(?!\d)", re.ASCII)


def doubtful_points(labels: Iterable[str], locale: Locale = None) -> list[str]:
    """The labels whose point may group thousands, by what the other labels of the field write.

    Args:
        labels: Of one field that is compared as `decimal`.
        locale: The contract's; where it says what the point is, nothing is doubtful.
    """
    plain = {label: plain_characters(label) for label in labels}
    if not any(_COMMA_ENDS.search(text) and amount_of(text, locale) for text in plain.values()):
        return []
    return [
        label
        for label, text in plain.items()
        if _THREE_DECIMALS.match(text)
        and (amount := amount_of(text, locale))
        and abs(amount.value) < 1000
    ]
