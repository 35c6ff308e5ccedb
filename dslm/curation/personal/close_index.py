"""Looks for the values of one group in its own cases, in every spelling and within longer words.

Close to where a value was labelled nearly everything that looks like it is it: "kolbartgmailcom" is
an address of Kolbart's, "four one 5" is 415. What is no word of its own has to be long enough for
that not to be chance. For all other cases `word_index` looks. Called by `replacing`, `spreading`
and `proof`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from dslm.curation.personal.finding import Finding, Identity
from dslm.curation.personal.names import parts, short_spellings, whole_spellings
from dslm.curation.personal.spellings import any_spellings
from dslm.curation.personal.streams import (
    Hearing,
    Stream,
    heard,
    heard_words,
    is_heard_as_written,
    part,
    stream_of,
)

WITHIN_WORD = 5  # letters and digits that are looked for within a longer word
ACROSS_WORDS = 8  # that may begin at a word and end within another
OF_CUT_WORD = 3  # of these, that are within the other
WITHIN_NUMBER = 7  # digits that are looked for within a longer number
IN_GROUPS = 4  # letters and digits that blanks may part
_PREFIX = 2


class Key(NamedTuple):
    """Letters and digits that mean a value where they are heard in a certain way."""

    hearing: Hearing
    chars: str


def hearing_of(identity: Identity) -> Hearing:
    """How the spellings of a value are heard."""
    if identity.kind == "name":
        return "letters"
    return "address" if identity.kind == "email" else "digits"


def keys_of(identity: Identity, text: str) -> set[Key]:
    """All that means a value in the cases of its group; `text` is how it was labelled."""
    hearing = hearing_of(identity)
    if identity.kind == "name":
        spelled = whole_spellings(identity) | parts(identity)
        spelled |= {short for short in short_spellings(identity) if len(short) >= WITHIN_WORD}
    else:
        spelled = any_spellings(identity, text) | {text}
    made = {Key(hearing, heard(one, hearing)) for one in spelled}
    return {key for key in made if key.chars}


class CloseIndex:
    """Some values, to be looked for in texts of their group."""

    def __init__(self, values: Iterable[tuple[Identity, str]]):
        self.known: dict[Key, Identity] = {}
        self._parted: set[str] = set()
        for identity, text in values:
            if len(words := heard_words(text)) > 1:
                self._parted.add("".join(words))
            for key in keys_of(identity, text):
                other = self.known.get(key)
                self.known[key] = identity if other is None else _first(identity, other)
        self._by_start: dict[Hearing, dict[str, list[str]]] = {}
        for key in sorted(self.known, key=lambda key: (-len(key.chars), key)):
            starts = self._by_start.setdefault(key.hearing, defaultdict(list))
            starts[key.chars[:_PREFIX]].append(key.chars)

    def __bool__(self) -> bool:
        return bool(self.known)

    def findings(self, text: str) -> list[Finding]:
        """Every known value in a text, the longest first; they may overlap."""
        plain = stream_of(text) if is_heard_as_written(text) else None
        found = [
            Finding(self.known[key].kind, start, end, text[start:end], self.known[key])
            for hearing in self._by_start
            for key, start, end in self._heard_in(plain or stream_of(text, hearing), hearing)
        ]
        return sorted(found, key=lambda one: (one.start - one.end, one.start))

    def _heard_in(self, stream: Stream, hearing: Hearing) -> Iterator[tuple[Key, int, int]]:
        starts, chars = self._by_start[hearing], stream.chars
        for place in range(len(chars)):
            near = starts.get(chars[place : place + _PREFIX], ())
            if (one := starts.get(chars[place], ())) and one is not near:
                near = [*near, *one]
            for known in near:
                end = place + len(known)
                if chars.startswith(known, place) and self._stands(stream, place, end):
                    yield Key(hearing, known), stream.starts[place], stream.ends[end - 1]

    def _stands(self, stream: Stream, start: int, end: int) -> bool:
        """As `stands`; a short value may be parted where it was labelled so: "k 4"."""
        if stands(stream, start, end):
            return True
        whole = _begins(stream, start) and _begins(stream, end)
        return whole and stream.chars[start:end] in self._parted


def _first(one: Identity, other: Identity) -> Identity:
    """Of two values that share a spelling always the same: names of more words, known forms."""
    return min(one, other, key=lambda i: (i.form == "free", -len(i.value.split()), i))


def _begins(stream: Stream, place: int) -> bool:
    """Whether a word begins at a place, or may."""
    if place in (0, len(stream.chars)) or stream.words[place - 1] != stream.words[place]:
        return True
    return part(stream.chars[place - 1], stream.chars[place])


def stands(stream: Stream, start: int, end: int) -> bool:
    """Whether what stands there may be the value, and is no chance."""
    length, whole = end - start, _begins(stream, start) and _begins(stream, end)
    together = stream.words[start] == stream.words[end - 1]
    if _within_spoken(stream, start) or _within_spoken(stream, end):
        return False
    if whole:
        return together or length >= IN_GROUPS
    if _goes_on(stream, start) or _goes_on(stream, end):
        return together and length >= WITHIN_NUMBER
    if together:
        return length >= WITHIN_WORD
    if length < ACROSS_WORDS or not (_begins(stream, start) or _begins(stream, end)):
        return False
    words = stream.words[start:end]
    cut = words[-1] if _begins(stream, start) else words[0]
    return words.count(cut) >= OF_CUT_WORD  # of "Duval zzz" one z is no initial


def _within_spoken(stream: Stream, place: int) -> bool:
    """Whether a place is within a spoken number: the 4 of "forty"."""
    if place in (0, len(stream.chars)):
        return False
    return stream.starts[place - 1] == stream.starts[place]


def _goes_on(stream: Stream, place: int) -> bool:
    """Whether a number goes on over a place."""
    if place in (0, len(stream.chars)) or stream.words[place - 1] != stream.words[place]:
        return False
    return stream.chars[place - 1].isdigit() and stream.chars[place].isdigit()
