"""Which entries of a journal are told to be lost for good, by entries that count themselves.

`recover --accept-loss` writes an entry that names what is gone, so that it counts no more should a
copy turn up. Whoever can edit a tag can write such words too: they count only in an entry that the
journal leads to from its beginning, signed and approved as the entries before it ask for. Called by
`recover`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from dslm.journal_entry import JournalEntry
from dslm.releasing.journal.journal import digest_of
from dslm.releasing.journal.journal_proof import proved_part


def told_lost(
    saying: Iterable[JournalEntry], known: Iterable[JournalEntry], genesis: str, model: str
) -> frozenset[str]:
    """Digests of what is told to be lost.

    Args:
        saying: Entries that may say so: of pages that count, and copies outside the journal.
        known: All entries that anything holds.
        genesis: What the first entry follows.
        model: Whose journal.
    """
    of = {digest_of(entry): entry for entry in known}
    found: set[str] = set()
    for entry in saying:
        if not entry.lost:
            continue
        line = _line_to(entry, of, genesis)
        if line and len(proved_part(line, model)) == len(line):
            found.update(set(entry.lost) - {digest_of(one) for one in line})
    return frozenset(found)


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
