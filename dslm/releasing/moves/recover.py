"""`dslm release recover`: journal, aliases and `champion.json` brought together again.

Takes what is left of a journal, the copies of its entries that versions and git have, and what git
says that served; restores each entry that is known, says what is lost for good, and lets all that
follows the journal follow. Every step may be the last one of a killed process: nothing that is read
here is taken away, so the same command again goes on.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from dslm.errors import ReleaseRefused
from dslm.errors.third_party_errors import VARIABLE
from dslm.records import Champion, JournalEntry
from dslm.releasing.journal.journal import Journal, digest_of, entry_of, longest_chain
from dslm.releasing.journal.journal_anchors import (
    Anchor,
    anchors,
    lacking,
    refuse_not_vouched,
    unknown_champion,
    vouched_part,
)
from dslm.releasing.journal.journal_copy import readable_copy
from dslm.releasing.journal.journal_proof import proved_part, stands_alone
from dslm.releasing.journal.lost_entries import cut_off, told_lost
from dslm.releasing.journal.policy_in_force import policies_of
from dslm.releasing.moves import command_steps
from dslm.releasing.moves.baseline import read_noted, readable_note
from dslm.releasing.moves.champion_move import ChampionMove, finish_move, make_move
from dslm.releasing.moves.release_identity import named, registered
from dslm.releasing.registry.mlflow_connection import nothing_yet
from dslm.releasing.registry.mlflow_store import RESTORE, ModelStore
from dslm.releasing.registry.version import Version
from dslm.releasing.verification.release_verification import prove
from dslm.settings.workspace import Workspace
from dslm.stage import exclusive

NOT_PROVED = "not signed or approved as the entries before it ask for, counts no more"


@dataclass(frozen=True)
class _Known:
    """What is left of a journal: its readable pages, and what is known of it elsewhere.

    `lost`: digests of what it says itself is lost; `unproved`: of what cannot be proved.
    """

    store: ModelStore
    noted: Champion
    versions: Sequence[Version]
    pages: Mapping[int, JournalEntry | None]
    anchors: tuple[Anchor, ...] = ()
    lost: frozenset[str] = frozenset()
    unproved: frozenset[str] = frozenset()

    @property
    def entries(self) -> list[JournalEntry]:
        """Every entry that anything holds, but those that are told to be lost, or not proved."""
        kept = [entry for entry in self.pages.values() if entry]
        kept += [anchor.entry for anchor in self.anchors if anchor.entry]
        gone = self.lost | self.unproved
        return [entry for entry in kept if digest_of(entry) not in gone]

    @property
    def copied(self) -> set[str]:
        """Digests of what is known outside the journal: an entry that lost a race is not."""
        return {anchor.digest for anchor in self.anchors}


def recover(ws: Workspace, actor: str, *, accept_loss: bool = False) -> list[str]:
    """Repair what can be repaired of a workflow's journal, aliases and `champion.json`.

    Args:
        ws: The workflow.
        actor: Who, for the journal, where an entry of it is lost.
        accept_loss: Whether to go on from the newest champion that is known where entries are lost
            for good; the journal then says which.

    Returns:
        What was done, a line each; nothing where all agreed.

    Raises:
        ReleaseRefused: Entries are lost for good, or the champion is not in the registry.
    """
    if nothing_yet(ws.root):
        fix = f"name the registry's server in {VARIABLE}, or restore it: docs/releases.md says how"
        raise ReleaseRefused("there is no registry here", where=ws.workflow, fix=fix)
    with exclusive(ws.root, f"release-{ws.workflow}", refusal=ReleaseRefused):
        store = ModelStore(ws.root, ws.workflow)
        known = _known(ws, store, accept_loss=accept_loss)
        told: list[str] = []
        if not _is_whole(known):
            right = longest_chain(Journal(store).genesis, known.entries, known.copied)
            refuse_not_vouched(ws, right, known.noted, store.model)  # before it writes
            told += _restore(known)
        entries = Journal(store).entries()
        told += _tell_loss(ws, known, entries, actor, accept_loss=accept_loss)
        entries = Journal(store).entries()
        if not entries:
            read_noted(ws.champion)  # which nothing can be written from
            return told
        refuse_not_vouched(ws, entries, readable_note(ws.champion), store.model)
        files = ws.champion, ws.journal_copy
        before, texts = store.aliases(), [_text(path) for path in files]
        finish_move(ws, store, entries)
        after = store.aliases()
        for alias in ("champion", "previous"):
            if (was := before.get(alias)) != (now := after.get(alias)):
                told.append(f"alias {alias}: named {was or 'nothing'}, names {now or 'nothing'}")
        told += [
            f"{path.name}: written again from the journal"
            for path, text in zip(files, texts, strict=True)
            if _text(path) != text
        ]
    return told


def _known(ws: Workspace, store: ModelStore, *, accept_loss: bool) -> _Known:
    """All that is left; with `accept_loss` nothing that the policy's file speaks against."""
    noted, versions, journal = readable_note(ws.champion), store.versions(), Journal(store)
    pages = {}
    for page in journal.pages(all_of_them=True):
        entry = entry_of(page.tags.get("entry", ""))
        whole = entry is not None and page.tags.get("digest") == digest_of(entry)
        pages[page.number] = entry if whole else None
    copies = [Anchor(ws.journal_copy.name, entry.seq, digest_of(entry), entry)
              for entry in readable_copy(ws)]  # fmt: skip
    known = _Known(store, noted, versions, pages, (*anchors(noted, versions), *copies))
    saying = [entry for page in journal.pages() if (entry := pages.get(page.number))]
    saying += [anchor.entry for anchor in known.anchors if anchor.entry]
    lost = told_lost(
        saying, known.entries, journal.genesis,
        lambda line: vouched_part(ws, proved_part(line, store.model), noted, store.model),
    )  # fmt: skip
    known = replace(known, lost=lost)
    return replace(known, unproved=_unproved(known, ws if accept_loss else None))


