"""Finds IBANs and numbers of payment cards, by their check digits. Called by `all_detectors`.

IBAN: ISO 13616, length and structure by country, mod 97-10; national check digits are not asked
for, since what only resembles a real account is better taken for one. Cards: ISO 7812, the ranges
and lengths of the large schemes, Luhn.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from dslm.curation.personal.found_values import FoundValue, Identity
from dslm.curation.personal.variants.value_separators import end_of, joined

_IBAN = re.compile(r"(?<![^\W_])([A-Za-z]{2})\d\d[ \u00a0\u202f\t\n.\-]?[A-Za-z0-9]")
_CARD = re.compile(r"(?<![\w+\-])(?<!\d[.,])(?<!\d[ \u00a0\u202f])[2-6]\d{3}[ \u00a0\u202f\-]?\d\d")
_IN_CARDS = frozenset(" \u00a0\u202f-")
# Prefix (Python's ranges of it) and lengths of the schemes.
_SCHEMES: tuple[tuple[range, tuple[int, ...]], ...] = (
    (range(4000, 5000), (19, 16)),                               # Visa
    (range(5100, 5600), (16,)), (range(2221, 2721), (16,)),      # Mastercard
    (range(3400, 3500), (15,)), (range(3700, 3800), (15,)),      # American Express
    (range(6011, 6012), (16,)), (range(6440, 6600), (16,)),      # Discover
    (range(3528, 3590), (16,)),                                  # JCB
    (range(3000, 3060), (14,)), (range(3600, 3700), (14,)), (range(3800, 4000), (14,)),  # Diners
    (range(6200, 6300), (19, 16)),                               # UnionPay
    (range(5000, 5100), (16,)), (range(5600, 5900), (16,)),      # Maestro
)  # fmt: skip


@lru_cache(maxsize=512)
def iban_length(country: str) -> int:
    """Letters and digits of a country's IBAN, 0 for a country that has none."""
    from stdnum import iban, numdb

    info = numdb.get("iban").info(country)
    structure = info[0][1].get("bban", "") if info and info[0][1] else ""
    groups = iban._struct_re.findall(structure)
    return 4 + sum(int(count) for count, _ in groups) if groups else 0


def ibans(text: str) -> Iterator[FoundValue]:
    """Every IBAN with valid check digits and the structure of its country."""
    for match in _IBAN.finditer(text):
        length = iban_length(match[1].upper())
        end = end_of(text, match.start(), length) if length else -1
        if end > 0:
            spelled = text[match.start() : end]
            if is_iban(spelled):
                value = Identity("iban", "", joined(spelled).upper())
                yield FoundValue("iban", match.start(), end, spelled, value)


def is_iban(text: str) -> bool:
    """Whether structure and check digits are those of an IBAN."""
    from stdnum import iban

    return bool(iban.is_valid(joined(text).upper(), check_country=False))


def cards(text: str) -> Iterator[FoundValue]:
    """Every number in a card scheme's range with a valid check digit."""
    for match in _CARD.finditer(text):
        start = match.start()
        for length in card_lengths(match[0]):
            end = end_of(text, start, length, separators=_IN_CARDS)
            if end > 0 and _luhn(text[start:end]):
                spelled = text[start:end]
                value = Identity("card", "", joined(spelled))
                grouped = len(spelled) > length
                yield FoundValue("card", start, end, spelled, value, certain=grouped)
                break


def card_lengths(number: str) -> tuple[int, ...]:
    """How long a card's number is that begins like this; empty where no scheme has it."""
    prefix = int(number[:4])
    return next((lengths for span, lengths in _SCHEMES if prefix in span), ())


def _luhn(text: str) -> bool:
    from stdnum import luhn

    return bool(luhn.is_valid(joined(text)))
