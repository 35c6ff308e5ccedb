"""The history of the champion: append-only, each entry chained to the one before by digest.

Takes a registry; gives `JournalEntry`s, and refuses a history that somebody changed or forged. The
entries are the versions of a registered model of their own, `<workflow>.journal`: MLflow gives out
version numbers one at a time, so the order is the same for every reader. An entry counts where it
follows the last one that counted; one that lost a race follows an earlier one, stays visible,
counts not. The chain says what is missing, not the numbers: MLflow leaves some out.
"""

from __future__ import annotations

import contextlib
from collections.abc import Container, Iterable

from pydantic import ValidationError

from dslm.errors import DslmError, ReleaseRefused
from dslm.provenance import digest_json
from dslm.records import JournalEntry
from dslm.releasing.journal.journal_proof import refuse_to_write, signers
from dslm.releasing.moves.release_identity import same_bytes, same_release
from dslm.releasing.registry.mlflow_store import ModelStore
from dslm.releasing.registry.version import Version

COUNTS = "counts"  # the tag of a page that lost a race, or that `recover` put aside, says "no"


class Journal:
    """The journal of one workflow."""

    def __init__(self, releases: ModelStore):
        """Open the journal beside the releases that it is about."""
        self._releases, self._releases_name = releases.model, releases.name
        self._store = releases.beside(f"{releases.model}.journal")

    @property
    def genesis(self) -> str:
        """What the first entry follows."""
        return genesis_of(self._releases)

    def entries(self) -> tuple[JournalEntry, ...]:
        """Every move of the champion, oldest first.

        Raises:
            ReleaseRefused: An entry was changed, removed or put in between, is signed wrongly, or
                lacks a signature or approvals that the policy of its time asks for.
        """
        found = [self._entry(page) for page in self.pages()]
        counted = chain(self.genesis, found)
        signers(counted, self._releases)
        heads = {self.genesis, *map(digest_of, counted[:-1])} if counted else set()
        for entry in found:
            if entry.previous_digest in heads:  # it counts, or lost a race
                continue
            if entry.seq > len(counted) + 1:
                raise self._broken(len(counted) + 1, "is missing")
            raise self._broken(entry.seq, "does not follow the entry before it")
        return counted

    def pages(self, *, all_of_them: bool = False) -> list[Version]:
        """The versions that may hold an entry that counts, in the order they were written."""
        pages = self._store.versions(aliases=False)
        return [page for page in pages if all_of_them or page.tags.get(COUNTS) != "no"]

    def append(self, entry: JournalEntry) -> tuple[JournalEntry, ...]:
        """Write an entry, and see that it counts; gives the journal as it is then.

        Where the answer was lost the journal is asked: it may have been written all the same.

        Raises:
            ReleaseRefused: Another process wrote first, or nobody could prove the entry.
        """
        page, fault = None, None
        before = self.entries()
        if entry.previous_digest == (digest_of(before[-1]) if before else self.genesis):
            refuse_to_write(before, entry, self._releases)
        try:
            page = self._add(entry)
        except DslmError as error:
            fault = error
        entries = self.entries()
        if len(entries) >= entry.seq:
            if entries[entry.seq - 1] == entry:
                return entries
            if page is not None:
                with contextlib.suppress(DslmError):  # it does not count anyway
                    self.put_aside(page)
            fault = ReleaseRefused(
                "somebody else moved the champion at the same time",
                where=self._releases,
                fix="look at `dslm release history` and decide again",
            )
        raise fault or ReleaseRefused("the entry is not there", where=self._store.model)

    def restore(self, entry: JournalEntry) -> None:
        """Write an entry again whose page is gone or was changed."""
        self._add(entry)

    def put_aside(self, page: int) -> None:
        """Let a page count no more; it stays visible."""
        self._store.tag(page, COUNTS, "no")

    def _add(self, entry: JournalEntry) -> int:
        return self._store.add(
            f"models:/{self._releases_name}/{entry.to_version}",
            {"entry": entry.model_dump_json(exclude_none=True), "digest": digest_of(entry)},
        )

    def _entry(self, page: Version) -> JournalEntry:
        entry = entry_of(page.tags.get("entry", ""))
        if entry is None:
            raise self._broken(page.number, "is not readable")
        if page.tags.get("digest") != digest_of(entry):
            raise self._broken(page.number, "was changed")
        return entry

    def _broken(self, number: int, how: str) -> ReleaseRefused:
        return ReleaseRefused(
            f"journal entry {number} {how}",
            where=self._store.model,
            fix="the history was altered: find out by whom before anything is released; "
            f"`dslm release recover {self._releases}` restores what is known of it",
        )


