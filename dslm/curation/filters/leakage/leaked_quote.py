"""Drops cases that quote a gold input within a longer text, or that a gold input quotes.

A quoted text's own similarity to the whole is low, so this looks for its pieces: stretches of 24
folded characters, of which at least the near-duplicate share must stand in the longer text.
Linear in the length of all texts.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from dslm.contract.cases.case_groups import folded
from dslm.curation.ledger import Drop
from dslm.records import Case

PIECE = 24
SHORTEST = 2 * PIECE  # a shorter text ("yes, please go ahead") is quoted by chance


def _pieces(text: str) -> set[str]:
    """The text cut into pieces, the last one ending where the text ends."""
    starts = [*range(0, len(text) - PIECE, PIECE), len(text) - PIECE]
    return {text[start : start + PIECE] for start in starts}


def quotations(
    quoting: Sequence[str], quoted: Sequence[str], share: float
) -> list[tuple[int, int]]:
    """Pairs (place in `quoting`, place in `quoted`) of texts that hold another one, sorted.

    Args:
        quoting: Folded texts that may hold others.
        quoted: Folded texts that may be held.
        share: Of a text's pieces that must be there.
    """
    owners: defaultdict[str, list[int]] = defaultdict(list)
    needed: dict[int, float] = {}
    for place, text in enumerate(quoted):
        if len(text) >= SHORTEST:
            pieces = _pieces(text)
            needed[place] = share * len(pieces)
            for piece in pieces:
                owners[piece].append(place)
    pairs: list[tuple[int, int]] = []
    for place, text in enumerate(quoting):
        windows = {text[start : start + PIECE] for start in range(len(text) - PIECE + 1)}
        seen = Counter(owner for piece in windows if piece in owners for owner in owners[piece])
        pairs += [(place, owner) for owner in sorted(seen) if seen[owner] >= needed[owner]]
    return pairs


def leaked_quote(cases: Sequence[Case], gold: Sequence[Case], share: float) -> list[Drop]:
    """The cases that hold a gold input, or are held by one, each with the first such gold case."""
    own, held = [folded(case) for case in cases], [folded(case) for case in gold]
    pairs = quotations(own, held, share)
    pairs += [(place, other) for other, place in quotations(held, own, share)]
    first = dict(sorted(pairs, reverse=True))
    return [
        Drop(id=cases[place].id, reason="leak_quoted", of=gold[other].id)
        for place, other in sorted(first.items())
    ]
