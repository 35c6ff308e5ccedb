"""What may name a case or a group, and the one form that it then has.

An id or group is text, composed (NFC) and without blanks around it, or a whole number, which is its
digits: 7, 7.0 and "7" are one. Nothing else names anything: what `str` makes of an object or a list
depends on how it was written. Of a group's name neither letter case nor blanks count. Called by
curation, scoring, evidence, erasure and `dslm.scaffolding`.
"""

from __future__ import annotations

import unicodedata
from typing import Any

from dslm.contract.text.folding import composed

_EXACT = 1 << 53  # floats beyond do not tell whole numbers apart


class NoName(ValueError):
    """A value that names nothing; says what it is instead."""


def identifier(value: Any) -> str | None:
    """A value as the name of a case or a group; None where there is none.

    Raises:
        NoName: It is neither text nor a whole number.
    """
    if value is None:
        return None
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value.strip()) or None
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT:
        return str(int(value))
    shown = {bool: "true or false", list: "a list", dict: "an object",
             float: "a number that is not whole, or too large to be exact"}  # fmt: skip
    kind = shown.get(type(value), type(value).__name__)
    raise NoName(f"is {kind}, and no text or whole number")


def group_key(value: object) -> str:
    """A group's name, case, composition and blanks folded; empty for none.

    Raises:
        NoName: It is neither text nor a whole number.
    """
    name = identifier(value) or ""
    return " ".join(composed(name).split())
