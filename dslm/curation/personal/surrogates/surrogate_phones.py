"""Invented telephone numbers, where a country keeps numbers that nobody has, from among these.

Germany: Bundesnetzagentur, Mitteilung 148/2021. France: ARCEP, decision 2018-0881. United Kingdom:
Ofcom, numbers for drama. North America: 555-0100 to 555-0199 of any area. Elsewhere the number
keeps its country, its length and its first two digits. Called by `surrogates`.
"""

from __future__ import annotations

from dslm.curation.personal.surrogates.keyed_draws import KeyedDraws

# By country code: which national numbers begin alike → prefixes nobody has, by whole first digits.
_UNUSED: dict[str, tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]] = {
    "49": (
        (("15", "16", "17"), ("17139200", "176040690")),
        (("",), ("3023125", "6990009", "4066969", "2214710", "8999998")),
    ),
    "33": (
        (("6", "7"), ("63998",)),
        (("",), ("19900", "26191", "35301", "46571", "53649")),
    ),
    "44": (
        (("7",), ("7700900",)),
        (("20",), ("2079460",)),
        (("",), ("1632960", "1134960", "1144960", "1154960", "1164960", "1174960", "1184960",
                 "1214960", "1314960", "1414960", "1514960", "1614960", "1914980")),
    ),
}  # fmt: skip
NORTH_AMERICA = "1"
KEPT_DIGITS = 2


def phone_like(country: str, national: str, draw: KeyedDraws) -> str:
    """National digits of another number of the same country and length."""
    if country == NORTH_AMERICA and len(national) == 10:
        return f"{2 + draw.below(8)}{draw.digits(2)}55501{draw.digits(2)}"
    for begins, unused in _UNUSED.get(country, ()):
        fitting = [prefix for prefix in unused if len(prefix) < len(national) - 1]
        if national.startswith(begins) and fitting:
            prefix = draw.one_of(fitting)
            return prefix + draw.digits(len(national) - len(prefix))
    return national[:KEPT_DIGITS] + draw.digits(len(national) - KEPT_DIGITS)
