"""All finders that a contract asks for, as one. Made by `replace_in_case` in every worker.

Measured by `tests/bench/personal_scan.py`: every finder first asks something that costs next to
nothing (is there an @, is there a run of digits), and only what passes is parsed and checked.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from functools import partial

from dslm.contract.model.personal_fields import Personal, PersonalKind
from dslm.curation.personal.detectors.bank_accounts import cards, ibans
from dslm.curation.personal.detectors.emails import emails
from dslm.curation.personal.detectors.phone_numbers import phones
from dslm.curation.personal.detectors.presidio_names import analyzer, persons
from dslm.curation.personal.detectors.tax_numbers import taxes
from dslm.curation.personal.found_values import FoundValue, without_overlaps
from dslm.curation.personal.variants.escaped_characters import readings
from dslm.errors import EnvironmentFault, InputError

Find = Callable[[str], Iterable[FoundValue]]
# Six digits that belong together, or an @: less is no value of any kind, and costs no more.
_SIX_DIGITS = re.compile(r"\d(?:\D{0,6}\d){5}")
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63"


class _PlainSigns(dict[int, int]):
    """Digits, dashes, blanks and full-width signs as those of ASCII, each a sign for a sign."""

    def __missing__(self, code: int) -> int:
        char, plain = chr(code), code
        kind = unicodedata.category(char)
        if kind == "Nd":
            plain = ord(str(unicodedata.digit(char)))
        elif kind == "Zs":
            plain = ord(" ")
        elif char in _DASHES:
            plain = ord("-")
        elif 0xFF01 <= code <= 0xFF5E:
            plain = code - 0xFEE0
        self[code] = plain
        return plain


_PLAIN = _PlainSigns()


class Detectors:
    """Finds personal data in texts, by the kinds of a contract."""

    def __init__(self, personal: Personal):
        by_kind: dict[PersonalKind, Find] = {
            "email": emails, "iban": ibans, "card": cards, "tax": taxes,
            "phone": partial(phones, regions=tuple(personal.regions)),
        }  # fmt: skip
        # In this order: of two that overlap the first is kept, and an IBAN holds many numbers.
        self.checked = [find for kind, find in by_kind.items() if kind in personal.kinds]
        self.read: list[Find] = []
        if personal.presidio:
            engine = analyzer(personal.presidio)
            self.read.append(partial(persons, analyzer=engine, language=personal.presidio))

    def __call__(self, text: str) -> list[FoundValue]:
        """Every finding in a text, by place, none overlapping another."""
        found = [finding for one in readings(text) for finding in self._in(one)]
        return without_overlaps(found) if found else found

    def _in(self, text: str) -> list[FoundValue]:
        """Findings in a text; signs of other scripts and of print are read as those of ASCII."""
        plain = text if text.isascii() else text.translate(_PLAIN)
        likely = "@" in plain or _SIX_DIGITS.search(plain)
        found = [one for find in self.checked if likely for one in find(plain)]
        if plain is not text:
            found = [one._replace(text=text[one.start : one.end]) for one in found]
        return found + [one for find in self.read for one in find(text)]


def refuse_missing(personal: Personal) -> None:
    """Everything that the finders need, asked for before any work.

    Raises:
        EnvironmentFault: A library is missing.
        InputError: No numbering plan is known of a region.
    """
    try:
        import phonenumbers
        import stdnum  # noqa: F401
    except ImportError as error:
        raise EnvironmentFault(f"personal data cannot be looked for: {error.name} is not installed",
                         fix="pip install 'dslm[train]'") from None  # fmt: skip
    unknown = sorted(set(personal.regions) - set(phonenumbers.SUPPORTED_REGIONS))
    if unknown:
        raise InputError(
            f"no telephone numbers are known of {', '.join(unknown)}",
            where="data.personal.regions", fix="write ISO 3166 codes, e.g. GB",
        )  # fmt: skip
    if personal.presidio:
        analyzer(personal.presidio)
