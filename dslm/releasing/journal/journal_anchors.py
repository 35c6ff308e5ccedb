"""What outside the journal knows of it: whoever deletes its newest entry has to delete these too.

Each move leaves a copy of its entry with the version that it went to, and in `champion.json`, which
git keeps; each registration leaves the digest of the newest entry with its version. Takes these;
refuses a journal that lacks what one of them names. Called before every move and registration.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from dslm.contract import load_contract
from dslm.errors import InputError, ReleaseRefused
from dslm.errors.notices import notice
from dslm.records import Champion, JournalEntry
from dslm.releasing.journal.journal import Journal, digest_of, entry_of
from dslm.releasing.journal.journal_proof import signers, vouched_by_git_alone
from dslm.releasing.journal.policy_in_force import policy_of
from dslm.releasing.moves.baseline import read_noted, readable_note
from dslm.releasing.moves.release_identity import named
from dslm.releasing.registry.mlflow_store import ModelStore
from dslm.releasing.registry.version import Version
from dslm.settings.release_policy import PATH, PUBLISHED, load_release_policy
from dslm.settings.workspace import Workspace

COPY = "journal."  # and the entry's number: the copy that the version has which it went to
HEAD = "journal"  # the newest entry when the version was registered
IN_GIT = ("champion.json", "journal.jsonl")


@dataclass(frozen=True)
class Anchor:
    """An entry that has to be there: named by whom, its number, its digest, itself if known."""

    by: str
    seq: int
    digest: str
    entry: JournalEntry | None = None

    @property
    def in_git(self) -> bool:
        """Whether git names it, and not the registry, whose tags more people may write."""
        return self.by in IN_GIT


def known_moves(ws: Workspace, store: ModelStore) -> tuple[tuple[JournalEntry, ...], list[Version]]:
    """The journal, proved by its chain and by what is known of it elsewhere; and all versions.

    Raises:
        ReleaseRefused: It was changed, or lacks an entry.
        InputError: `champion.json` cannot be read.
    """
    noted, versions = read_noted(ws.champion), store.versions()  # before the journal, which grows
    entries = Journal(store).entries()
    refuse_cut(entries, anchors(noted, versions), store.model)
    refuse_unknown_to_git(ws, entries, noted, store.model)
    refuse_unsigned(ws, entries, noted, store.model)
    return entries, versions


def known_to_readers(ws: Workspace, store: ModelStore) -> tuple[JournalEntry, ...]:
    """The same for who only looks: a `champion.json` that cannot be read is no reason to stop.

    Raises:
        ReleaseRefused: The journal was changed, or lacks an entry.
    """
    noted, versions = readable_note(ws.champion), store.versions()
    entries = Journal(store).entries()
    refuse_cut(entries, anchors(noted, versions), store.model)
    refuse_unknown_to_git(ws, entries, noted, store.model)
    refuse_unsigned(ws, entries, noted, store.model)
    return entries


def anchors(noted: Champion, versions: Iterable[Version]) -> Iterator[Anchor]:
    """What git and the versions know of the journal.

    Args:
        noted: The repository's `champion.json`.
        versions: Of the registry.
    """
    if noted.journal is not None:
        yield Anchor("champion.json", noted.journal.seq, digest_of(noted.journal), noted.journal)
    for version in versions:
        by = f"version {version.number}"
        if found := re.fullmatch(r"([1-9][0-9]{0,8}) (\S+)", version.tags.get(HEAD, "")):
            yield Anchor(by, int(found[1]), found[2])
        for key, text in version.tags.items():
            entry = entry_of(text) if key.startswith(COPY) else None
            if entry is not None:
                yield Anchor(by, entry.seq, digest_of(entry), entry)


def lacking(entries: Sequence[JournalEntry], known: Iterable[Anchor]) -> list[Anchor]:
    """The anchors that the journal neither has nor tells to be lost."""
    held = {digest_of(entry) for entry in entries}
    held |= {digest for entry in entries for digest in entry.lost or ()}
    return [anchor for anchor in known if anchor.digest not in held]


def refuse_cut(entries: Sequence[JournalEntry], known: Iterable[Anchor], model: str) -> None:
    """Refuse a journal that lacks an entry which something outside it names.

    Where there is no journal and no version names one, the registry is another or was lost whole:
    `champion.json` then says what served.

    Raises:
        ReleaseRefused: It does.
    """
    missing = lacking(entries, known)
    if not entries and all(anchor.by == "champion.json" for anchor in missing):
        return
    if missing:
        last = max(missing, key=lambda anchor: anchor.seq)
        what = f"the journal has {len(entries)} entries and lacks entry {last.seq}, which "
        what += f"{last.by} names"
        raise ReleaseRefused(what, where=model, fix=_RECOVER.format(model))


def refuse_unsigned(
    ws: Workspace, entries: Sequence[JournalEntry], noted: Champion, model: str
) -> None:
    """Refuse newest entries that nobody signed, where the policy's file wants moves signed.

    Elsewhere they are told of, where the policy knows anybody's key.

    Raises:
        ReleaseRefused: There are such.
    """
    signing = load_release_policy(ws.root).signing
    if not (numbers := not_signed(ws, entries, noted, model)):
        return
    several = len(numbers) > 1
    what = f"journal entr{'ies' if several else 'y'} {', '.join(map(str, numbers))} "
    what += f"{'are' if several else 'is'} not signed by anybody whom the policy knows"
    if signing.required:
        fix = f"find out who wrote it, then {_PUT_ASIDE.format(model)}"
        raise ReleaseRefused(f"{what}, and {PATH} wants that", where=f"{model}.journal", fix=fix)
    notice(model, what, "nothing shows who made them")


def not_signed(
    ws: Workspace, entries: Sequence[JournalEntry], noted: Champion, model: str
) -> range:
    """Numbers of the newest entries that nobody signed, where the policy knows anybody's key.

    Older ones are vouched for by a signed entry after them, which names what came before it; where
    the policy's file wants moves signed, also by `champion.json` in git.
    """
    policy = load_release_policy(ws.root)
    if not (policy.signing.required or policy.signing.keys or policy.people):
        return range(0)
    signed = [n for n, who in enumerate(_shown(ws, entries, model), start=1) if who]
    if policy.signing.required:
        signed += [entry.seq for entry in entries if _is_noted(entry, noted)]
    return range(max(signed, default=0) + 1, len(entries) + 1)


def refuse_unknown_to_git(
    ws: Workspace, entries: Sequence[JournalEntry], noted: Champion, model: str
) -> None:
    """Refuse a journal that goes on by what came along with a move, and is unknown to git.

    A policy that nobody had to approve, or a recovery to what nobody did.

    Raises:
        ReleaseRefused: It does.
    """
    if since := _unknown_to_git(ws, entries, noted):
        what = f"journal entry {since} was made under a release policy that this repository has not"
        if entries[since - 1].action == "recover":
            what = f"journal entry {since} goes on from a release that nobody approved, and "
            what += f"{ws.champion.name} does not have it"
        fix = "`git pull`; if nobody committed it, somebody wrote it past `dslm release`: find out "
        fix += f"who, then {_PUT_ASIDE.format(model)}"
        raise ReleaseRefused(what, where=f"{model}.journal", fix=fix)


def vouched_part(
    ws: Workspace, entries: Sequence[JournalEntry], noted: Champion, model: str
) -> tuple[JournalEntry, ...]:
    """The entries before the first one that `refuse_unsigned` or `refuse_unknown_to_git` refuse."""
    since = _unknown_to_git(ws, entries, noted)
    numbers = [since] if since else []
    if load_release_policy(ws.root).signing.required:
        numbers += not_signed(ws, entries, noted, model)
    return tuple(entries[: min(numbers) - 1] if numbers else entries)


def refuse_not_vouched(
    ws: Workspace, entries: Sequence[JournalEntry], noted: Champion, model: str
) -> None:
    """Refuse entries that every other command would refuse, before they lead anywhere.

    Raises:
        ReleaseRefused: There are such.
    """
    if len(vouched_part(ws, entries, noted, model)) < len(entries):
        refuse_unknown_to_git(ws, entries, noted, model)
        refuse_unsigned(ws, entries, noted, model)


def _unknown_to_git(ws: Workspace, entries: Sequence[JournalEntry], noted: Champion) -> int:
    """The first entry that counts only where git knows of it, and git does not; 0 for none.

    Git has the policy's file, and the entry in `champion.json`.
    """
    there, file = noted.journal, policy_of(ws.root)
    asks = file.policy.signing.required or any(file.policy.approvals.named())
    if there is None or not any(_is_noted(entry, noted) for entry in entries):
        asks = asks and _names_none(ws)  # else git has a champion, and not the way to it
        return vouched_by_git_alone(entries, {file.digest}, 0, asks=asks)
    known = {there.policy_digest} if there.policy_digest else set()
    return vouched_by_git_alone(entries, {file.digest} | known, there.seq, asks=asks)


def _names_none(ws: Workspace) -> bool:
    """Whether `champion.json` says that there is no champion; one that is broken does not."""
    try:
        return read_noted(ws.champion).version == 0
    except InputError:
        return False


def _shown(ws: Workspace, entries: Sequence[JournalEntry], model: str) -> list[str | None]:
    """Who signed each entry, as far as that shows something: the published key shows nothing."""
    names = list(signers(entries, model))
    if PUBLISHED in names:
        try:
            invented = load_contract(ws.contract).data.personal.demonstration_key
        except InputError:
            invented = False
        if not invented:
            return [None if name == PUBLISHED else name for name in names]
    return names


def _is_noted(entry: JournalEntry, noted: Champion) -> bool:
    """Whether `champion.json` names an entry, or the release that it went to."""
    if noted.journal is not None:
        return digest_of(entry) == digest_of(noted.journal)
    return (entry.to_version, entry.to_digest) == (noted.version, noted.digest)


_PUT_ASIDE = "`dslm release recover {} --accept-loss` puts it aside"
_RECOVER = "`dslm release recover {}` restores what is known of it"


def refuse_unknown_champion(
    ws: Workspace, store: ModelStore, entries: Sequence[JournalEntry]
) -> None:
    """Refuse where git names a champion that no entry made one: the entry is gone.

    For a `champion.json` of before it held the journal's newest entry.

    Raises:
        ReleaseRefused: It does.
    """
    noted = read_noted(ws.champion)
    if noted.journal is None and unknown_champion(noted, entries):
        what = f"names {named(noted.version, noted.digest)}, which no entry of the journal made "
        what += "the champion"
        fix = f"`git pull` or `git checkout` it; {_RECOVER.format(store.model)}"
        raise ReleaseRefused(what, where=ws.champion, fix=fix)


def unknown_champion(noted: Champion, entries: Sequence[JournalEntry]) -> bool:
    """Whether `champion.json` names a release that the journal does not."""
    return bool(noted.version and entries) and not any(
        entry.to_version == noted.version
        and (entry.to_digest is None or noted.digest in {None, entry.to_digest})
        for entry in entries
    )


def head_tag(entries: Sequence[JournalEntry]) -> dict[str, str]:
    """How a version that is registered names the journal's newest entry."""
    return {HEAD: f"{len(entries)} {digest_of(entries[-1])}"} if entries else {}
