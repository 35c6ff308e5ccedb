"""One move of the champion: the journal's entry first, then all that follows it.

Promotion, rollback and `recover` share this one state machine. An entry of the journal is the move;
`settle` makes aliases, the versions' status and `champion.json` say what the journal's newest entry
says, step by step as `FOLLOWS` lists them, then reads back, until both agree. It may be called at
any time, by anyone, any number of times: that is how a move that was cut short is finished.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from dslm.errors import EnvironmentFault
from dslm.evidence import TERMS_FILE
from dslm.journal_entry import Approved
from dslm.provenance import digest_file, write_atomic
from dslm.records import Bridged, Champion, JournalEntry
from dslm.releasing.journal import journal_copy
from dslm.releasing.journal.journal import Journal, digest_of, served, withdrawn
from dslm.releasing.journal.journal_anchors import COPY
from dslm.releasing.journal.look_anchors import TAG, look_of
from dslm.releasing.journal.policy_in_force import HeldPolicy
from dslm.releasing.moves import command_steps, move_clock
from dslm.releasing.moves.anchor_release import anchor_release
from dslm.releasing.moves.kept_terms import keep_terms, refuse_other_terms
from dslm.releasing.moves.release_identity import has_bytes_of, not_that_release, registered
from dslm.releasing.registry.mlflow_errors import AccessRefused
from dslm.releasing.registry.mlflow_store import ModelStore
from dslm.releasing.registry.version import CANDIDATE, WITHDRAWN, Version
from dslm.releasing.signing.version_signatures import signed_move, state_move
from dslm.releasing.verification.release_verification import ReleaseProof
from dslm.settings.workspace import Workspace

Action = Literal["promote", "rollback", "recover"]
TURNS = 20  # how often others may move the champion while this process lets aliases follow


@dataclass(frozen=True)
class ChampionMove:
    """What is to be done, all of it known before anything is: `leaves` is the champion so far.

    `under`: the release policy that it is made under, and `held` the one of the entry before.
    """

    action: Action
    leaves: JournalEntry | None
    leaves_digest: str | None
    to: ReleaseProof
    reason: str
    actor: str
    under: HeldPolicy
    held: HeldPolicy | None
    lost: tuple[str, ...] | None = None
    bridged: Bridged | None = None
    approvals: tuple[Approved, ...] = ()

    def entry(self, genesis: str) -> JournalEntry:
        """The entry that makes it, after the champion that it leaves and no other."""
        before, terms = self.leaves, self.to.folder / TERMS_FILE
        return JournalEntry(
            seq=before.seq + 1 if before else 1,
            at=move_clock.now().isoformat(timespec="seconds"),
            actor=self.actor.strip(),
            action=self.action,
            from_version=before.to_version if before else 0,
            to_version=self.to.version,
            from_digest=self.leaves_digest if before else None,
            to_digest=self.to.digest,
            reason=self.reason.strip(),
            verdict_digest=self.to.verdict_digest,
            look=look_of(self.to.verdict),
            terms=digest_file(terms) if terms.is_file() else None,
            operation=secrets.token_hex(8),
            lost=self.lost or None,
            bridged=self.bridged,
            policy_digest=self.under.digest,
            policy=None if self.under == self.held else self.under.plain,
            release_key=self.to.signed_with,
            approvals=self.approvals or None,
            previous_digest=digest_of(before) if before else genesis,
        )


def make_move(ws: Workspace, store: ModelStore, move: ChampionMove) -> JournalEntry:
    """Write the journal, then let all that follows it follow.

    Raises:
        ReleaseRefused: Somebody else moved the champion first; nothing has moved by this.
        InputError: The policy wants moves signed, and there is no key for it here.
        AccessRefused: The registry lets this user not move it; nothing has moved.
    """
    store.claim()
    journal = Journal(store)
    entry = signed_move(ws, move.entry(journal.genesis), move.under, move.to.contract)
    entries = journal.append(entry)
    command_steps.reached("journal")
    if finish_move(ws, store, entries)[-1] == entry:  # nobody has moved on meanwhile
        state_move(ws, move.to.folder, entry, move.under.policy)
    command_steps.reached("statement")
    return entry


@dataclass(frozen=True)
class _Wanted:
    """What the journal says of the registry, and what the registry was when that was asked."""

    ws: Workspace
    store: ModelStore
    entries: tuple[JournalEntry, ...]
    versions: Sequence[Version]
    champion: Version
    previous: Version | None
    noted: bytes  # what `champion.json` has to be

    @property
    def aliases(self) -> dict[str, int | None]:
        """Which version each alias has to name."""
        previous = self.previous.number if self.previous else None
        return {"previous": previous, "champion": self.champion.number}


def finish_move(
    ws: Workspace, store: ModelStore, entries: tuple[JournalEntry, ...]
) -> tuple[JournalEntry, ...]:
    """Bring all in step with the journal, and read both back until they agree.

    An alias names a version only where that is the journal's release by its digest too: the
    champion is refused otherwise, and `previous` then names nothing.

    Returns:
        The journal as it was in the end: somebody else may have moved on meanwhile.

    Raises:
        ReleaseRefused: The champion is not in the registry.
        EnvironmentFault: Others go on moving the champion or its aliases.
    """
    for _ in range(TURNS):
        wanted = _wanted(ws, store, entries)
        for step, follow in FOLLOWS:
            follow(wanted)
            command_steps.reached(step)
        agreed = _agrees(wanted)
        now = Journal(store).entries()  # after the aliases: whoever moves on lets them follow
        if agreed and now == entries:
            command_steps.reached("read back")
            return entries
        entries = now
    what = "others go on moving the champion or its aliases"
    raise EnvironmentFault(what, where=ws.workflow, fix="the same command again, later")


def _wanted(ws: Workspace, store: ModelStore, entries: tuple[JournalEntry, ...]) -> _Wanted:
    """The champion's version and that of the one before, as they were registered."""
    line, versions = served(entries), store.versions()
    champion = registered(store, line[-1], versions)
    if champion is None:
        raise not_that_release(line[-1].to_version, store.model)
    previous = registered(store, line[-2], versions) if len(line) > 1 else None
    refuse_other_terms(ws, line[-1], champion)
    noted = _noted(ws, store, entries, champion, versions)
    return _Wanted(ws, store, entries, versions, champion, previous, noted)