def _unproved(known: _Known, ws: Workspace | None) -> frozenset[str]:
    """Digests of entries that follow the journal and are signed wrongly or not approved.

    What follows such an entry is as little proved as it is. With a workspace, also those that only
    its policy's file speaks against.
    """
    left, wrong = known.entries, set[str]()
    while True:
        chained = longest_chain(Journal(known.store).genesis, left, known.copied)
        right = proved_part(chained, known.store.model)
        if ws is not None:
            right = vouched_part(ws, right, known.noted, known.store.model)
        if len(right) == len(chained):
            return frozenset(wrong)
        wrong.add(digest_of(chained[len(right)]))
        for entry in sorted(left, key=lambda one: one.seq):
            if entry.previous_digest in wrong:
                wrong.add(digest_of(entry))
        left = [entry for entry in left if digest_of(entry) not in wrong]


def _is_whole(known: _Known) -> bool:
    if known.unproved:
        return False
    try:
        entries = Journal(known.store).entries()
    except ReleaseRefused:
        return False
    return not lacking(entries, known.anchors)


def _restore(known: _Known) -> Iterator[str]:
    """Write the entries again whose pages are gone or changed; put aside what does not belong."""
    journal = Journal(known.store)
    right = longest_chain(journal.genesis, known.entries, known.copied)
    counting = {page.number for page in journal.pages()}
    held = {digest_of(entry) for page, entry in known.pages.items() if entry and page in counting}
    for entry in right:
        if digest_of(entry) not in held:
            journal.restore(entry)
            yield f"journal entry {entry.seq} ({_told(entry)}): restored"
    command_steps.reached("entries restored")
    heads = {journal.genesis, *map(digest_of, right)}
    belongs = {digest_of(entry) for entry in right}
    lost_race = {digest_of(e) for e in known.entries if e.previous_digest in heads} - belongs
    for page, kept in known.pages.items():
        if page not in counting:
            continue
        if kept is None:
            yield f"page {page} of the journal: changed or unreadable, counts no more"
        elif digest_of(kept) in known.unproved:
            yield f"journal entry {kept.seq} ({_told(kept)}): {NOT_PROVED}"
        elif digest_of(kept) in belongs:
            continue
        elif digest_of(kept) not in lost_race:
            yield f"journal entry {kept.seq} ({_told(kept)}): what came before it is lost"
        journal.put_aside(page)
    command_steps.reached("pages put aside")


