"""What people of a locale write for the money of their own country: Q, KSh, S/, baht, soles.

Takes CLDR's locales; gives signs, names and the nouns of names with their ISO 4217 codes. Such
letters are words elsewhere, so that they count under their own locale only. Used by `currencies`.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from dslm.contract.text.folding import composed

if TYPE_CHECKING:
    from babel import Locale

# Tender on some day of these years: what a country gave up lately still stands in its papers
_SINCE, _UNTIL = dt.date(2015, 1, 1), dt.date(2030, 1, 1)
_NOT_OF_A_SIGN = re.compile('[. \u00a0"\u05f4\u201c\u201d]')  # quotes stand in ש"ח
_SHORTEST_NAME = 3
_IN_THEIR_CASE = 2  # letters: KM is no km


@dataclass(frozen=True)
class OwnCurrencies:
    """Of some locales.

    Attributes:
        written: Signs of one or two letters, in their own case → codes.
        words: Other signs and names, as `sign_key` looks them up → codes.
        before: Those of one letter that the locales write before a number only: K 5, not 5K.
        nouns: Of longer names, where what follows may say whose: dollars américains.
    """

    written: dict[str, frozenset[str]]
    words: dict[str, frozenset[str]]
    before: frozenset[str]
    nouns: frozenset[str]

    def of(self, word: str, *, behind: bool) -> frozenset[str]:
        """The codes of a word beside a number, `behind` it or before; none where it is no such."""
        if behind and word in self.before:
            return frozenset()
        return self.written.get(word.strip(".'"), frozenset()) | self.words.get(
            sign_key(word), frozenset()
        )


def sign_key(sign: str) -> str:
    """How a currency's sign is looked up."""
    return _NOT_OF_A_SIGN.sub("", composed(sign)).strip("'")


def _territory(locale: Locale) -> str | None:
    """The country of a locale; of a language alone the one that CLDR takes for it."""
    from babel.core import get_global

    if locale.territory:
        return str(locale.territory)
    likely = get_global("likely_subtags").get(str(locale), "")
    return likely.rsplit("_", 1)[-1] or None


def _without_brackets(name: str) -> str:
    return name.split("(", 1)[0].strip()


def _noun_stands_first(locale: Locale) -> bool:
    """Whether names begin with what many share: franc suisse, not Swiss franc."""
    names = [_without_brackets(str(name)).split() for name in locale.currencies.values()]
    several = [parts for parts in names if len(parts) > 1]
    return len({parts[0] for parts in several}) < len({parts[-1] for parts in several})


def _joints(locale: Locale) -> set[str]:
    """What stands between a number and a name: 20 de lei."""
    patterns = locale._data.get("currency_unit_patterns", {}).values()
    between = (str(one).partition("{0}")[2].partition("{1}")[0].strip() for one in patterns)
    return {word for word in between if word}


def _names(locale: Locale, code: str, noun_first: bool) -> tuple[set[str], set[str]]:
    """The names of a currency, and the nouns of those of several words that are none themselves."""
    plural = locale._data["currency_names_plural"].get(code, {})
    full = {str(locale.currencies.get(code, "")), *map(str, plural.values())}
    names = {_without_brackets(name) for name in full}
    nouns = {name.split()[0 if noun_first else -1] for name in names if name}
    long = {
        name for name in names | nouns if len(name) >= (_SHORTEST_NAME if name.isascii() else 2)
    }
    return names & long, (nouns - names) & long


@lru_cache(maxsize=32)
def own_currencies(locales: tuple[str, ...]) -> OwnCurrencies:
    """The signs and names of the money of the locales' countries."""
    from babel import Locale
    from babel.numbers import get_territory_currencies

    before: set[str] = set()
    written: dict[str, set[str]] = defaultdict(set)
    words: dict[str, set[str]] = defaultdict(set)
    open_nouns: set[str] = set()
    for name in locales:
        locale = Locale.parse(name)
        territory = _territory(locale)
        noun_first = _noun_stands_first(locale)
        joints = _joints(locale)
        for code in get_territory_currencies(territory, _SINCE, _UNTIL) if territory else ():
            sign = str(locale.currency_symbols.get(code, code))
            key = sign_key(sign)
            if sign != code and key.isascii() and key.isalpha() and len(key) <= _IN_THEIR_CASE:
                written[sign.strip(".'")].add(code)
                first = locale.currency_formats["standard"].pattern.startswith("¤")
                before |= {sign} if first and len(sign) == 1 else set()
            elif sign != code:
                words[key].add(code)
            names, nouns = _names(locale, code, noun_first)
            for one in names | nouns:
                for joint in ("", *joints):
                    words[sign_key(f"{joint} {one}")].add(code)
            open_nouns |= {sign_key(one) for one in nouns} - {key} if noun_first else set()
    return OwnCurrencies(
        {sign: frozenset(codes) for sign, codes in written.items()},
        {word: frozenset(codes) for word, codes in words.items() if word},
        frozenset(before),
        frozenset(open_nouns),
    )
