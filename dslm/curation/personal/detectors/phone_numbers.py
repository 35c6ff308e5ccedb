"""Finds telephone numbers: candidates by shape, then the numbering plans of `phonenumbers`.

A number with its country code stands by itself. Without one it must be valid in a region of the
contract, and be named as a telephone ("Tel. 030 …") or written like one and not named as something
else: invoice numbers, dates and amounts are digits too. Called by `all_detectors`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from dslm.curation.personal.found_values import FoundValue, Identity
from dslm.curation.personal.variants.value_separators import digits_of

# Two blanks part the columns of a table.
_GAP = r"(?:(?![ \u00a0\u202f]{2})[ \u00a0\u202f./()\-–]){0,3}"
_CANDIDATE = re.compile(
    rf"(?<![\w+])(?<!\d[.,/\-])(?:\+|\(\+?|(?=\d))\d(?:{_GAP}\d){{6,20}}(?!\w|%|[.,]\d| ?[€$£])"
)
_START = re.compile(r"(?:^|(?<=[ \u00a0\u202f]))[+(\d]")
_CUE = re.compile(
    r"(?i)(?<![^\W\d_])(?:t[ée]l|t[ée]l[ée]phone?|phone|fon|ph|mobil|cell|handy|fax|call|"
    r"ring|anruf|ruf|hotline|whatsapp|sms|portable|appel|durchwahl|rückfragen|contact|reach)"
    r"(?:efon|phone|nummern?|numbers?|nr|no|e|s| us)?(?![^\W\d_])[^\d\n]{0,20}$"
)
_OTHER = re.compile(
    r"(?i)(?:n[ro°º]\.?|num(?:mer|ber|[ée]ro)|invoice|rechnung|facture|order|bestell\w*|auftrag|"
    r"commande|kunden\w*|customer|client|ref\w*|angebot|quote|devis|#|iban|bic|konto|kto|account|"
    r"compte|steuer|ust|vat|tva|sire[nt]|(?<!\w)id|eur|usd|[€$£]|total|summe|betrag|amount|montant|"
    r"dat[eu]m?|vom|vorgang|case|ticket|doc\w*|card|karte|carte)[^\d\n]{0,12}$"
)
_AMONG_DIGITS = re.compile(r"\d[ \u00a0\u202f]?$")
_DATE = re.compile(r"\d{1,2}[./\-]\d{1,2}[./\-](?:19|20)\d\d(?!\d)|(?:19|20)\d\d-\d\d-\d\d(?!\d)")
_NANP = re.compile(r"(?:\(\d{3}\) ?|\d{3}[ .\-])\d{3}[ .\-]\d{4}")
# How an unnamed number begins, or is grouped; a date alone does not.
_POSSIBLE = re.compile(
    r"(?:^|[ \u00a0\u202f])(?:[+(]|0(?!\d?[./\-]\d{1,2}[./\-](?:19|20)\d\d))|"
    r"\d{3}[ .\-]\d{3}[ .\-]\d{4}"
)
_BEFORE = 40
FEWEST, MOST, FEWEST_UNNAMED = 7, 15, 9
LONGEST_AREA, SHORTEST_GROUP = 6, 2


def phones(text: str, regions: Sequence[str]) -> Iterator[FoundValue]:
    """Every telephone number.

    Args:
        text: Where to look.
        regions: Countries in which a number without a country code may be, the likelier first.
    """
    for match in _CANDIDATE.finditer(text):
        if _POSSIBLE.search(match[0]) or _named(text, match.start()):
            yield from _within(text, match.start(), match.end(), regions)


def _named(text: str, start: int) -> bool:
    return _CUE.search(text[max(0, start - _BEFORE) : start]) is not None


def _within(text: str, start: int, end: int, regions: Sequence[str]) -> Iterator[FoundValue]:
    """Numbers in one run of digits: the longest, from the left; others may stand beside it."""
    run = text[start:end]
    starts = [m.start() for m in _START.finditer(run)]
    ends = [m.start() for m in re.finditer(r"[ \u00a0\u202f]", run)]
    free = 0
    for first in starts:
        if first < free:
            continue
        for last in [len(run), *reversed(ends)]:
            if last <= first:
                break
            made = _phone(text, start + first, start + last, regions)
            if made:
                yield made
                free = last
                break


def _phone(text: str, start: int, end: int, regions: Sequence[str]) -> FoundValue | None:
    spelled = text[start:end]
    digits = digits_of(spelled)
    if not FEWEST <= len(digits) <= MOST or _DATE.search(spelled):
        return None
    if spelled.count("(") != spelled.count(")"):
        return None
    if spelled.startswith(("+", "(+")):
        return _valid(text, start, end, None, certain=True)
    before = text[max(0, start - _BEFORE) : start]
    if not _named(text, start) and (
        _OTHER.search(before) or _AMONG_DIGITS.search(before) or not _like_a_phone(spelled, digits)
    ):
        return None
    if digits.startswith("00"):
        return _valid(text, start, end, None, certain=False)
    for region in regions:
        if made := _valid(text, start, end, region, certain=False):
            return made
    return None


def _like_a_phone(spelled: str, digits: str) -> bool:
    """Whether the groups are those of a telephone number: (0)30 123 45 67, 555-234-5678."""
    if _NANP.fullmatch(spelled):
        return True
    if digits[0] != "0" or len(digits) < FEWEST_UNNAMED:
        return False
    groups, gaps = re.findall(r"\d+", spelled), re.findall(r"(?<=\d)\D+(?=\d)", spelled)
    alike = bool(gaps) and len(set(gaps[1:])) <= 1
    return alike and len(groups[0]) <= LONGEST_AREA and len(groups[-1]) >= SHORTEST_GROUP


def _valid(
    text: str, start: int, end: int, region: str | None, *, certain: bool
) -> FoundValue | None:
    import phonenumbers

    spelled = text[start:end]
    plain = spelled.replace("(0)", "") if region is None else spelled
    if region is None and not certain:
        plain = "+" + digits_of(plain)[2:]
    try:
        number = phonenumbers.parse(plain, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    if region is not None and phonenumbers.region_code_for_number(number) != region:
        return None
    national = phonenumbers.national_significant_number(number)
    if not digits_of(spelled).endswith(national):
        return None
    value = Identity("phone", str(number.country_code), national)
    return FoundValue("phone", start, end, spelled, value, certain=certain)