def _tell_loss(
    ws: Workspace,
    known: _Known,
    entries: tuple[JournalEntry, ...],
    actor: str,
    *,
    accept_loss: bool,
) -> list[str]:
    """Where entries are lost for good: say so in the journal, and go on from what served.

    Raises:
        ReleaseRefused: The loss was not accepted, or what served is not known or not there.
    """
    store = known.store
    held = {digest_of(entry) for entry in entries}
    strays = cut_off(known.entries, held, Journal(store).genesis)
    missing = lacking(entries, known.anchors)
    if not entries and not missing and not strays:
        return []  # nothing was promoted
    lost = {digest_of(e): e.seq for e in strays} | {one.digest: one.seq for one in missing}
    what = _lost(known, entries, max([*lost.values(), 0]), accept_loss=accept_loss)
    if what is None:
        return []
    version = _what_served(ws, known, entries, there=accept_loss)
    if not accept_loss:
        fix = f"restore MLflow's database from a backup, or go on from version {version.number}: "
        fix += f"`dslm release recover {ws.workflow} --accept-loss`"
        raise ReleaseRefused(f"{what} for good", where=f"{store.model}.journal", fix=fix)
    with tempfile.TemporaryDirectory(prefix="dslm-") as scratch:
        proof = prove(store, version, Path(scratch))
        leaves = entries[-1] if entries else None
        reason = f"{what}; {named(version.number, version.digest)} served"
        move = ChampionMove("recover", leaves, leaves.to_digest if leaves else None, proof, reason,
                    actor, *policies_of(ws, entries), lost=tuple(sorted(lost)))  # fmt: skip
        made = make_move(ws, store, move)
    command_steps.reached("loss told")
    return [f"{what} for good; journal entry {made.seq} says so, and that {_told(made)} served"]


def _lost(
    known: _Known, entries: Sequence[JournalEntry], last: int, *, accept_loss: bool
) -> str | None:
    """What is lost, in words: entries up to a number, the entry or the release of the champion."""
    if last:
        return f"journal entries {len(entries) + 1} to {last} are lost"
    noted = known.noted
    if unknown_champion(noted, entries):
        return f"the entry that made {named(noted.version, noted.digest)} the champion is lost"
    if not accept_loss or registered(known.store, entries[-1], known.versions):
        return None  # a champion that is not in the registry is told of by `settle`
    head = entries[-1]
    return f"the champion, {named(head.to_version, head.to_digest)}, is lost"


def _what_served(
    ws: Workspace, known: _Known, entries: Sequence[JournalEntry], *, there: bool = False
) -> Version:
    """The newest champion that anything knows of, as the registry has it.

    Of what only the registry knows, and nothing leads to, that which is signed and approved; not
    what lost a race, whose place another entry has.

    Args:
        ws: The workflow.
        known: What is left.
        entries: The journal as it is now.
        there: Pass over those that the registry holds no more.

    Raises:
        ReleaseRefused: It is not there, or has not answered.
    """
    store, noted = known.store, known.noted
    policy, _ = policies_of(ws, entries)
    believed = [one.entry for one in known.anchors if one.in_git]
    strays = [e for e in known.entries if e not in entries and (e in believed or (
        e.seq > len(entries) and stands_alone(entries, e, policy, store.model)))]  # fmt: skip
    moves = sorted([*strays, *entries], key=lambda entry: -entry.seq)
    held = [registered(store, entry, known.versions) for entry in moves[: None if there else 1]]
    found = next((version for version in held if version and version.approved), None)
    if noted.version and noted.journal is None and unknown_champion(noted, entries):
        found = next((v for v in known.versions if _is(v, noted)), None)
    if found is None or not found.approved:
        what = "the newest champion that is known is not in the registry, or broken there"
        raise ReleaseRefused(what, where=store.model, fix=RESTORE)
    return found


def _is(version: Version, noted: Champion) -> bool:
    return version.number == noted.version and noted.digest in {None, version.digest}


def _told(entry: JournalEntry) -> str:
    return f"{entry.action} {entry.from_version} → {entry.to_version}"


def _text(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None
