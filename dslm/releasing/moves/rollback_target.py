"""Where a rollback goes, and whether it has been made already.

Takes the journal and what was asked for; gives the entry of the champion to go back to, or refuses.
Called by `promote_and_rollback`. A rollback that nobody is sure about is asked for again, and must
not go back two releases: so after a rollback the next one has to say what it leaves or where it
goes.
"""

from __future__ import annotations

from collections.abc import Sequence

from dslm.errors import ReleaseRefused
from dslm.records import JournalEntry
from dslm.releasing.journal.journal import served
from dslm.releasing.moves.release_identity import (
    AS_NEW,
    named,
    not_that_release,
    registered,
    same_release,
)
from dslm.releasing.registry.mlflow_store import ModelStore
from dslm.releasing.registry.version import Version


def is_same_rollback(
    head: JournalEntry, reason: str, actor: str, to: int | None, expected: int | None
) -> bool:
    """Whether the journal's newest entry is what is asked for: the same command, once more.

    Args:
        head: The newest entry.
        reason: Why it is asked for.
        actor: By whom.
        to: Where to, if that was said.
        expected: The champion that it shall leave, if that was said.
    """
    return (
        head.action == "rollback"
        and (head.reason, head.actor) == (reason.strip(), actor.strip())
        and to in {None, head.to_version}
        and expected in {None, head.from_version}
    )


def target_of(
    store: ModelStore,
    entries: tuple[JournalEntry, ...],
    versions: Sequence[Version],
    to: int | None,
    *,
    stated: bool,
) -> JournalEntry:
    """The entry of the champion to go back to; its number may be of more than one release.

    Args:
        store: The registry.
        entries: The journal.
        versions: Of the registry.
        to: Where to, if that was said.
        stated: Whether the caller said which champion is to be left.

    Raises:
        ReleaseRefused: There is none; or the champion came by a rollback, and the caller said
            neither what to leave nor where to go.
    """
    line = served(entries)
    earlier = [entry for entry in entries if not same_release(entry, line[-1])]
    numbers = sorted({entry.to_version for entry in earlier})
    known = f"champions before: {', '.join(map(str, numbers)) or 'none'}"
    if to is None:
        if len(line) < 2:
            raise ReleaseRefused("nothing to roll back to", where=store.model, fix=known)
        if line[-1].action == "rollback" and not stated:
            raise _back_already(line[-1], line[-2], store.model)
        return line[-2]
    if line and to == line[-1].to_version and registered(store, line[-1], versions):
        raise ReleaseRefused(f"version {to} is the champion now", where=store.model, fix=known)
    meant = [entry for entry in reversed(earlier) if entry.to_version == to]
    if not meant:
        raise ReleaseRefused(f"version {to} was never champion", where=store.model, fix=known)
    return next((e for e in meant if registered(store, e, versions)), meant[0])


def _back_already(head: JournalEntry, before: JournalEntry, model: str) -> ReleaseRefused:
    what = f"{head.actor} rolled back from version {head.from_version} to {head.to_version} already"
    what += f" (journal {head.seq}, {head.at}: {head.reason})"
    fix = f"nothing has moved now; to go back further, say so: `--to {before.to_version}`"
    return ReleaseRefused(what, where=model, fix=fix)


def refuse_gone(
    store: ModelStore,
    entries: Sequence[JournalEntry],
    target: JournalEntry,
    versions: Sequence[Version],
) -> ReleaseRefused:
    """The refusal to go back to a release that the registry does not hold any more."""
    held = sorted({
        e.to_version
        for e in entries
        if not same_release(e, entries[-1]) and registered(store, e, versions)
    })  # fmt: skip
    others = f"`--to` a former champion that is there ({', '.join(map(str, held)) or 'none is'})"
    fix = f"{others}, restore the registry from a backup, or {AS_NEW}"
    if any(version.number == target.to_version for version in versions):
        return not_that_release(target.to_version, store.model, fix=fix)
    what = f"{named(target.to_version, target.to_digest)} is not in the registry any more"
    return ReleaseRefused(what, where=store.model, fix=fix)
