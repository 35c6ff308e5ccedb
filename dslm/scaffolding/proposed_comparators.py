"""Proposes how a field's labels are compared, for `dslm init`.

Takes an inferred schema and the sample's labels; gives the comparator's name. No proposal makes two
labels of the sample one that a person would keep apart: `0017` and `17`, `1.1` and `1.10`, two
times of a day, the grades `A-` and `A`, the ranges `1-2` and `12`, the paragraphs `1(2)` and `12`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Any

from dslm.contract.dates import date_readings, found_dates
from dslm.contract.numbers import readings_of
from dslm.contract.text.characters import plain_characters
from dslm.contract.text.folding import fold

READ_SHARE = 0.95  # of the labels that must read as a number or day

_LEADING_ZERO = re.compile(r"(?<!\d)(?<![.,])(?<!\d[' \u00a0\u066b\u066c])0+\d", re.ASCII)
_EXPONENT = re.compile(r"\d+[eE]\d+\Z", re.ASCII)  # 12E4 is a code; str() of a float writes 1e-05
_PLAIN = re.compile(r"\d+(?:\.(\d+))?\Z", re.ASCII)
# Folding drops these: between digits they part a range or a paragraph, at an end they may be a sign
_TELLING = re.compile(
    r"(?<=\d)\s*[-\u2010-\u2015\u2212'\u2019_()\[\]{}\"]+\s*(?=\d)|\A\s*[-\u2010-\u2015\u2212]"
    r"|[-\u2010-\u2015\u2212]\s*\Z"
)
_KEPT = "\u2192"  # a symbol that folding keeps


def comparator(schema: Mapping[str, Any], values: Sequence[Any]) -> str | None:
    """How to compare a field; None means exactly.

    Args:
        schema: As inferred.
        values: All non-null values of the field.
    """
    kind = schema.get("type")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "array":
        return "set" if _order_is_free(values) else "list"
    if kind == "number":
        return "decimal"
    if kind != "string":
        return None
    texts = [str(value) for value in values]
    if _mostly(texts, readings_of) and not _are_names(texts):
        return "decimal"
    if _mostly(texts, date_readings) and not (_are_digits(texts) or any(map(_has_time, texts))):
        return "date"
    return "text" if _folds_apart(texts) else None


def _mostly(texts: Sequence[str], reads: Callable[[str], object]) -> bool:
    return sum(bool(reads(text)) for text in texts) >= READ_SHARE * len(texts)


def _are_digits(texts: Iterable[str]) -> bool:
    """Digits alone are as often a number of something: 0017 is not 17."""
    return all(text.strip().isdigit() for text in texts)


def _are_names(texts: Sequence[str]) -> bool:
    """Whether labels that read as numbers are numbers of something: items, versions, codes."""
    plain = [plain_characters(text).strip() for text in texts]
    if any(_LEADING_ZERO.search(text) or _EXPONENT.match(text) for text in plain):
        return True
    return _are_digits(plain) or _are_versions(plain)


def _are_versions(texts: Iterable[str]) -> bool:
    """1.9, 1.10: amounts have as many decimals each, or none that could go."""
    matches = [match for text in texts if (match := _PLAIN.match(text))]
    decimals = [match[1] or "" for match in matches]
    several = len({len(one) for one in decimals if one}) > 1
    return several and any(one.endswith("0") for one in decimals)


def _has_time(text: str) -> bool:
    """Whether a label says more than its day; midnight says no more."""
    spans = [(found.start, found.end) for found in found_dates(text)]
    if not spans:  # 2025-W10-2
        return "T" in text
    return any(
        unicodedata.digit(char, 0) and not any(start <= place < end for start, end in spans)
        for place, char in enumerate(text)
    )


def _folds_apart(texts: Iterable[str]) -> bool:
    """Whether folding makes no two labels one that differ in a sign or the parts of a range."""
    return _tells_apart((fold(text), fold(_TELLING.sub(_KEPT, text))) for text in texts)


def _order_is_free(lists: Sequence[Any]) -> bool:
    """Whether lists of numbers stay apart as sets: places and sizes do not, tags do."""
    if not any(type(item) in (int, float) for one in lists for item in one):
        return True
    pairs = [(tuple(map(repr, one)), frozenset(map(repr, one))) for one in lists]
    return _tells_apart((loose, strict) for strict, loose in pairs)


def _tells_apart(pairs: Iterable[tuple[Hashable, Hashable]]) -> bool:
    """Whether nothing that is the same loosely (the first) differs strictly (the second)."""
    seen: dict[Hashable, Hashable] = {}
    return all(seen.setdefault(loose, strict) == strict for loose, strict in pairs)
