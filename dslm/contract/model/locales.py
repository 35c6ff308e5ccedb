"""The contract's `locale`: names that CLDR knows, checked when the contract is read.

The list of names is Babel's; it is asked only where a contract names one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated

from pydantic import AfterValidator

from dslm.settings.did_you_mean import nearest

Locale = str | Sequence[str] | None
_NAME = re.compile(r"[a-z]{2,3}(_[A-Z][a-z]{3})?(_([A-Z]{2}|[0-9]{3}))?(_[A-Z0-9]+)?")
_OF_LANGUAGE = {"no": "nb_NO"}  # of several written languages the one that most mean


def locales_of(locale: Locale) -> tuple[str, ...]:
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
    """Whether CLDR has a locale of that very name, or one that the name is short for: zh_TW."""
    from babel import Locale as Parsed
    from babel import UnknownLocaleError, localedata

    if locale == "root" or not _NAME.fullmatch(locale):
        return False
    if localedata.exists(locale):
        return True
    try:
        Parsed.parse(locale)
    except (UnknownLocaleError, ValueError):
        return False
    return True


def unknown_locale(name: str) -> str | None:
    """What is wrong with a locale's name; None where CLDR knows it."""
    if is_known(name):
        return None
    known = known_locales()
    plain = _OF_LANGUAGE.get(name.partition("_")[0].lower())
    near = plain or nearest(name, known) or nearest(name[:2].lower(), known)
    hint = f"; did you mean {near!r}?" if near else ""
    return f"{name!r} is no locale of CLDR, such as de_DE or en_US{hint}"


def _known(value: str | list[str] | None) -> str | list[str] | None:
    if value is None:
        return None
    named = [name.replace("-", "_") for name in ([value] if isinstance(value, str) else value)]
    if not named:
        raise ValueError("names no locale: leave it out, or name one such as de_DE")
    if problems := [problem for name in named if (problem := unknown_locale(name))]:
        raise ValueError("; ".join(problems))
    return named[0] if isinstance(value, str) else named


KnownLocale = Annotated[str | list[str] | None, AfterValidator(_known)]
