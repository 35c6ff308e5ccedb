"""The history of the champion: append-only, each entry chained to the one before by digest.

Takes a registry; gives `JournalEntry`s, and refuses a history that somebody changed. The entries
are the versions of a registered model of their own, `<workflow>.journal`: MLflow gives out version
numbers one at a time, so the order is the same for every reader. An entry counts where it follows
the last one that counted; one that lost a race follows an earlier one, stays visible, counts not.
"""

from __future__ import annotations

from pydantic import ValidationError

from dslm.errors import ReleaseRefused
from dslm.provenance import digest_json
from dslm.records import JournalEntry
from dslm.releasing.identity import same_release
from dslm.releasing.store import ModelStore, Version


class Journal:
    """The journal of one workflow."""

    def __init__(self, releases: ModelStore):
        """Open the journal beside the releases that it is about."""
        self._releases = releases.model
        self._store = releases.beside(f"{releases.model}.journal")

    @property
    def genesis(self) -> str:
        """What the first entry follows."""
        return digest_json({"journal": self._releases})

    def entries(self) -> tuple[JournalEntry, ...]:
        """Every move of the champion, oldest first.

        Raises:
            ReleaseRefused: An entry was changed, removed or put in between.
        """
        counted: list[JournalEntry] = []
        heads = [self.genesis]
        for number, version in enumerate(self._store.versions(), start=1):
            if version.number != number:
                raise self._broken(number, "is missing")
            entry = self._entry(version)
            if entry.previous_digest == heads[-1] and entry.seq == len(counted) + 1:
                counted.append(entry)
                heads.append(digest_of(entry))
            elif entry.previous_digest not in heads[:-1]:
                raise self._broken(number, "does not follow the entry before it")
        return tuple(counted)

    def append(self, entry: JournalEntry) -> JournalEntry:
        """Write an entry, and see that it counts.

        Raises:
            ReleaseRefused: Another process wrote first.
        """
        self._store.add(
            f"models:/{self._releases}/{entry.to_version}",
            {"entry": entry.model_dump_json(exclude_none=True), "digest": digest_of(entry)},
        )
        entries = self.entries()
        if len(entries) < entry.seq or entries[entry.seq - 1] != entry:
            raise ReleaseRefused(
                "somebody else moved the champion at the same time",
                where=self._releases,
                fix="look at `dslm release history` and decide anew",
            )
        return entry

    def _entry(self, version: Version) -> JournalEntry:
        try:
            entry = JournalEntry.model_validate_json(version.tags.get("entry", ""))
        except ValidationError:
            raise self._broken(version.number, "is not readable") from None
        if version.tags.get("digest") != digest_of(entry):
            raise self._broken(version.number, "was changed")
        return entry

    def _broken(self, number: int, how: str) -> ReleaseRefused:
        return ReleaseRefused(
            f"journal entry {number} {how}",
            where=self._store.model,
            fix="the history was altered: find out by whom before anything is released; "
            "docs/releases.md says how to go on then",
        )


def digest_of(entry: JournalEntry) -> str:
    """What the next entry names as the one before it.

    A field that an entry has not is no part of it: entries of before there was one keep theirs.
    """
    return digest_json(entry.model_dump(mode="json", exclude_none=True))


def served(entries: tuple[JournalEntry, ...]) -> tuple[JournalEntry, ...]:
    """The champions to go back through, the present one last, each as the entry that made it one.

    A promotion adds one; a rollback takes off all that came after its target, so that two
    rollbacks in a row go back two releases and not back and forth.
    """
    line: list[JournalEntry] = []
    for entry in entries:
        places = [n for n, earlier in enumerate(line) if same_release(earlier, entry)]
        if entry.action == "rollback" and places:
            del line[places[0] :]
        line.append(entry)
    return tuple(line)