def _agrees(wanted: _Wanted) -> bool:
    """Whether the registry is as it was made; it may have been deleted or registered anew."""
    store, line, versions = wanted.store, served(wanted.entries), wanted.store.versions()
    found = [registered(store, entry, versions) for entry in reversed(line[-2:])]
    there = dict(zip(("champion", "previous"), found, strict=False))
    named = _names(versions)
    return all(
        _is_named(wanted, named, alias)
        and number == (one.number if (one := there.get(alias)) else None)
        for alias, number in wanted.aliases.items()
    )


def _is_named(wanted: _Wanted, named: Mapping[str, int], alias: str) -> bool:
    """Whether an alias names what it has to, or the champion itself where that is nothing."""
    number = wanted.aliases[alias]
    nothing = {None, wanted.champion.number}
    return named.get(alias) in (nothing if number is None else {number})


def _names(versions: Iterable[Version]) -> dict[str, int]:
    """Which version each alias names."""
    return {alias: version.number for version in versions for alias in version.aliases}


def _point(wanted: _Wanted, alias: str) -> None:
    number = wanted.aliases[alias]
    if _names(wanted.versions).get(alias) == number:
        return
    try:
        wanted.store.point(alias, number)
    except AccessRefused:
        if number is not None:
            raise
        wanted.store.point(alias, wanted.champion.number)  # who may delete no alias may set one


def _previous(wanted: _Wanted) -> None:
    _point(wanted, "previous")


def _champion(wanted: _Wanted) -> None:
    _point(wanted, "champion")


def _status(wanted: _Wanted) -> None:
    """Mark what was rolled back from as withdrawn, with the reason; the champion is none such."""
    store, off = wanted.store, withdrawn(wanted.entries)
    for version in wanted.versions:
        if not version.approved:
            continue
        by = next((by for made, by in off if has_bytes_of(store, made, version)), None)
        status = WITHDRAWN if by else CANDIDATE
        why = f"by {by.actor}, journal {by.seq}: {by.reason}" if by else ""
        if version.tags.get(WITHDRAWN, "") != why:
            store.tag(version.number, WITHDRAWN, why)
        if version.tags.get("status") != status:
            store.tag(version.number, "status", status)


def _copy(wanted: _Wanted) -> None:
    """Leave a copy of the newest entry with the version that it went to."""
    head = wanted.entries[-1]
    key, text = f"{COPY}{head.seq}", head.model_dump_json(exclude_none=True)
    if wanted.champion.tags.get(key) != text:
        wanted.store.tag(wanted.champion.number, key, text)


def _terms(wanted: _Wanted) -> None:
    keep_terms(wanted.ws, wanted.store, wanted.champion, done=_is_written(wanted))


def _history(wanted: _Wanted) -> None:
    """The whole journal in git, beside `champion.json`: a registry may be lost whole."""
    written = journal_copy.written(wanted.entries)
    path = wanted.ws.journal_copy
    if not (path.is_file() and path.read_bytes() == written):
        write_atomic(path, written)


def _note(wanted: _Wanted) -> None:
    if not _is_written(wanted):
        wanted.ws.promotion.unlink(missing_ok=True)  # the statement of another move
        write_atomic(wanted.ws.champion, wanted.noted)


def _is_written(wanted: _Wanted) -> bool:
    path = wanted.ws.champion
    return path.is_file() and path.read_bytes() == wanted.noted


def _noted(
    ws: Workspace,
    store: ModelStore,
    entries: tuple[JournalEntry, ...],
    champion: Version,
    versions: Sequence[Version],
) -> bytes:
    """The text of `champion.json`."""
    noted = Champion(
        version=champion.number,
        digest=champion.digest,
        contract_version=champion.contract_version or None,
        look=champion.tags.get(TAG),
        terms=champion.terms,
        anchor_release=anchor_release(ws, store, entries, champion.contract_version, versions),
        journal=entries[-1],
        journal_head=digest_of(entries[-1]),
    )
    return (json.dumps(noted.written(), indent=2) + "\n").encode()


FOLLOWS: tuple[tuple[str, Callable[[_Wanted], None]], ...] = (
    ("previous", _previous),
    ("champion", _champion),
    ("status", _status),
    ("copy", _copy),
    ("terms", _terms),
    ("journal.jsonl", _history),
    ("champion.json", _note),
)
