"""Takes the words of dates out of Unicode's CLDR, as Babel ships it.

`words_of` gives what one locale writes in its dates; `write` makes `date_words.json` of those of
`LANGUAGES`. Used by `date_words`, and by the test that makes the file again.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

# Whose months are read whatever the locale; any other locale of CLDR is read when it is given.
LANGUAGES = (
    "en", "en_GB", "de", "de_AT", "fr", "es", "es_PE", "it", "pt", "nl", "pl", "tr", "ja", "zh",
    "zh_Hant", "ru", "uk", "cs", "sk", "sv", "da", "nb", "fi", "hu", "ro", "el", "ar", "ar_SY",
    "ar_MA", "ar_DZ", "he", "hi", "bn", "ko", "vi", "id", "th", "fa", "bg", "hr", "sr", "sr_Latn",
    "sl", "lt", "lv", "et", "ca", "gl", "eu", "is", "mk", "be", "bs", "ka", "hy", "az", "kk",
    "uz", "ta", "te", "mr", "gu", "kn", "ml", "pa", "ur", "ne", "ms", "sq", "af", "sw", "fil",
)  # fmt: skip
_FIELD = re.compile(r"'((?:[^']|'')*)'|([A-Za-z])\2*")
_WIDTHS = ("wide", "abbreviated")


def _pieces(pattern: str) -> list[tuple[str, str]]:
    """A CLDR date pattern as (field, literal) pairs; one of the two is empty."""
    pieces, end = [], 0
    for match in _FIELD.finditer(pattern):
        if match.start() > end:
            pieces.append(("", pattern[end : match.start()]))
        letter = match.group(2)
        pieces.append((letter, "") if letter else ("", (match.group(1) or "'").replace("''", "'")))
        end = match.end()
    return [*pieces, ("", pattern[end:])] if end < len(pattern) else pieces


def _written(pattern: str, field: str, name: str) -> str:
    """What a pattern says of one field: its name with all letters that are written together."""
    parts = [literal or (name if letter in field else "0") for letter, literal in _pieces(pattern)]
    text = "".join(parts)
    at = text.find(name)
    start = max(text.rfind(c, 0, at) for c in "0 \u00a0\u202f,.-") + 1
    ends = (text.find(c, at + len(name)) for c in "0 \u00a0\u202f,-")
    return text[start : min((e for e in ends if e >= 0), default=len(text))]


def words_of(locale: str) -> dict[str, Any]:
    """The words of one CLDR locale's dates.

    Returns:
        `months`, twelve lists of names, with what is written together with them; `between` and
        `around`, what stands between and beside the numbers.
    """
    from babel import Locale

    known = Locale.parse(locale)
    patterns = [known.date_formats[form].pattern for form in ("medium", "long", "full")]
    months: list[set[str]] = [set() for _ in range(12)]
    around: set[str] = set()
    for context in ("format", "stand-alone"):
        for width in _WIDTHS:
            for number, name in known.months[context][width].items():
                if any(map(str.isdigit, name)):
                    continue  # 3月, tháng 3: read as numbers
                forms = {_written(p, "ML", name) for p in patterns if "MMM" in p or "LLL" in p}
                months[number - 1] |= {name, *forms}
            for name in known.days[context][width].values():
                around |= {name, *(_written(p, "Ec", name) for p in patterns if "E" in p)}
    literals = {text for p in patterns for letter, text in _pieces(p) if not letter}
    eras = {known.eras[width][1] for width in _WIDTHS}  # 0 is before Christ
    between = literals | (eras if any("G" in p for p in patterns) else set())
    return {
        "months": [sorted(names) for names in months],
        "between": sorted(text for text in between if any(map(str.isalpha, text))),
        "around": sorted(around),
    }


def write(path: Path) -> None:
    """Make the file of all `LANGUAGES` anew."""
    table = {language: words_of(language) for language in LANGUAGES}
    rows = (f"{json.dumps(k)}: {json.dumps(v, ensure_ascii=False)}" for k, v in table.items())
    path.write_text("{\n" + ",\n".join(rows) + "\n}\n", "utf-8")