def genesis_of(workflow: str) -> str:
    """What the first entry of a workflow's journal follows."""
    return digest_json({"journal": workflow})


def entry_of(text: str) -> JournalEntry | None:
    """An entry as a tag holds it; None of what is none."""
    try:
        return JournalEntry.model_validate_json(text)
    except ValidationError:
        return None


def digest_of(entry: JournalEntry) -> str:
    """What the next entry names as the one before it.

    A field that an entry has not is no part of it: entries of before there was one keep theirs.
    """
    return digest_json(entry.model_dump(mode="json", exclude_none=True))


def chain(genesis: str, entries: Iterable[JournalEntry]) -> tuple[JournalEntry, ...]:
    """The entries that follow one another; of several that follow the same, the first given."""
    following: dict[tuple[str, int], JournalEntry] = {}
    for entry in entries:
        following.setdefault((entry.previous_digest, entry.seq), entry)
    counted: list[JournalEntry] = []
    head = genesis
    while (follower := following.get((head, len(counted) + 1))) is not None:
        counted.append(follower)
        head = digest_of(follower)
    return tuple(counted)


def longest_chain(
    genesis: str, entries: Iterable[JournalEntry], copied: Container[str]
) -> tuple[JournalEntry, ...]:
    """The longest chain from the beginning; of equally long ones, that which is known outside.

    An entry that lost a race is followed by none, and has no copy outside the journal. One that
    says to follow it, under any other number than the next one, makes it no longer.
    """
    of = {digest_of(entry): entry for entry in entries}
    reach = {digest: entry.seq for digest, entry in of.items()}
    for digest in sorted(of, key=lambda one: -of[one].seq):
        before = of.get(of[digest].previous_digest)
        if before is not None and before.seq + 1 == of[digest].seq:
            followed = of[digest].previous_digest
            reach[followed] = max(reach[followed], reach[digest])
    ranked = sorted(of, key=lambda one: (-reach[one], one not in copied))
    return chain(genesis, [of[digest] for digest in ranked])


Withdrawn = tuple[JournalEntry, JournalEntry]  # what made it the champion, and the rollback


def served(entries: tuple[JournalEntry, ...]) -> tuple[JournalEntry, ...]:
    """The champions to go back through, the present one last, each as the entry that made it one.

    A promotion adds one; a rollback takes off all that came after its target, so that two
    rollbacks in a row go back two releases and not back and forth.
    """
    return _standing(entries)[0]


def withdrawn(entries: tuple[JournalEntry, ...]) -> tuple[Withdrawn, ...]:
    """The releases that a rollback has left or passed over, and that were not champion since."""
    return _standing(entries)[1]


def _standing(
    entries: tuple[JournalEntry, ...],
) -> tuple[tuple[JournalEntry, ...], tuple[Withdrawn, ...]]:
    line: list[JournalEntry] = []
    off: list[Withdrawn] = []
    for entry in entries:
        if entry.action == "rollback" and line:
            places = [n for n, earlier in enumerate(line) if same_release(earlier, entry)]
            undone = any(same_bytes(made, entry) and same_release(by, line[-1]) for made, by in off)
            first = places[0] if places else len(line) - (not undone)
            off += [(made, entry) for made in line[first:]]
            del line[first:]
        off = [(made, by) for made, by in off if not same_bytes(made, entry)]
        line.append(entry)
    return tuple(line), tuple(off)
