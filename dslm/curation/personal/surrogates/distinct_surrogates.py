"""Two values of one case, or of one group, never get one surrogate.

Surrogates are drawn for each value alone, so that a value has the same one everywhere; of short
numbers and of names there are few, and two may be drawn alike. Who read "pay INV-549, not INV-550"
would then read one number twice, and a label would mean another thing. So values that stand
together are told apart: the first, in a fixed order, keeps what was drawn, the other takes its next
draw. A draw that stands in the text as it came is passed over too, as that is somebody else's.
Takes values and texts, gives which draw each value takes. Called by `replace_in_case` and
`replace_everywhere`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple, Protocol

from dslm.curation.personal.found_values import Identity
from dslm.curation.personal.variants.letters_and_digits import folded_words

CROWDED = -1  # so many values share a form that none of its draws is left
MOST_DRAWS = 60
_TOGETHER = 3  # words of a text that a surrogate may consist of
Moved = Mapping[Identity, int]  # what is drawn for → which draw it takes, if not the first
NOT_MOVED: Moved = {}


class Pair(NamedTuple):
    """Letters and digits of a value or of a part of it, and those of its surrogate."""

    before: str
    after: str


class Draws(Protocol):
    """What surrogates are drawn by."""

    def units(self, identity: Identity) -> Iterable[Identity]:
        """What is drawn for by itself: a value, or each word of a name."""

    def pairs(self, unit: Identity, nth: int) -> tuple[Pair, ...]:
        """What a draw makes of it, the whole first; empty where there is no such draw."""


class Standing:
    """What stands in some texts: words, and up to three together."""

    def __init__(self, said: Iterable[list[str]]):
        """Of texts, each by its folded words."""
        self._there = {
            "".join(words[first : first + count])
            for words in said
            for count in range(1, _TOGETHER + 1)
            for first in range(len(words) - count + 1)
        }

    def __contains__(self, chars: object) -> bool:
        return chars in self._there


def standing_in(texts: Iterable[str]) -> Standing:
    """What stands in texts."""
    return Standing(folded_words(text) for text in texts)


def distinct_surrogates(
    draws: Draws, identities: Iterable[Identity], there: Standing | None, settled: Moved = NOT_MOVED
) -> dict[Identity, int]:
    """Which draw each of some values takes, those that take their first left out.

    Args:
        draws: What is drawn.
        identities: Values that stand together.
        there: What stands beside them; None where that is not asked.
        settled: Of values that stand there too what they take already.
    """
    units = sorted({unit for identity in identities for unit in draws.units(identity)})
    taken: dict[str, str] = {}
    for unit, nth in settled.items():
        taken |= {after: before for before, after in draws.pairs(unit, max(nth, 0))}
    moved: dict[Identity, int] = {}
    for unit in units:
        if unit not in settled:
            nth = _first_free(draws, unit, taken, there)
            if nth:
                moved[unit] = nth
            taken |= {after: before for before, after in draws.pairs(unit, max(nth, 0))}
    return moved


def _first_free(draws: Draws, unit: Identity, taken: Mapping[str, str], there: Standing | None
                ) -> int:  # fmt: skip
    """The first draw that is nobody else's; where all stand in the texts the first of no value."""
    standing = CROWDED
    for nth, pairs in _all_draws(draws, unit):
        if all(taken.get(after, before) == before for before, after in pairs):
            if there is None or pairs[0].after not in there:
                return nth
            standing = nth if standing == CROWDED else standing
    return standing


def _all_draws(draws: Draws, unit: Identity) -> Iterator[tuple[int, tuple[Pair, ...]]]:
    for nth in range(MOST_DRAWS):
        pairs = draws.pairs(unit, nth)
        if not pairs:
            return
        yield nth, pairs
