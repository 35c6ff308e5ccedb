"""Amounts whose decimal sign is no point or comma, or that a dash closes: 12€50, 12'50 €, ¥1,234-.

Takes a text in plain characters; gives it with U+066B, which is a decimal sign everywhere, in their
place, and a blank in that of the dash. Used by `number_reader`.
"""

from __future__ import annotations

import re

_DECIMAL = "\u066b"
_DIGITS = r"(?<![€\d.'])(?<!\d,)\d[\d.,']*"
_WHOLE = rf"(?<!:){_DIGITS}"
_EURO = re.compile(rf"({_DIGITS})€(?=\d\d(?![\d€]|[.:]\d|,\d+[ \u00a0]?€|[ \u00a0]€))")
# As Spaniards write: 12'50 €; not 1'234 €, 5'10"
_APOSTROPHE = re.compile(
    r"(?<![\d.,'])(\d{1,3}(?:\.\d{3})+|\d{1,9})'(?=\d\d[ \u00a0]?(?:€|(?:EUR|[Ee]uros?)(?![^\W_])))"
    r"|(?<=€)([ \u00a0]?\d{1,9})'(?=\d\d(?!\d|[.,']\d))"
)
_CENTS_BEHIND = re.compile(r"'\d\d(?!\d)")
_KRONOR = r"(?:kr|kronor|kroner|SEK|NOK|DKK)"
# As Swedes write
_BEFORE_KRONOR = re.compile(
    rf"({_WHOLE}):(\d\d)(?=[ \u00a0]?{_KRONOR}(?![^\W_])(\.?[ \u00a0]?\d)?)"
)
_BEHIND_KRONOR = re.compile(
    rf"((?<![^\W_])(?<!\d[ \u00a0]){_KRONOR}\.?[ \u00a0]?\d[\d.,']*):(?=\d\d(?![\d:]))"
)
# That no digit is added behind: ¥12,345-, 12,345円―; not of ¥100-¥200
_CLOSED = re.compile(
    "([¥￥₩￦][ \u00a0]?[0-9][0-9,]*|[0-9][円원])[-\u2212\u2014\u2015ー](?![\\w¥￥₩￦\\-\u2212])"
)
_YEN_AND_WON = "¥￥₩￦円원"
_LAST_HOUR, _LAST_MINUTE = 24, 59


def _pointed(found: re.Match[str]) -> str:
    """Kronor and öre; at 10:50 kr 5 a time."""
    whole, cents, amount_behind = found.groups()
    may_be_time = len(whole) <= 2 and int(whole) <= _LAST_HOUR and int(cents) <= _LAST_MINUTE
    return found.group() if may_be_time and amount_behind else f"{whole}{_DECIMAL}{cents}"


def with_decimal_signs(text: str) -> str:
    """The text with such decimal signs and no closing dash; every character keeps its place."""
    if "€" in text:
        text = _EURO.sub(rf"\1{_DECIMAL}", text)
    if any(sign in text for sign in _YEN_AND_WON):
        text = _CLOSED.sub(r"\1 ", text)
    if _CENTS_BEHIND.search(text):
        text = _APOSTROPHE.sub(lambda found: f"{found[1] or found[2]}{_DECIMAL}", text)
    if ":" in text:
        text = _BEFORE_KRONOR.sub(_pointed, text)
        text = _BEHIND_KRONOR.sub(rf"\1{_DECIMAL}", text)
    return text
