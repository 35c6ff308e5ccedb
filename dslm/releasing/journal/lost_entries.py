"""Which entries of a journal are told to be lost for good, by entries that count themselves.

`recover --accept-loss` writes an entry that names what is gone, so that it counts no more should a
copy turn up. Whoever can edit a tag can write such words too: they count only in an entry that a
line of entries leads to from the beginning, each of which every other command would take. Called by
`recover`.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence

from dslm.journal_entry import JournalEntry
from dslm.releasing.journal.journal import digest_of

Line = Sequence[JournalEntry]


def told_lost(
    saying: Iterable[JournalEntry],
    known: Iterable[JournalEntry],
    genesis: str,
    taken: Callable[[Line], Line],
) -> frozenset[str]:
    """Digests of what is told to be lost.

    Args:
        saying: Entries that may say so: of pages that count, and copies outside the journal.
        known: All entries that anything holds.
        genesis: What the first entry follows.
        taken: The part of a line that is proved and vouched for; all of it, or less.
    """
    of = {digest_of(entry): entry for entry in known}
    found: set[str] = set()
    for entry in saying:
        if not entry.lost:
            continue
        line = _line_to(entry, of, genesis)
        if line and len(taken(line)) == len(line):
            found.update(set(entry.lost) - {digest_of(one) for one in line})
    return frozenset(found)


def cut_off(
    known: Iterable[JournalEntry], held: Container[str], genesis: str
) -> list[JournalEntry]:
    """The entries that the journal does not lead to, since one before them is not known.

    A whole line of its own from the beginning is none: it lost a race, or somebody made it up.

    Args:
        known: All entries that anything holds.
        held: Digests of the journal's.
        genesis: What the first entry follows.
    """
    of = {digest_of(entry): entry for entry in known}
    return [
        entry
        for entry in of.values()
        if entry.seq > 1 and entry.previous_digest not in held and not _line_to(entry, of, genesis)
    ]


def _line_to(
    entry: JournalEntry, of: Mapping[str, JournalEntry], genesis: str
) -> tuple[JournalEntry, ...]:
    """The entries from the beginning to this one; none where one of them is not known."""
    line = [entry]
    while line[0].seq > 1:
        before = of.get(line[0].previous_digest)
        if before is None or before.seq != line[0].seq - 1:
            return ()
        line.insert(0, before)
    return tuple(line) if line[0].previous_digest == genesis else ()
