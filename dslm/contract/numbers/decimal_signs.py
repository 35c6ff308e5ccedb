"""Amounts whose decimal sign is neither point nor comma: 12€50, 1234:50 kr.

Takes a text in plain characters; gives it with U+066B, which is a decimal sign everywhere, in their
place. Every digit's place stays within its amount. Used by `reading`.
"""

from __future__ import annotations

import re

_DECIMAL = "\u066b"
_WHOLE = r"(?<![€:\d.,'])\d[\d.,']*"
_EURO = re.compile(rf"({_WHOLE})€(\d\d)(?![\d€]|[.,:]\d|[ \u00a0]€)")
_KRONOR = r"(?:kr|kronor|kroner|SEK|NOK|DKK)"
# As Swedes write; not: kl 10:50 kr 5
_COLON = re.compile(
    rf"({_WHOLE}):(?=\d\d[ \u00a0]?{_KRONOR}(?![^\W_])(?!\.?[ \u00a0]?\d))"
    rf"|(?<![^\W_])(?<!\d[ \u00a0])({_KRONOR}\.?[ \u00a0]?\d[\d.,']*):(?=\d\d(?![\d:]))"
)


def with_decimal_signs(text: str) -> str:
    """The text with a decimal sign before such cents; of the same length."""
    if "€" in text:
        text = _EURO.sub(rf"\1{_DECIMAL}\2€", text)
    if ":" in text:
        text = _COLON.sub(lambda found: (found[1] or found[2]) + _DECIMAL, text)
    return text
