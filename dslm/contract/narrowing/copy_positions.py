"""The places in an input where a copy may start or end: where grounding lets words do so.

Takes an input's text; gives its places, each in the text and in what folding sees of it, by the
same functions that grounding asks. Used by `copy_grammar` and `uncopied_values`.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from unicodedata import category

from dslm.contract.text.characters import MINUS, ignorable, is_mark
from dslm.contract.text.folding import (
    composed,
    fold,
    folded,
    folded_seen,
    placed,
    with_gaps,
)
from dslm.contract.text.word_search import may_end, may_start, occurrences, origin

# Within letters and digits of ASCII no word starts or ends.
_CLUSTERS = re.compile("[A-Za-z0-9]+|[^A-Za-z0-9]")


@dataclass(frozen=True)
class Place:
    """A place between two characters of a text.

    Attributes:
        at: Where it is.
        first: Of what folding sees, where the first character behind it stands that means
            something: the 株 of ㈱, which is (株) there.
        last: Where the last one before it ends.
        starts: Whether a copy may start here.
        ends: Whether one may end here.
    """

    at: int
    first: int
    last: int
    starts: bool
    ends: bool


@dataclass(frozen=True)
class Copyable:
    """A text with its blanks as one, and the places in it where a copy may start or end.

    Attributes:
        text: The text.
        seen: What folding sees of it before separators go.
        places: In order; a copy may start or end at each, or both.
        walls: Where the places are that a control character follows: no copy reaches across.
    """

    text: str
    seen: str
    places: tuple[Place, ...]
    walls: frozenset[int]

    @property
    def shortest(self) -> int:
        """Characters of the shortest copy; 0 where there is none."""
        least, end = 0, None
        for place in reversed(self.places):
            if place.at in self.walls:
                end = None
            if place.starts and end is not None:
                least = min(least or end - place.at, end - place.at)
            if place.ends:
                end = place.at
        return least


@lru_cache(maxsize=4)
def copyable(text: str) -> Copyable:
    """The places of a text where grounding lets words start and end."""
    text = re.sub(r"\s+", " ", text).strip()
    places: list[Place] = []
    seen, steps = _aligned(text)
    before = 0
    for (at, here), (_, after) in pairwise([*steps, (len(text), len(seen))]):
        first, last = _first(seen, here, after), _last(seen, before, here)
        starts = first < len(seen) and _begins(seen, first) and may_start(seen, first)
        starts = starts and not (
            seen[first] == "^" != text[at]
        )  # the ½ of 38½ means that only there
        ends = last > 0 and _closes(seen, last - 1) and may_end(seen, last)
        if starts or ends:
            places.append(Place(at, first, last, starts, ends))
        before = here
    controls = [n for n, char in enumerate(text) if category(char) in ("Cc", "Cs")]
    pairs = pairwise(places) if controls else ()
    walls = {a.at for a, b in pairs if bisect_left(controls, a.at) < bisect_left(controls, b.at)}
    return Copyable(text, seen, tuple(places), frozenset(walls))


def _first(seen: str, start: int, end: int) -> int:
    """Where what one character is composed to begins to mean something, if it does."""
    while start < end - 1 and not _means_something(seen[start]):
        start += 1
    return start


def _last(seen: str, start: int, end: int) -> int:
    """Where it ends to."""
    while start < end - 1 and not _means_something(seen[end - 1]):
        end -= 1
    return end


def _begins(seen: str, place: int) -> bool:
    """Whether a character carries meaning as a copy's first one, as it does where it stands."""
    if seen[place] == MINUS:
        return not seen[place - 1 : place].isdigit() and not seen[place + 1 : place + 2].isspace()
    return _means_something(seen[place])


def _closes(seen: str, place: int) -> bool:
    """The same of a copy's last character: a point between digits is none at the end."""
    if seen[place] == MINUS:
        before, after = seen[place - 1 : place], seen[place + 1 : place + 2]
        return before.isdigit() or (before.isalpha() and not after.isdigit())  # O−
    return _means_something(seen[place])


