"""Signs and codes of currencies, by the Unicode Common Locale Data Repository.

Gives for a sign the ISO 4217 codes that it may stand for. Babel ships the data; it is imported when
a sign is first asked for. Used by `signs`.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from dslm.contract.numbers.own_currencies import own_currencies, sign_key

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
    "₨": "INR PKR LKR NPR MUR SCR", "रु": "INR NPR", "रू": "INR NPR",
    "rm": "MYR", "zł": "PLN", "zl": "PLN", "kč": "CZK", "kc": "CZK",
    "ft": "HUF", "lei": "RON MDL", "лв": "BGN", "руб": "RUB", "р": "RUB", "₽": "RUB", "грн": "UAH",
    "tl": "TRY", "fr": "CHF XAF XOF XPF", "sfr": "CHF", "r$": "BRL", "us$": "USD", "a$": "AUD",
    "au$": "AUD", "c$": "CAD", "ca$": "CAD", "nz$": "NZD", "hk$": "HKD", "s$": "SGD", "nt$": "TWD",
    "mx$": "MXN", "rp": "IDR", "dhs": "AED", "dh": "AED MAD", "euro": "EUR", "euros": "EUR",
    "r": "ZAR", "sr": "SAR SCR", "din": "RSD", "дин": "RSD", "₩": "KRW KPW", "₺": "TRY",
    "฿": "THB", "₫": "VND",
    "₱": "PHP", "₪": "ILS", "₹": "INR", "€": "EUR", "₴": "UAH", "₸": "KZT", "₦": "NGN", "₡": "CRC",
    "₭": "LAK", "₮": "MNT", "₲": "PYG", "₵": "GHS", "gh₵": "GHS", "₼": "AZN", "₾": "GEL",
    "៛": "KHR", "֏": "AMD", "rmb": "CNY", "tk": "BDT", "đ": "VND", "đồng": "VND", "vnđ": "VND",
    "fcfa": "XAF XOF", "שח": "ILS", "nis": "ILS", "тг": "KZT", "s/": "PEN", "b/": "PAB",
}  # fmt: skip
# Codes that stand for their currency in small letters too: the most traded ones (BIS, Triennial
# Survey 2022) without those that are words: all, top, try, php, ils, huf, rub, cop, ron, pen, …
_NO_WORDS = (
    "usd eur jpy gbp cny aud cad chf hkd sgd sek krw nok nzd inr mxn twd zar brl dkk pln thb idr "
    "czk aed"
)
_IN_ANY_CASE = frozenset(_NO_WORDS.split())
# Letters that mean something else in another case: 5 ft, room 5, Sr. 5, DIN 5
_IN_THEIR_CASE = {"ft": ("Ft",), "r": ("R",), "rm": ("RM",), "sr": ("SR",), "din": ("din", "Din"),
                  "nis": ("NIS",), "s/": ("S/",), "b/": ("B/",)}  # fmt: skip
_PARTS = "¢￠₥₰"  # of a unit: 5¢ is not 5 of anything else


@lru_cache(maxsize=4096)
def currencies(word: str, locales: tuple[str, ...], *, behind: bool = False) -> frozenset[str]:
    """What currencies a word beside a number, or `behind` it, may name; none where it names none.

    A code in small letters names one where it is no word of some language too. The sign of a
    currency that has no code stands for itself, so that ₿5 is not €5. Under a locale the letters
    and names of its own country's money count too.
    """
    found = _everywhere(word, locales)
    return found | own_currencies(locales).of(word, behind=behind) if locales else found


def is_open_noun(word: str, locales: tuple[str, ...]) -> bool:
    """Whether a word names a country's own money only where no other word follows it."""
    return bool(locales) and sign_key(word) in own_currencies(locales).nouns


def _everywhere(word: str, locales: tuple[str, ...]) -> frozenset[str]:
    key, bare = sign_key(word), word.strip(".'")
    code = len(bare) == 3 and bare.isascii() and bare.isalpha() and key not in SHARED_SIGNS
    if code and not bare.isupper() and key not in _IN_ANY_CASE:
        return frozenset()
    if bare not in _IN_THEIR_CASE.get(key, (bare,)):
        return frozenset()
    letters = key.isascii() and key.isalpha()
    torn = letters and re.search(r"\S[ \u00a0]+\S", word)  # Invoice no. K-332 is no NOK
    found = None if torn else currency_signs(locales).get(key)
    found = found or _by_code_and_sign(word, locales)
    own = len(key) == 1 and key not in _PARTS and unicodedata.category(key) == "Sc"
    return found or (frozenset((key,)) if own else frozenset())


def _by_code_and_sign(word: str, locales: tuple[str, ...]) -> frozenset[str]:
    """What a code and a sign beside each other name, in either order: CAD$, $ CAD, kr NOK."""
    parts = word.replace("\u00a0", " ").strip().split(" ")
    pairs = [(parts[0], parts[1])] if len(parts) == 2 else []
    if len(parts) == 1 and len(word) > 1:
        signed = [(word[:-1], word[-1]), (word[1:], word[0])]
        pairs = [(code, sign) for code, sign in signed if unicodedata.category(sign) == "Sc"]
    for one, other in pairs:
        if both := currencies(one, locales) & currencies(other, locales):
            return both
    return frozenset()


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
