"""Finds tax numbers of persons and firms, by their check digits. Called by `all_detectors`.

EU and UK VAT numbers with their country prefix; German Steuer-ID, French NIF, SIREN and SIRET, UK
UTR and NINO, US SSN. Nine or ten digits pass a check of one digit by chance one time in ten: such
a number counts only behind its name ("SIREN 732 829 320") or in its own grouping.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache

from dslm.curation.personal.found_values import FoundValue, Identity
from dslm.curation.personal.variants.value_separators import end_of, joined

# Letters and digits behind the prefix, longest first (European Commission, VIES).
VAT_LENGTHS = {
    "AT": (9,), "BE": (10,), "BG": (10, 9), "CY": (9,), "CZ": (10, 9, 8), "DE": (9,), "DK": (8,),
    "EE": (9,), "EL": (9,), "ES": (9,), "FI": (8,), "FR": (11,), "GB": (12, 9), "HR": (11,),
    "HU": (8,), "IE": (9, 8), "IT": (11,), "LT": (12, 9), "LU": (8,), "LV": (11,), "MT": (8,),
    "NL": (12,), "PL": (10,), "PT": (9,), "RO": (10, 9, 8, 7, 6), "SE": (12,), "SI": (8,),
    "SK": (10,), "XI": (12, 9),
}  # fmt: skip
_VAT = re.compile(rf"(?<!\w)({'|'.join(VAT_LENGTHS)})[ \u00a0.\-:]?(?=[A-Z]{{0,2}}\d)")
_BETWEEN = r"[^\d\n]{0,24}?"
_SEP = r"[ \u00a0.\-/]?"


def _behind(names: str, digits: int) -> re.Pattern[str]:
    number = rf"\d(?:{_SEP}\d){{{digits - 1}}}"
    return re.compile(rf"(?i)(?<![^\W\d_])(?:{names}){_BETWEEN}(?<!\d)({number})(?!\w)")


def _alone(number: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w.,\-])({number})(?!\w|[ .,\-]\d)")


# Which words name the number; a text without any of them is not looked at further.
_NAMED: tuple[tuple[str, tuple[str, ...], re.Pattern[str]], ...] = (
    ("de_idnr", ("steuer", "idnr", "id-nr", "tax id", "tin"),
     _behind(r"steuer\W?id\w*|steuerliche\s+identi\w+|id\W?nr|tax\W?id|tin", 11)),
    ("fr_nif", ("nif", "fiscal", "spi", "tin"),
     _behind(r"nif|num[ée]ro\s+fiscal|(?:identifiant|r[ée]f[ée]rence)\s+fiscale?|spi|tin", 13)),
    ("fr_siret", ("siret",), _behind("siret", 14)),
    ("fr_siren", ("siren", "rcs"), _behind("siren|rcs", 9)),
    ("gb_utr", ("utr", "taxpayer", "tax ref"), _behind(r"utr|unique\s+taxpayer|tax\s+ref", 10)),
    ("us_ssn", ("ssn", "social security"), _behind(r"ssn|social\s+security", 9)),
)  # fmt: skip
_GROUPED = (
    ("de_idnr", _alone(r"\d{2}[ \u00a0]\d{3}[ \u00a0]\d{3}[ \u00a0]\d{3}")),
    ("fr_nif", _alone(r"\d{2}[ \u00a0]\d{2}[ \u00a0]\d{3}[ \u00a0]\d{3}[ \u00a0]\d{3}")),
    ("us_ssn", _alone(r"\d{3}-\d{2}-\d{4}")),
)
# HM Revenue & Customs, NIM39110: which prefixes exist; it has no check digit.
_NINO = re.compile(
    r"(?<!\w)(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]"
    r"(?:[ \-]?\d\d){3}[ \-]?[A-D](?!\w)"
)


# What all of the patterns have that look for a number without its name, each cheap to look for.
_LETTERED = re.compile(r"(?<!\w)[A-Z]{2}[ \u00a0.\-:]?[A-Z]{0,2}\d")
_IN_GROUPS = re.compile(r"\d\d[ \u00a0\-]\d\d\d?[ \u00a0\-]\d\d\d")


@lru_cache(maxsize=1)
def tax_checks() -> dict[str, Callable[[str], bool]]:
    """By form: whether a number without separators is valid."""
    from stdnum.de import idnr
    from stdnum.eu import vat as eu_vat
    from stdnum.fr import nif, siren, siret
    from stdnum.gb import utr
    from stdnum.gb import vat as gb_vat
    from stdnum.us import ssn

    return {
        "vat": lambda n: (gb_vat if n.startswith("GB") else eu_vat).is_valid(n),
        "de_idnr": idnr.is_valid,
        "fr_nif": nif.is_valid,
        "fr_siren": siren.is_valid,
        "fr_siret": siret.is_valid,
        "gb_utr": utr.is_valid,
        "gb_nino": lambda n: bool(_NINO.fullmatch(n)),
        "us_ssn": ssn.is_valid,
    }


def taxes(text: str) -> Iterator[FoundValue]:
    """Every tax number that its form's check finds valid."""
    lower = text.lower()
    for form, words, pattern in _NAMED:
        if any(map(lower.__contains__, words)):
            for match in pattern.finditer(text):
                yield from _checked(form, text, match.start(1), match.end(1), certain=False)
    if _IN_GROUPS.search(text):
        for form, pattern in _GROUPED:
            for match in pattern.finditer(text):
                yield from _checked(form, text, *match.span(1), certain=form == "us_ssn")
    if _LETTERED.search(text):
        yield from _vats(text)
        for match in _NINO.finditer(text):
            yield from _checked("gb_nino", text, *match.span())


def _vats(text: str) -> Iterator[FoundValue]:
    for match in _VAT.finditer(text):
        for length in VAT_LENGTHS[match[1]]:
            end = end_of(text, match.end(), length)
            if found := list(_checked("vat", text, match.start(), end)):
                yield from found
                break


def _checked(
    form: str, text: str, start: int, end: int, *, certain: bool = True
) -> Iterator[FoundValue]:
    spelled = text[start:end] if end > 0 else ""
    value = joined(spelled).upper()
    if value and tax_checks()[form](value):
        yield FoundValue("tax", start, end, spelled, Identity("tax", form, value), certain=certain)
