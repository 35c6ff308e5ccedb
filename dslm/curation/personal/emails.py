"""Finds e-mail addresses. Called by `finder`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dslm.curation.personal.finding import Finding, Identity

_ADDRESS = re.compile(
    r"(?<![\w+\-])(?<![\w+%'\-]\.)[\w+%'\-]+(?:\.[\w+%'\-]+)*@(?:[^\W_](?:[\w\-]*[^\W_])?\.)+[^\W\d_]{2,24}(?!\w)"
)


def emails(text: str) -> Iterator[Finding]:
    """Every e-mail address; case does not tell two apart."""
    if "@" not in text:
        return
    for match in _ADDRESS.finditer(text):
        value = Identity("email", "", match[0].casefold())
        yield Finding("email", match.start(), match.end(), match[0], value)
