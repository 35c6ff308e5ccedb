"""Finds e-mail addresses. Called by `all_detectors`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dslm.curation.personal.found_values import FoundValue, Identity

_ADDRESS = re.compile(
    r"(?<![\w+\-])(?<![\w+%'\-]\.)[\w+%'\-]+(?:\.[\w+%'\-]+)*@(?:[^\W_](?:[\w\-]*[^\W_])?\.)+[^\W\d_]{2,24}(?!\w)"
)


# Letters of other scripts touch an address where no blank parts words, or an ending grows on; not
# Greek and Cyrillic ones, which look like Latin ones.
_GROWN_BEFORE = re.compile(r"[^@]*[^\x00-\u052f](?=[A-Za-z0-9_][\x00-\u052f]*@)")
_GROWN_BEHIND = re.compile(r"(?<=\.)([A-Za-z]{2,24})[^\x00-\u052f]+$")


def emails(text: str) -> Iterator[FoundValue]:
    """Every e-mail address; case does not tell two apart."""
    if "@" not in text:
        return
    for match in _ADDRESS.finditer(text):
        before, behind = _GROWN_BEFORE.match(match[0]), _GROWN_BEHIND.search(match[0])
        start = match.start() + (before.end() if before else 0)
        end = match.start() + behind.end(1) if behind else match.end()
        said = text[start:end]
        yield FoundValue("email", start, end, said, Identity("email", "", said.casefold()))
