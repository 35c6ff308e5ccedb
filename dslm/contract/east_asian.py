"""Years and days of East Asian dates in ASCII digits: 令和7年, 民國114年, 二〇二五年三月四日.

Takes a text, gives it with these as numbers of the common era. Used by `dates`.
"""

from __future__ import annotations

import re

# The year before an era's first (Japan since 1868; the Republic of China).
_ERAS = {"明治": 1867, "大正": 1911, "昭和": 1925, "平成": 1988, "令和": 2018,
         "民國": 1911, "民国": 1911}  # fmt: skip
_NUMERALS = "〇零一二三四五六七八九"
_ERA = re.compile(rf"({'|'.join(_ERAS)})\s*(\d{{1,3}}|元)\s*年", re.ASCII)
_SPELLED = re.compile(rf"[{_NUMERALS}十]+(?=\s*[年月日])")


def _number(spelled: str) -> str:
    """Numerals in digits, whether by place (二〇二五) or with tens (二十五)."""
    if "十" not in spelled:
        return "".join(str(max(0, _NUMERALS.index(char) - 1)) for char in spelled)
    tens, _, ones = spelled.partition("十")
    if len(tens) > 1 or len(ones) > 1:
        return spelled
    return _number(tens or "一") + (_number(ones) if ones else "0")


def in_digits(text: str) -> str:
    """The text with eras and numerals of dates as the digits of a year, month or day."""
    if "年" not in text and "月" not in text:
        return text
    text = _SPELLED.sub(lambda found: _number(found.group()), text)
    return _ERA.sub(lambda found: f"{_ERAS[found[1]] + int(found[2].replace('元', '1'))}年", text)
