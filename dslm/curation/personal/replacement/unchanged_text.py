"""What is left as it is: what was written in place of a value, and a bare time of arrival.

A surrogate may be another person's name, and that is nobody's secret. Called by
`replace_in_case`, `replace_everywhere` and `leftovers`.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from typing import Any, Protocol, TypeVar

SURELY_OURS = 5  # characters; a shorter surrogate is one only where it stands as a word
_TIME = re.compile(r"(?:[\d\s:.,+\-/TZWtz]|UTC|GMT)*")


class _Span(Protocol):
    @property
    def start(self) -> int: ...

    @property
    def end(self) -> int: ...


Span = TypeVar("Span", bound=_Span)


def outside(found: Iterable[Span], text: str, given: Iterable[str]) -> list[Span]:
    """What is not what was given, nor a part of it, nor half of it."""
    left = list(found)
    if not left:
        return left
    for instead in given:
        if starts := [start for start, _ in _places(text, instead)]:
            left = [one for one in left if not _is_given(one, starts, len(instead))]
            if not left:
                return left
    return left


def _is_given(one: _Span, starts: list[int], length: int) -> bool:
    """Whether what was found is what was given at one of some places, in their order."""
    first, last = bisect_right(starts, one.start - length), bisect_left(starts, one.end)
    return any(_is_ours(one, start, start + length) for start in starts[first:last])


def _is_ours(one: Span, start: int, end: int) -> bool:
    """Whether half of what was found, or more, is what was given."""
    return (min(end, one.end) - max(start, one.start)) * 2 >= one.end - one.start


def _places(text: str, instead: str) -> Iterator[tuple[int, int]]:
    """Where something stands that was given."""
    at = text.find(instead) if instead else -1
    while at >= 0:
        end = at + len(instead)
        if len(instead) >= SURELY_OURS or _is_word(text, at, end):
            yield at, end
        at = text.find(instead, at + 1)


def _is_word(text: str, start: int, end: int) -> bool:
    before, after = text[start - 1 : start], text[end : end + 1]
    return not (before.isalnum() or after.isalnum())


def says_a_time_alone(value: Any) -> bool:
    """Whether what stands for the time of arrival has no other words: "2025-03-04 by Anna" has."""
    return isinstance(value, int | float) or (
        isinstance(value, str) and _TIME.fullmatch(value) is not None
    )
