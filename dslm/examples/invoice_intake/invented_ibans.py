"""Invented bank accounts with valid check digits (ISO 13616, mod 97-10).

Takes a random source and a language, gives an IBAN as printed; called by `decoys`. The bank
codes are ones that no bank holds, so no real account can be hit by chance.
"""

from __future__ import annotations

import random


def check_digits(country: str, account: str) -> str:
    """Compute the two check digits: 98 minus the number modulo 97, letters as 10 to 35."""
    digits = "".join(str(int(char, 36)) for char in f"{account}{country}00")
    return f"{98 - int(digits) % 97:02d}"


def invent_iban(rng: random.Random, language: str) -> str:
    """Invent a German (`de`), Belgian (`fr`) or Irish (`en`) account number without blanks."""
    if language == "de":
        country, account = "DE", f"0000{rng.randrange(10_000):04d}{rng.randrange(10**10):010d}"
    elif language == "fr":
        body = rng.randrange(10**10)
        wrong_national_check = (body % 97 + 1) % 97
        country, account = "BE", f"{body:010d}{wrong_national_check:02d}"
    else:
        country, account = "IE", f"XMPL{rng.randrange(10**14):014d}"
    return f"{country}{check_digits(country, account)}{account}"
