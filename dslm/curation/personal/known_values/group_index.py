"""Looks for the values of one group in its own cases, in every spelling and within longer words.

Close to where a value was labelled nearly everything that looks like it is it: "kolbartgmailcom" is
an address of Kolbart's, "four one 5" is 415. What is no word of its own has to be long enough for
that not to be chance. For all other cases `word_index` looks. Called by `replace_in_case`,
`replace_everywhere` and `leftovers`.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Sequence

from dslm.curation.personal.found_values import FoundValue, Identity, besides
from dslm.curation.personal.names.ambiguous_names import CommonNames
from dslm.curation.personal.names.initials import is_initial
from dslm.curation.personal.variants.birth_dates import DAY, days_in, days_of, months_said
from dslm.curation.personal.variants.escaped_characters import readings, unescaped
from dslm.curation.personal.variants.letters_and_digits import (
    MAY_SOUND_OTHERWISE,
    Hearing,
    Stream,
    folded_words,
    heard,
    heard_words,
    stream_of,
)
from dslm.curation.personal.variants.name_variants import (
    short_spellings,
    whole_spellings,
)
from dslm.curation.personal.variants.spelling_variants import (
    turned,
)
from dslm.curation.personal.variants.value_keys import Key, keys_of
from dslm.curation.personal.variants.word_boundaries import (
    IN_GROUPS,
    begins,
    is_of_day_or_time,
    is_part_of_sum,
    stands,
)

FEW = 64  # values that are asked for one by one
_PREFIX = 4
_HEARINGS: tuple[Hearing, ...] = ("letters", "digits", "address")
_RUN = re.compile(r"[0-9]+|[^0-9 ]+")
_ENDS = re.compile(r"[,;\n]")


class GroupIndex:
    """Some values, to be looked for in texts of their group."""

    def __init__(self, values: Iterable[tuple[Identity, str]]):
        self.known: dict[Key, Identity] = {}
        self._parted: set[str] = set()
        self._short: dict[str, bool] = {}  # "webera" of Anna Weber, and if the initial is behind
        self._turned: set[str] = set()  # "elm12" of 12 Elm Street: not over a comma
        self._days: dict[dt.date, Identity] = {}
        listed = list(values)
        whole: set[str] = set()  # names in full, one of which may be "A. Weber"
        self._common = CommonNames(one for one in listed if one[0].is_name)
        for identity, text in listed:
            if not (text.isascii() and text.isalnum()):
                self._parted |= _parted(text)
            if identity.is_name:
                last = identity.value.split()[-1]
                for one in short_spellings(identity):
                    self._short[heard(one, "letters")] = one.startswith(last)
                whole |= {heard(one, "letters") for one in whole_spellings(identity)}
            if identity.kind == "address":
                self._turned |= {heard(one, "digits") for one in turned(text)}
            if identity.form == DAY:
                self._days |= dict.fromkeys(days_of(identity), identity)
            for key in keys_of(identity, text):
                other = self.known.get(key)
                self.known[key] = identity if other is None else _first(identity, other)
        for chars in whole & self._short.keys():
            del self._short[chars]
        by_hearing: dict[Hearing, list[str]] = {}
        for hearing, chars in self.known:
            by_hearing.setdefault(hearing, []).append(chars)
        self._sought = {
            hearing: _Sought(by_hearing[hearing]) for hearing in _HEARINGS if hearing in by_hearing
        }

    def __bool__(self) -> bool:
        return bool(self.known or self._common)

    def may_be_in(self, words: Sequence[str]) -> bool:
        """Whether a text of these folded words may hold a value, which is soon said."""
        if self._may_state_day(words) or self._common.may_be_in(words):
            return True
        return any(
            self._likely(words, heard_words(words, hearing), sought)
            for hearing, sought in self._sought.items()
        )

    def _may_state_day(self, words: Sequence[str]) -> bool:
        """Whether the last digits of a known day's year stand there.

        Other scripts may count years otherwise, or have other digits.
        """
        if not self._days:
            return False
        there = "".join(words)
        if months_said(words):
            return True
        return not there.isascii() or any(f"{day.year % 100:02d}" in there for day in self._days)

    def _likely(self, words: Sequence[str], said: Sequence[str], sought: _Sought) -> list[str]:
        """What may mean a value in words that are heard as what is said."""
        if not (found := sought.within("".join(said))):
            return found
        alone = {key for key in found if self._stands_alone(key, spoken=said is not words)}
        here = len(alone) < len(found) or not alone.isdisjoint(_runs(said))
        return found if here else []

    def _stands_alone(self, chars: str, *, spoken: bool) -> bool:
        """Whether letters and digits mean a value only as a word, or behind or before digits."""
        if len(chars) >= IN_GROUPS or chars in self._parted or not chars.isascii():
            return False
        return chars.isalpha() or (chars.isdigit() and not spoken)

    def whole(self, text: str) -> FoundValue | None:
        """The value that a text is from its first character to its last, if that is soon said."""
        if not (text.isascii() and text[:1].isalnum() and text[-1:].isalnum()):
            return None
        words = folded_words(text)
        chars = "".join(words)
        brief = len(words) > 1 and len(chars) < IN_GROUPS
        if brief or not MAY_SOUND_OTHERWISE.isdisjoint(words):
            return None
        for hearing in self._sought:
            identity = self.known.get(Key(hearing, chars))
            if identity and not self._is_of_day(identity, chars, text, 0, len(text)):
                return FoundValue(identity.kind, 0, len(text), unescaped(text), identity)
        return None

    def findings(self, text: str) -> list[FoundValue]:
        """Every known value in a text, the longest first; they may overlap."""
        found: list[FoundValue] = []
        for one in readings(text):
            found += besides(found, self._findings(one))
        return sorted(found, key=lambda one: (one.start - one.end, one.start))

    def _findings(self, text: str) -> list[FoundValue]:
        words = folded_words(text)
        written: Stream | None = None
        found: list[FoundValue] = []
        for hearing, sought in self._sought.items():
            said = heard_words(words, hearing)
            if not (likely := self._likely(words, said, sought)):
                continue
            if said is words:  # as it is written
                stream = written = written or stream_of(text)
            else:
                stream = stream_of(text, hearing)
            found += self._heard_in(stream, text, hearing, likely)
        if self._common and self._common.may_be_in(words):
            found += self._common.findings(text)
        if self._may_state_day(words):
            found += days_in(text, self._days)
        return found

    def _heard_in(
        self, stream: Stream, text: str, hearing: Hearing, likely: list[str]
    ) -> Iterator[FoundValue]:
        for chars in likely:
            identity = self.known[Key(hearing, chars)]
            at = stream.chars.find(chars)
            while at >= 0:
                end = at + len(chars)
                start, last = stream.start(at), stream.end(end - 1)
                behind = self._short.get(chars)
                if self._stands(stream, at, end) and (
                    behind is None or is_initial(text, start, last, behind=behind)
                ):
                    said = unescaped(text[start:last])
                    chance = self._is_of_day(identity, chars, text, start, last) or (
                        chars in self._turned and _ENDS.search(said)
                    )
                    if not (chance or is_part_of_sum(text, start, last)):
                        yield FoundValue(identity.kind, start, last, said, identity)
                at = stream.chars.find(chars, at + 1)

    def _is_of_day(self, one: Identity, chars: str, text: str, start: int, end: int) -> bool:
        """Whether a number is a day or a time, or a part of one, by chance."""
        parted = chars in self._parted
        return is_of_day_or_time(one.kind, text, start, end, parted=parted)

    def _stands(self, stream: Stream, start: int, end: int) -> bool:
        """As `stands`; a short value may be parted where it was labelled so: "k 4".

        What begins or ends within a word that is a value itself is none: of "AnnaWeber Anna" the
        first word is the name, and not "Weber Anna" with half of it.
        """
        if stands(stream, start, end):
            return not self._cuts_value(stream, start, end)
        whole = begins(stream, start) and begins(stream, end)
        return whole and stream.chars[start:end] in self._parted

    def _cuts_value(self, stream: Stream, start: int, end: int) -> bool:
        """Whether several words are found of which the first or last is cut and is a value."""
        first, last = stream.word(start), stream.word(end - 1)
        if first == last:
            return False
        cut = [
            stream.words[word].chars for word, place in ((first, start), (last, end))
            if not begins(stream, place)
        ]  # fmt: skip
        return any(Key(hearing, chars) in self.known for chars in cut for hearing in self._sought)


def _parted(text: str) -> set[str]:
    """The letters and digits of a value that was labelled in several words."""
    words = folded_words(text)
    if len(words) > 1 and len(words := [*heard_words(words, "digits")]) > 1:
        return {"".join(words)}
    return set()


class _Sought:
    """Letters and digits to be looked for in those of texts, whatever stands around them."""

    def __init__(self, chars: Iterable[str]):
        self._all = sorted(chars, key=lambda one: (-len(one), one))
        self._by_start: dict[str, list[str]] = {}
        if len(self._all) > FEW:
            for one in self._all:
                self._by_start.setdefault(one[:_PREFIX], []).append(one)

    def within(self, chars: str) -> list[str]:
        """Those that stand there."""
        likely: Iterable[str] = self._all
        if self._by_start:
            starts = {chars[n : n + size] for size in range(1, _PREFIX + 1)
                      for n in range(len(chars))}  # fmt: skip
            likely = (one for start in sorted(starts & self._by_start.keys())
                      for one in self._by_start[start])  # fmt: skip
        return [one for one in likely if one in chars]


def _runs(words: Iterable[str]) -> list[str]:
    """The letters and the digits of words, each by themselves: "k4" is two; "007" is 7 too."""
    runs = _RUN.findall(" ".join(words))
    return runs + [run.lstrip("0") for run in runs if run[0] == "0"]


def _first(one: Identity, other: Identity) -> Identity:
    """Of two values that share a spelling always the same: names of more words, known forms."""
    return min(one, other, key=lambda i: (i.form == "free", -len(i.value.split()), i))