@lru_cache(maxsize=1 << 14)
def _means_something(char: str) -> bool:
    return bool(fold(char))


def _aligned(text: str) -> tuple[str, list[tuple[int, int]]]:
    """What folding sees of a text, and which places of both belong together.

    Where a character is composed otherwise than it is alone (10²), the run without blanks that it
    stands in has its two ends only.
    """
    steps: list[tuple[int, int]] = []
    made: list[str] = []
    at = seen = 0
    for run in _runs(text):
        for part, one in _parts(run):
            if one:  # what is not seen goes with what stands before it
                steps.append((at, seen))
                made.append(one)
            at, seen = at + len(part), seen + len(one)
    whole = composed(text)
    if "".join(made) != whole:
        return placed(whole), [(0, 0), (len(text), len(placed(whole)))]
    return _with_noughts(whole, [*steps, (at, seen)])


@lru_cache(maxsize=1 << 14)
def _parts(run: str) -> tuple[tuple[str, str], ...]:
    """The parts of a run, each with what it is composed to."""
    if run.isascii():
        return tuple((part, part.lower()) for part in _CLUSTERS.findall(run))
    parts, whole = list(_clusters(run)), composed(run)
    alone = [_composed(part, before) for before, part in zip(["", *parts], parts, strict=False)]
    return tuple(zip(parts, alone, strict=True)) if "".join(alone) == whole else ((run, whole),)


def _composed(part: str, before: str) -> str:
    """What a part is composed to behind another: a power keeps apart from a digit, 38½."""
    if part.isascii() or not before[-1:].isdecimal():
        return composed(part)
    return composed(f"0{part}").removeprefix("0")


def _runs(text: str) -> list[str]:
    """A text cut at its blanks, but for one before a mark: folding takes that out."""
    found: list[str] = []
    for part in re.split("( )", text):
        if len(found) > 1 and found[-1] == " " and is_mark(composed(part[:1])[:1] or " "):
            found[-2:] = ["".join([*found[-2:], part])]
        else:
            found.append(part)
    return found


def _clusters(text: str) -> Iterator[str]:
    """Characters, each with the marks and unseen signs that belong to it."""
    start = 0
    for n, char in enumerate(text):
        if n > start and not (is_mark(char) or ignorable(char) or _goes_on(char)):
            yield text[start:n]
            start = n
    if text:
        yield text[start:]


def _goes_on(char: str) -> bool:
    """Whether a character goes on with a Hangul syllable, or marks a half-width Kana."""
    return "\u1160" <= char <= "\u11ff" or "\ud7b0" <= char <= "\ud7fb" or char in "\uff9e\uff9f"


def _with_noughts(whole: str, steps: list[tuple[int, int]]) -> tuple[str, list[tuple[int, int]]]:
    """The same, moved by the noughts that folding puts before bare points (.5)."""
    made = placed(whole)
    if len(made) == len(whole):
        return made, steps
    moved, shift = [], 0
    for place in range(len(whole) + 1):
        moved.append(place + shift)
        if whole[place : place + 1] == "." and made[place + shift] == "0":
            shift += 1
    return made, [(at, moved[seen]) for at, seen in steps]


def standing(text: str, value: str) -> Iterator[str]:
    """What in a text is a value but for what folding leaves out, as it stands there."""
    found, wanted = copyable(text), folded(value)
    seen = with_gaps(found.seen)
    whole, kept = folded_seen(seen), origin(seen)
    starts = {place.first: place.at for place in found.places if place.starts}
    ends = {place.last: place.at for place in found.places if place.ends}
    for at in occurrences(whole.chars, wanted.chars) if wanted.chars else ():
        first = starts.get(kept[at])
        last = ends.get(kept[at + len(wanted.chars) - 1] + 1)
        if first is not None and last is not None and wanted.stands_at(at, whole):
            yield found.text[first:last]
