"""What the Unicode Common Locale Data Repository says of numbers and currencies.

Takes locales such as `de_DE`; gives separators and currencies' signs. Babel ships the data; it is
imported when something is first asked. Used by the reader of numbers, and by the contract to know
its locales.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from dslm.contract.folding import composed

# Languages whose signs of currencies are read whatever the contract's locale; its own are besides.
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
    named = (locale,) if isinstance(locale, str) else locale
    return tuple(name.replace("-", "_") for name in named)


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
