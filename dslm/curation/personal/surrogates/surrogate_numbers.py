"""Invented IBANs, card numbers and tax numbers with valid check digits. Called by `surrogates`.

What says where a number belongs is kept: the country, the card's scheme, the letters of a VAT
number. An IBAN's check digits are computed; other numbers are drawn until one is valid.
"""

from __future__ import annotations

from dslm.curation.personal.detectors.tax_numbers import tax_checks
from dslm.curation.personal.surrogates.keyed_draws import KeyedDraws

MOST_DRAWS = 100_000
CARD_PREFIX = 4
LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"


def iban_like(value: str, draw: KeyedDraws) -> str:
    """An IBAN of the same country; in Germany of a bank code that begins with 0, which none has."""
    from stdnum.iban import calc_check_digits

    country, account = value[:2], value[4:]
    drawn = "".join(draw.digits(1) if c.isdigit() else draw.one_of(LETTERS) for c in account)
    if country == "DE":
        drawn = "0" + drawn[1:]
    return f"{country}{calc_check_digits(f'{country}00{drawn}')}{drawn}"


def card_like(value: str, draw: KeyedDraws) -> str:
    """A card number of the same scheme and length."""
    from stdnum.luhn import calc_check_digit

    drawn = value[:CARD_PREFIX] + draw.digits(len(value) - CARD_PREFIX - 1)
    return f"{drawn}{calc_check_digit(drawn)}"


def tax_like(form: str, value: str, draw: KeyedDraws) -> str:
    """A tax number of the same form.

    Numbers without check digit are drawn from what is never issued, as nothing else would tell them
    from somebody's: SSN of area 9 and group 01 to 49 (those above are other numbers), NINO of
    prefix QQ.
    """
    if form == "us_ssn":
        return f"9{draw.digits(2)}{1 + draw.below(49):02d}{1 + draw.below(9999):04d}"
    if form == "gb_nino":
        return f"QQ{draw.digits(6)}{draw.one_of('ABCD')}"
    valid = tax_checks()[form]
    fixed = _fixed_end(value) if form == "vat" else ""
    body = value.removesuffix(fixed)
    for _ in range(MOST_DRAWS):
        made = "".join(draw.digits(1) if c.isdigit() else c for c in body) + fixed
        if made != value and valid(made):
            return made
    raise AssertionError(f"no valid {form} after {MOST_DRAWS} draws")


def _fixed_end(value: str) -> str:
    """Digits of a VAT number that say nothing of its holder and hardly ever differ."""
    return value[-2:] if value[:2] in {"SE", "NL"} else ""
