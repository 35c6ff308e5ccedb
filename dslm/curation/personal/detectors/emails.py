"""Finds e-mail addresses. Called by `all_detectors`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dslm.curation.personal.found_values import FoundValue, Identity

_ADDRESS = re.compile(
    r"(?<![\w+\-])(?<![\w+%'\-]\.)[\w+%'\-]+(?:\.[\w+%'\-]+)*@(?:[^\W_](?:[\w\-]*[^\W_])?\.)+[^\W\d_]{2,24}(?!\w)"
)


def emails(text: str) -> Iterator[FoundValue]:
    """Every e-mail address; case does not tell two apart."""
    if "@" not in text:
        return
    for match in _ADDRESS.finditer(text):
        value = Identity("email", "", match[0].casefold())
        yield FoundValue("email", match.start(), match.end(), match[0], value)
