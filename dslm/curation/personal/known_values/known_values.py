"""All values of all rows: what is looked for everywhere, what in the cases of one group only.

Built once after every row was read: a value in its own group is looked for closely (`group_index`),
in all others by its words (`word_index`), unless it is a common word of the language or of the
sources (`common_words`). Used by `replace_everywhere` and `leftovers`.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise

from dslm.curation.personal.found_in_case import CaseFindings, values_in
from dslm.curation.personal.found_values import FoundValue, Identity, besides
from dslm.curation.personal.known_values.group_index import GroupIndex
from dslm.curation.personal.known_values.word_index import WordIndex
from dslm.curation.personal.names.common_words import COMMON_WORDS, FUNCTION_WORDS, is_common
from dslm.curation.personal.names.english_words import english_words
from dslm.curation.personal.variants.escaped_characters import readings, unescaped
from dslm.curation.personal.variants.name_variants import WORD, whole_spellings
from dslm.curation.personal.variants.spelling_variants import any_spellings, is_plain_number
from dslm.curation.personal.variants.value_separators import joined
from dslm.curation.sources import Rows

_YEAR_OR_SUM = re.compile(r"(?:19|20)\d\d|[1-9]\d{1,2}00")
SHORTEST = 4  # letters and digits of a value that is looked for outside of its group
Values = frozenset[tuple[Identity, str]]


@dataclass(frozen=True)
class KnownValues:
    """Everything that was found.

    Attributes:
        index: What means a value in every case.
        groups: The values of each group that has any, by its number.
        exempted: Values that stay outside of their groups, as they are common words.
        short: How many values mean nobody outside of their group: short ones, towns, years.
    """

    index: WordIndex = field(default_factory=lambda: WordIndex({}))
    groups: dict[int, Values] = field(default_factory=dict)
    exempted: frozenset[str] = frozenset()
    short: int = 0

    def __bool__(self) -> bool:
        return bool(self.index.known or self.exempted or self.short or any(self.groups.values()))

    def of_group(self, number: int | None, own: CaseFindings) -> Values:
        """The values of a case's group, and those that were found whole in the case itself.

        Where somebody's whole name stands, "Mr White" is that person and no colour.
        """
        of_group = self.groups.get(-1 if number is None else number, frozenset())
        whole = {(one, text) for one, text in own.values if _is_whole(one, text)}
        return of_group if whole <= of_group else of_group | whole

    def may_be_in(self, words: Sequence[str], number: int | None) -> bool:
        """Whether folded words may hold a value, of a case's group or of any other's."""
        if self.index.may_be_in(words):
            return True
        of_group = self.groups.get(-1 if number is None else number)
        return of_group is not None and group_index_of(of_group).may_be_in(words)

    def anywhere(self, text: str) -> list[FoundValue]:
        """What means a value in every case."""
        index = self.index
        found: list[FoundValue] = []
        for said in readings(text):
            found += besides(found, [
                FoundValue(index.known[hit.key].kind, hit.start, hit.end,
                        unescaped(said[hit.start : hit.end]), index.known[hit.key])
                for hit in index.hits(said)
            ])  # fmt: skip
        return found


@lru_cache(maxsize=1 << 16)
def group_index_of(values: Values) -> GroupIndex:
    """The index of a group, made once."""
    return GroupIndex(sorted(values))


def known_values(rows: Rows) -> KnownValues:
    """All values of all rows, but for those of groups, which are read where they are needed."""
    values = ((None, values_in(text)) for text in texts_found(rows))
    return known_of(values, rows.word_counts, len(rows.table))


def texts_found(rows: Rows) -> Iterator[str]:
    """What each row held that held something, as `Found.to_json` wrote it."""
    for chunk in rows.table.column("personal").chunks:
        yield from chunk.drop_null().to_pylist()


def known_of(
    held: Iterable[tuple[int | None, Iterable[tuple[Identity, str]]]],
    words_left: Callable[[], Iterable[Mapping[str, int]]], of: int,
) -> KnownValues:  # fmt: skip
    """All values of some cases.

    Args:
        held: The values that each case held that held something, and its group's number.
        words_left: Gives in how many cases each word stands, but for what was found there; some
            cases at a time.
        of: How many cases there are.
    """
    known: dict[str, Identity] = {}
    words: dict[str, frozenset[str]] = {}
    groups: dict[int, set[tuple[Identity, str]]] = defaultdict(set)
    labelled: Counter[str] = Counter()
    short: set[Identity] = set()
    named: set[str] = set()  # words of English that somebody's name is
    for number, values in held:
        here: set[str] = set()
        for identity, text in values:
            spelled = _spelled(identity, text)
            if not spelled:
                short.add(identity)
            for key, parts in spelled:
                known[key] = min(identity, known.get(key, identity))
                words[key] = max(parts, words.get(key, parts), key=_in_words)
                here |= parts
                if key in english_words() and not is_plain_word(identity, text):
                    named.add(key)
        for word in here:
            labelled[word] += 1
        if number is not None:
            groups[number].update(values)
    common = _common(words_left, of, words, labelled)
    common |= (known.keys() & english_words()) - named
    index = WordIndex({key: value for key, value in known.items() if key not in common})
    return KnownValues(
        index, {n: frozenset(values) for n, values in groups.items()}, common, len(short)
    )


def _spelled(identity: Identity, text: str) -> tuple[tuple[str, frozenset[str]], ...]:
    """The spellings that mean a value in every case, each with its words."""
    if identity.is_name:
        return _spelled_name(identity, text)
    # most numbers have one spelling
    keys = {text} if is_plain_number(identity, text) else any_spellings(identity, text)
    return tuple((key, _words_of(key, identity, text)) for key in keys if telling(identity, key))


@lru_cache(maxsize=1 << 16)  # a name stands in many cases
def _spelled_name(name: Identity, text: str) -> tuple[tuple[str, frozenset[str]], ...]:
    return tuple((key, _words_of(key, name, text)) for key in any_spellings(name, text))


def _words_of(key: str, identity: Identity, text: str) -> frozenset[str]:
    """The words of a spelling: its own one, or those that it joins."""
    for joining in (text, identity.value):
        if not joining.isalnum() and joined(joining) == key:
            return frozenset(map(joined, WORD.findall(joining)))
    return frozenset({key})


def _in_words(parts: frozenset[str]) -> tuple[int, list[str]]:
    """Of several ways to part a spelling always the same is taken: that of the most words."""
    return len(parts), sorted(parts)


def is_plain_word(identity: Identity, text: str) -> bool:
    """Whether a word of English is no more than that where a value has it.

    One word in small letters ("musical", whatever it was labelled as), or one of the words of a
    company's longer name: "Musical" of Musical Instruments Ltd. A person's name, and a company's
    of one word in capitals ("Oracle"), is a name in every case.
    """
    several = len(WORD.findall(text)) > 1
    return identity.kind == "company" if several else text.islower()


def _is_whole(identity: Identity, text: str) -> bool:
    return not identity.is_name or joined(text) in whole_spellings(identity)


def telling(identity: Identity, key: str) -> bool:
    """Whether letters and digits say by themselves, in any case, whose they are.

    A place without a number is where many live; few digits may be a year or a round sum; and who is
    asked for a number and gives none writes 1234 or 0000.
    """
    if identity.is_name:
        return True
    if identity.kind == "address" and not any(char.isdigit() for char in key):
        return False
    return len(key) >= SHORTEST and not (_YEAR_OR_SUM.fullmatch(key) or _is_counted(key))


def _is_counted(key: str) -> bool:
    """Whether digits are all the same or count: 0000, 123456789, 4321."""
    steps = {ord(two) - ord(one) for one, two in pairwise(key)}
    return key.isdigit() and len(steps) == 1 and steps <= {-1, 0, 1}


def _common(
    words_left: Callable[[], Iterable[Mapping[str, int]]], of: int,
    words: dict[str, frozenset[str]], labelled: Counter[str],
) -> frozenset[str]:  # fmt: skip
    """The values that are common words.

    One word is by the lists or by the sources; several are where the sources or the function words
    have each: "checking account" is labelled for a name now and then, "Will Price" is one.
    """
    asked = frozenset().union(*words.values()) - FUNCTION_WORDS
    seen: Counter[str] = Counter()
    if asked:
        for there in words_left():
            seen.update({word: count for word, count in there.items() if word in asked})
    shown = FUNCTION_WORDS.union(w for w, n in seen.items() if is_common(n, labelled[w], of))
    return frozenset(
        key
        for key, parts in words.items()
        if parts <= shown or (len(parts) == 1 and key in COMMON_WORDS)
    )
