"""What the Unicode Common Locale Data Repository says of numbers, currencies and months.

Takes locales such as `de_DE`; gives separators, orders of day and month, months' names, currencies'
signs. Babel ships the data; it is imported when something is first asked. Used by the readers of
numbers and dates, and by the contract to know its locales.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from dslm.contract.folding import composed, strip_accents

# Languages whose months are read whatever the contract's locale; its own are read besides.
LANGUAGES = (
    "ar", "bg", "bn", "ca", "cs", "da", "de", "de_AT", "el", "en", "en_GB", "es", "et", "fa", "fi",
    "fr", "he", "hi", "hr", "hu", "id", "it", "lt", "lv", "mr", "ms", "nb", "nl", "pl", "pt", "ro",
    "ru", "sk", "sl", "sr", "sr_Latn", "sv", "ta", "te", "th", "tr", "uk", "ur",
)  # fmt: skip
# Where a currency has its own sign, alone or in one country; CLDR's narrow signs, which Babel lacks
SHARED_SIGNS = {
    "$": "USD ARS AUD BBD BMD BND BSD BZD CAD CLP COP CUP DOP FJD GYD HKD JMD KYD LRD MXN NAD NZD "
         "SBD SGD SRD TTD TWD UYU XCD",
    "£": "GBP EGP FKP GIP LBP SDG SHP SSP SYP", "¥": "JPY CNY", "元": "CNY TWD HKD", "円": "JPY",
    "圆": "CNY", "圓": "CNY TWD HKD", "원": "KRW", "kr": "DKK SEK NOK ISK",
    "rs": "INR PKR LKR NPR MUR SCR",
    "₨": "INR PKR LKR NPR MUR SCR", "rm": "MYR", "zł": "PLN", "zl": "PLN", "kč": "CZK", "kc": "CZK",
    "ft": "HUF", "lei": "RON MDL", "лв": "BGN", "руб": "RUB", "р": "RUB", "₽": "RUB", "грн": "UAH",
    "tl": "TRY", "fr": "CHF XAF XOF XPF", "sfr": "CHF", "r$": "BRL", "us$": "USD", "a$": "AUD",
    "au$": "AUD", "c$": "CAD", "ca$": "CAD", "nz$": "NZD", "hk$": "HKD", "s$": "SGD", "nt$": "TWD",
    "mx$": "MXN", "rp": "IDR", "dhs": "AED", "dh": "AED MAD", "euro": "EUR", "euros": "EUR",
    "r": "ZAR", "sr": "SAR SCR", "din": "RSD", "дин": "RSD", "₩": "KRW KPW", "₺": "TRY",
    "฿": "THB", "₫": "VND",
    "₱": "PHP", "₪": "ILS", "₹": "INR", "€": "EUR", "₴": "UAH", "₸": "KZT", "₦": "NGN", "₡": "CRC",
}  # fmt: skip


def locales_of(locale: str | Sequence[str] | None) -> tuple[str, ...]:
    """One locale, several or none as a tuple."""
    if locale is None:
        return ()
    return (locale,) if isinstance(locale, str) else tuple(locale)


def known_locales() -> list[str]:
    """Every locale that CLDR knows, as `de_DE`."""
    from babel import localedata

    return [name for name in localedata.locale_identifiers() if name != "root"]


def is_known(locale: str) -> bool:
    """Whether CLDR has a locale of that very name."""
    from babel import localedata

    return locale != "root" and bool(localedata.exists(locale))


@dataclass(frozen=True)
class Separators:
    """What stands between a number's digits in some locales."""

    decimal: frozenset[str]
    group: frozenset[str]


@lru_cache(maxsize=64)
def separators(locales: tuple[str, ...]) -> Separators:
    """The decimal and grouping separators that some locales use."""
    from babel import Locale

    decimal, group = set(), set()
    for name in locales:
        for symbols in Locale.parse(name).number_symbols.values():
            decimal.add(symbols.get("decimal", ""))
            group.add(symbols.get("group", ""))
    return Separators(frozenset(decimal & set(".,")), frozenset(group & set(".,")))


