"""What may be copied from an input: whole words in a row, in some spellings, for llguidance.

Takes an input's text; gives the Lark lines that accept any run of words between its places (see
`copy_positions`). Used by `lark_grammar`. One line a word: what may follow from there is named, not
written out again, so that the grammar grows with the input and not with the square of it.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise

from dslm.contract.narrowing.copy_positions import Copyable, copyable
from dslm.contract.schemas.canonical_values import written
from dslm.contract.text.folding import compatible, fold

Pieces = tuple[str, ...]

_CAPITALS = re.compile(r"[^\W\d_]{5,}")  # longer than legal forms and most abbreviations
_LONGEST_CHAIN = 40  # places in a row where a copy may end but not start: within a Korean word


def _pieces(found: Copyable) -> Pieces:
    """A text cut at its places; what is before the first and behind the last is none."""
    ends = [place.at for place in found.places]
    return tuple(found.text[a:b] for a, b in pairwise(ends))


@lru_cache(maxsize=1 << 15)
def _spelt(piece: str) -> tuple[str, ...]:
    """A piece in other spellings, as it is where folding tells them apart (`ı` and `I`)."""
    if piece.isascii():
        return (piece, *cased(piece))
    same, made = fold(piece), compatible(piece)
    made = made if fold(made) == same else piece
    return (piece, made, *(one for one in cased(made) if fold(one) == same))


def cased(text: str) -> tuple[str, ...]:
    """A text as Title, UPPER, lower, and its capitals as title."""
    capitals = _CAPITALS.sub(lambda match: match.group().title(), text)
    return text.title(), text.upper(), text.lower(), capitals


@lru_cache(maxsize=4)
def copy_terminals(text: str) -> str:
    """The Lark lines of `COPY`, which accepts any run of whole words, escaped as in JSON.

    A dot after its last word may go with it (Inc., S.A.).
    """
    chain = _chain(found := copyable(text), _pieces(found))
    names, lines = [name for name, _ in chain], [f"{name}: {line}" for name, line in chain]
    # llguidance makes a terminal where it is first named: from the last on, so that what follows
    # is there already, and nothing is made within what is made within …
    return "\n".join([f"COPY: {' | '.join(names)}", *lines])


def _chain(found: Copyable, pieces: Pieces) -> list[tuple[str, str]]:
    """For each place that a copy may start at, from the last on, a name and what may follow."""
    chain: list[tuple[str, str]] = []
    following: str | None = None  # what goes on from the place after
    inner = 0
    for n in range(len(pieces) - 1, -1, -1):
        here, there = found.places[n], found.places[n + 1]
        if here.at in found.walls:
            following = None
            continue
        options = ['"."'] if there.ends and found.text.startswith(".", there.at) else []
        options += [following] if following and inner < _LONGEST_CHAIN else []
        if not options and not there.ends:
            following = None
            continue
        tail = f" ({' | '.join(options)})" if options else ""
        piece = _terminal(pieces[n])
        following, inner = f"{piece}{tail}{'?' if tail and there.ends else ''}", inner + 1
        if here.starts:
            chain.append((f"W{n}", following))
            following, inner = f"W{n}", 0
    return chain


@lru_cache(maxsize=1 << 15)
def _terminal(piece: str) -> str:
    """A piece in all its spellings, escaped as in JSON, and as Lark's strings are."""
    found = [written(written(one)[1:-1]) for one in dict.fromkeys(_spelt(piece))]
    return found[0] if len(found) == 1 else f"({' | '.join(found)})"
