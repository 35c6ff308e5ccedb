"""How some locales write days where a form alone does not say: order, calendar, language.

Takes the contract's locales (`de_DE`, `en-US`); gives `Customs` to the readers of dates. Asks CLDR,
as Babel ships it, only where a locale is given.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from dslm.errors import InputError

PIVOT = 69  # POSIX: years 69 to 99 are of the 1900s, 00 to 68 of the 2000s
BUDDHIST = 543  # what Thailand counts more
TAIWAN = 1911
BUDDHIST_YEARS = range(2400, 2700)
# The Persian and the Islamic calendar of today; a reading by ours would be another day
OTHER_CALENDARS = range(1200, 1600)
OF_OTHER_CALENDARS = frozenset(("fa", "ps", "ckb", "ar", "uz_Arab"))


@dataclass(frozen=True)
class Customs:
    """What locales settle.

    Attributes:
        locales: Their CLDR names.
        orders: In which they write days in numbers (`dmy`, `mdy`, `ymd`); empty for no locale.
        languages: Their names and their languages.
    """

    locales: tuple[str, ...] = ()
    orders: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()

    @property
    def thai(self) -> bool:
        """Whether years may be of the Buddhist era."""
        return "th" in self.languages

    @property
    def taiwan(self) -> bool:
        """Whether years may be counted from 1912."""
        return "zh_Hant_TW" in self.languages or "zh_Hant" in self.locales

    @property
    def japan(self) -> bool:
        """Whether R7 may be a year."""
        return "ja" in self.languages

    def years(self, digits: str, *, thai: bool = False) -> tuple[int, ...]:
        """What digits may mean as a year.

        Args:
            digits: As they stand, two to four.
            thai: Whether the month is a Thai word.
        """
        year = int(digits)
        if len(digits) == 2:
            buddhist = (year + 2500 - BUDDHIST,) if thai or self.thai else ()
            return buddhist if thai else (year + (1900 if year >= PIVOT else 2000), *buddhist)
        if len(digits) == 3:
            return (year + TAIWAN,) if self.taiwan else ()
        if year in BUDDHIST_YEARS and (thai or self.thai):
            return (year - BUDDHIST,)
        if year in OTHER_CALENDARS and self.languages & OF_OTHER_CALENDARS:
            return ()
        return (year,)


NO_LOCALE = Customs()


def customs(locale: str | Sequence[str] | None) -> Customs:
    """The customs of one locale, of several or of none.

    Raises:
        InputError: CLDR knows no such locale.
    """
    if not locale:
        return NO_LOCALE
    return _customs((locale,) if isinstance(locale, str) else tuple(locale))


@lru_cache(maxsize=64)
def _customs(names: tuple[str, ...]) -> Customs:
    from babel import Locale, UnknownLocaleError

    locales, orders, languages = [], set(), set()
    for name in names:
        try:
            known = Locale.parse(name.replace("-", "_"))
        except (UnknownLocaleError, ValueError) as error:
            raise InputError(
                f"no locale of Unicode's CLDR: {name!r}",
                fix="name a language with its country, such as de_DE or en_US",
            ) from error
        pattern = re.sub(r"'[^']*'", "", known.date_formats["short"].pattern)
        orders.add("".join(dict.fromkeys(c for c in pattern.lower() if c in "dmy")))
        locales.append(str(known))
        languages |= {str(known), known.language}
    return Customs(tuple(locales), frozenset(orders), frozenset(languages))
