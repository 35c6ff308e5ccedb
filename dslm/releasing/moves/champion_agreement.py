"""Whether registry, journal and `champion.json` name the same champion; the journal is what counts.

Takes what each says; gives the one thing on which they differ and how to repair it. Called before a
version is promoted or its answers count, and by `dslm release list`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dslm.errors import DslmError, InputError, ReleaseRefused
from dslm.errors.notices import notice
from dslm.records import Baseline, JournalEntry
from dslm.releasing.journal.journal_anchors import known_to_readers
from dslm.releasing.moves.baseline import read_champion
from dslm.releasing.moves.champion_move import finish_move
from dslm.releasing.moves.release_identity import (
    is_release,
    named,
    not_that_release,
    registered,
    taken_over,
)
from dslm.releasing.registry.mlflow_connection import client, nothing_yet
from dslm.releasing.registry.mlflow_store import ModelStore
from dslm.releasing.registry.version import Version
from dslm.settings.workspace import Workspace


def wrong_alias(
    store: ModelStore, entries: Sequence[JournalEntry], versions: Sequence[Version]
) -> ReleaseRefused | None:
    """What is wrong with the champion alias; None where it names what the journal does.

    It may name nothing where the journal's champion is gone from the registry.
    """
    alias = next((v.number for v in versions if "champion" in v.aliases), 0)
    head = entries[-1] if entries else None
    held = registered(store, head, versions) if head else None
    if alias == (held.number if held else 0):
        return None
    if head is None:
        what = f"the champion alias names version {alias}, the journal says 0"
        fix = f"restore the journal if there was one; else {_BY_HAND}"
        return ReleaseRefused(what, where=store.model, fix=fix)
    recover = f"`dslm release recover {store.model}`"
    if held is None:
        what = f"the champion alias names version {alias}, which is not the release that the "
        what += f"journal names, {named(head.to_version, head.to_digest)}"
        return ReleaseRefused(what, where=store.model, fix=_BY_HAND)
    what = f"the champion alias names version {alias}, the journal says {held.number}"
    fix = f"finish that move first: {recover}, or promote version {held.number} again"
    if _names_none(store, entries, versions):
        fix = f"it was set by hand, or the journal has lost an entry: {recover}"
    return ReleaseRefused(what, where=store.model, fix=fix)


_BY_HAND = "the alias was set by hand: delete it in MLflow"


def _names_none(
    store: ModelStore, entries: Sequence[JournalEntry], versions: Sequence[Version]
) -> bool:
    """Whether the champion alias names a version that no entry made the champion."""
    return any(
        "champion" in version.aliases
        and not any(is_release(store, entry, version) for entry in entries)
        for version in versions
    )


def refuse_alias_of_none(
    store: ModelStore, entries: Sequence[JournalEntry], versions: Sequence[Version]
) -> None:
    """Refuse to set the alias where it names a version that was never the champion.

    Raises:
        ReleaseRefused: It was set by hand, or the entry that made it the champion is gone.
    """
    if entries and _names_none(store, entries, versions):
        refuse_wrong_alias(store, entries, versions)


def finish_half_done(
    ws: Workspace,
    store: ModelStore,
    entries: tuple[JournalEntry, ...],
    versions: list[Version],
) -> list[Version]:
    """Let the aliases follow a move that was cut short; gives the versions as they are then.

    A move leaves the alias on a former champion, or on none where it was the first.
    """
    alias = next((version for version in versions if "champion" in version.aliases), None)
    ours = len(entries) == 1 if alias is None else not _names_none(store, entries, versions)
    if not (entries and ours and registered(store, entries[-1], versions)):
        return versions
    if wrong_alias(store, entries, versions) is None:
        return versions
    head = finish_move(ws, store, entries)[-1]
    what = f"journal {head.seq} was not finished: the champion alias now names version "
    notice(store.model, f"{what}{head.to_version}, as it says")
    return store.versions()


def refuse_wrong_alias(
    store: ModelStore, entries: Sequence[JournalEntry], versions: Sequence[Version]
) -> None:
    """Refuse to go on while the champion alias names another release than the journal.

    Raises:
        ReleaseRefused: It does.
    """
    if wrong := wrong_alias(store, entries, versions):
        raise wrong


def disagreements(ws: Workspace, store: ModelStore | None = None) -> list[DslmError]:
    """All that registry, journal and `champion.json` do not agree on; empty where all is well."""
    found: list[DslmError] = []
    noted = None
    try:
        noted = read_champion(ws.champion)
    except InputError as unreadable:
        found.append(unreadable)
    if nothing_yet(ws.root):
        return found + _unknown_here(ws, noted)
    store = store or ModelStore(ws.root, ws.workflow, mlflow=client(ws.root, writes=False))
    try:
        entries = known_to_readers(ws, store)
    except ReleaseRefused as broken:
        return [*found, broken]
    return found + list(_differences(ws, store, entries, noted))


def gone_champions(ws: Workspace, store: ModelStore) -> list[DslmError]:
    """What the journal can go back to and the registry holds no more: somebody deleted it.

    dslm deletes no release, and MLflow asks nobody.
    """
    try:
        entries = known_to_readers(ws, store)
    except ReleaseRefused:  # told by `disagreements`
        return []
    versions = store.versions()
    lost = {e.to_version: e for e in entries if registered(store, e, versions) is None}
    there = {e.to_version for e in entries if registered(store, e, versions)}
    if not (gone := sorted(set(lost) - there)):
        return []
    names = ", ".join(named(number, lost[number].to_digest) for number in gone)
    what = f"the registry holds no more what can be rolled back to: {names}"
    fix = f"`dslm release restore {ws.workflow}` from a backup puts it into an empty registry"
    return [ReleaseRefused(what, where=store.model, fix=fix)]


def _differences(
    ws: Workspace,
    store: ModelStore,
    entries: tuple[JournalEntry, ...],
    noted: Baseline | None,
) -> Iterator[DslmError]:
    versions = store.versions()
    if wrong := wrong_alias(store, entries, versions):
        yield wrong
    for version in versions:
        if taken_over(store, entries, version):
            also = f"; its status is {version.tags.get('status')!r}"
            yield not_that_release(version.number, store.model, also=also)
    head = entries[-1] if entries else None
    held = registered(store, head, versions) if head else None
    if head and (held is None or not held.approved):
        state = f"is {held.tags.get('status')!r}" if held else "is not in the registry"
        what = f"the champion, {named(head.to_version, head.to_digest)}, {state}"
        fix = "restore the registry from a backup, or register that release again and promote it"
        yield ReleaseRefused(what, where=store.model, fix=fix)
    if head is None:
        yield from _unknown_here(ws, noted)
    elif noted and (wrong_note := _wrong_note(noted, head, held)):
        fix = f"`git pull`, or promote version {head.to_version} again"
        yield ReleaseRefused(wrong_note, where=ws.champion, fix=fix)


def _wrong_note(noted: Baseline, head: JournalEntry, held: Version | None) -> str | None:
    """What `champion.json` says otherwise than the journal and the version's tags."""
    digest = head.to_digest or noted.digest
    if (noted.version, noted.digest) != (head.to_version, digest):
        return (
            f"names {named(noted.version, noted.digest)}, the journal says "
            f"{named(head.to_version, head.to_digest)}"
        )
    made_for = held.contract_version if held else 0
    if noted.contract_version is None or made_for in {0, noted.contract_version}:
        return None
    return f"says contract version {noted.contract_version}, the release is of {made_for}"


def _unknown_here(ws: Workspace, noted: Baseline | None) -> list[DslmError]:
    """A champion that the repository names and no journal knows."""
    if noted is None or noted.version == 0:
        return []
    what = f"names {named(noted.version, noted.digest)}, the journal says that nothing was promoted"
    fix = "restore the registry and its journal, or begin again: docs/releases.md says how"
    return [ReleaseRefused(what, where=ws.champion, fix=fix)]