@lru_cache(maxsize=64)
def day_orders(locales: tuple[str, ...]) -> frozenset[str]:
    """The orders in which some locales write day, month and year: `dmy`, `mdy`, `ymd`."""
    from babel import Locale

    orders = set()
    for name in locales:
        pattern = re.sub(r"'[^']*'", "", Locale.parse(name).date_formats["short"].pattern)
        orders.add("".join(dict.fromkeys(c for c in pattern.lower() if c in "dmy")))
    return frozenset(orders)


def month_key(name: str) -> str:
    """How a month's name is looked up: folded, dots and accents' encoding aside."""
    return composed(name).replace(".", "").replace("ı", "i").strip(" \u00a0'")


@lru_cache(maxsize=16)
def months(locales: tuple[str, ...] = ()) -> dict[str, dict[int, frozenset[str]]]:
    """Name of a month → the months it may mean → the languages in which it means that.

    Full and short names, as written in a date and alone. Then, where that is no name in any
    language: names without their accents, and beginnings of three letters or more that are no
    other month's in the same language (`Sept`, `Febr`).
    """
    exact: dict[str, dict[int, set[str]]] = {}
    loose: dict[str, dict[int, set[str]]] = {}
    for language in dict.fromkeys((*LANGUAGES, *locales)):
        names = _names(language)
        for key, month in names:
            exact.setdefault(key, {}).setdefault(month, set()).add(language)
        for key, month in _looser(names):
            loose.setdefault(key, {}).setdefault(month, set()).add(language)
    merged = {key: found for key, found in loose.items() if key not in exact} | exact
    return {
        key: {month: frozenset(languages) for month, languages in found.items()}
        for key, found in merged.items()
    }


def _names(language: str) -> set[tuple[str, int]]:
    from babel import Locale

    tables = Locale.parse(language).months
    found = set()
    for context in ("format", "stand-alone"):
        for width in ("wide", "abbreviated"):
            for month, name in tables[context][width].items():
                key = month_key(name)
                if key and not any(char.isdigit() for char in key):
                    found.add((key, int(month)))
    return found


def _looser(names: set[tuple[str, int]]) -> set[tuple[str, int]]:
    found: set[tuple[str, int]] = set()
    both = names | {(strip_accents(key), month) for key, month in names}
    for key, month in names:
        bare = strip_accents(key)
        spelled = key.replace("ä", "ae").replace("ö", "oe").replace("ü", "ue")
        found |= {(bare, month), (spelled, month)}
        for whole in (key, bare):
            for end in range(3, len(whole)):
                start = whole[:end]
                if all(other == month for name, other in both if name.startswith(start)):
                    found.add((start, month))
    return found


@lru_cache(maxsize=16)
def weekdays(locales: tuple[str, ...] = ()) -> frozenset[str]:
    """Every word of the names of weekdays, full and short."""
    from babel import Locale

    found: set[str] = set()
    for language in dict.fromkeys((*LANGUAGES, *locales)):
        tables = Locale.parse(language).days
        for context in ("format", "stand-alone"):
            for width in ("wide", "abbreviated"):
                for name in tables[context][width].values():
                    found.update(month_key(word) for word in name.replace("-", " ").split())
    return frozenset(found)


def sign_key(sign: str) -> str:
    """How a currency's sign is looked up."""
    return composed(sign).replace(".", "").replace("\u00a0", "").strip(" '")


@lru_cache(maxsize=16)
def currency_signs(locales: tuple[str, ...] = ()) -> dict[str, frozenset[str]]:
    """Sign or code of a currency → the ISO 4217 codes that it may stand for."""
    from babel import Locale

    signs: dict[str, set[str]] = {}
    for sign, codes in SHARED_SIGNS.items():
        signs.setdefault(sign_key(sign), set()).update(codes.split())
    for code in Locale.parse("en").currencies:
        signs.setdefault(str(code).casefold(), set()).add(str(code))
    for name in dict.fromkeys((*LANGUAGES, *locales)):
        for code, sign in Locale.parse(name).currency_symbols.items():
            key = sign_key(sign)
            # `Le` and the like would make an amount of a word before a number
            if key and (not key.isascii() or not key.isalpha()):
                signs.setdefault(key, set()).add(code)
    return {sign: frozenset(codes) for sign, codes in signs.items()}
