"""How amounts, dates and tax rates are written in English, German and French.

Takes exact values (cents, `datetime.date`, a rate of the contract), gives printed text. Blanks
inside a value are no-break blanks until the page is finished, so that the noise keeps
every value in one piece. Called by `page_layout`, `decoys` and `other_messages`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

KEEP = "\u00a0"  # a blank that neither a line break nor the noise may touch


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


MONTHS: dict[str, tuple[str, ...]] = {
    "en": _words(
        "January February March April May June July August September October November December"
    ),
    "de": _words(
        "Januar Februar März April Mai Juni Juli August September Oktober November Dezember"
    ),
    "fr": _words(
        "janvier février mars avril mai juin juillet août septembre octobre novembre décembre"
    ),
}
DATE_STYLES: dict[str, tuple[str, ...]] = {
    "de": ("dotted", "dotted", "dotted", "dotted", "worded"),
    "en": ("slashed", "slashed", "iso", "iso", "worded"),
    "fr": ("slashed", "slashed", "slashed", "slashed", "dotted", "dotted", "worded"),
}


@dataclass(frozen=True)
class MoneyStyle:
    """One supplier's way to write an amount."""

    thousands: str
    decimal: str
    currency: str
    currency_first: bool
    dash_for_round: bool


def money_text(cents: int, style: MoneyStyle) -> str:
    """Write an amount, for example 130900 as `1.309,00 EUR`, `€1,309.00` or `EUR 1309,-`."""
    if cents < 0:
        return f"-{money_text(-cents, style)}"
    whole, rest = divmod(cents, 100)
    digits = f"{whole:,}".replace(",", style.thousands)
    tail = "-" if rest == 0 and style.dash_for_round else f"{rest:02d}"
    amount = f"{digits}{style.decimal}{tail}"
    if not style.currency:
        return amount
    if style.currency_first:
        blank = "" if style.currency in "€£$" else KEEP
        return f"{style.currency}{blank}{amount}"
    return f"{amount}{KEEP}{style.currency}"


def date_text(day: date, style: str, language: str) -> str:
    """Write a date; slashed dates are day first in all three languages."""
    d, m, y = day.day, day.month, day.year
    month = MONTHS[language][m - 1]
    match style:
        case "iso":
            text = day.isoformat()
        case "dotted":
            text = f"{d:02d}.{m:02d}.{y}"
        case "slashed":
            text = f"{d:02d}/{m:02d}/{y}"
        case "worded":
            text = f"{d:02d}. {month} {y}" if language == "de" else f"{d:02d} {month} {y}"
        case _:
            raise ValueError(f"unknown date style {style!r}")
    return text.replace(" ", KEEP)


def rate_text(rate: str, language: str, *, blank: bool) -> str:
    """Write a tax rate, for example `5.5` as `5,5 %` in French."""
    number = rate if language == "en" else rate.replace(".", ",")
    return f"{number}{KEEP if blank else ''}%"


def money_target(cents: int) -> str:
    """Write an amount as the contract wants it: `1309.00`."""
    return f"{cents // 100}.{cents % 100:02d}"
