"""What stands between the digits of a number in some locales, by Unicode's CLDR as Babel ships it.

Used by `number_reader` where a form alone does not say whether a point or comma groups or ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache


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
