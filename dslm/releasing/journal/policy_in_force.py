"""The release policy that a move is made under: as the journal holds it, or as the file has it.

Takes entries of the journal, or `registry/policy.yaml`; gives a `HeldPolicy`, and the `Standing`
after an entry: whose policy, and which keys it has retired by then. Called by whatever signs,
proves or approves a move. A key's last day is judged by the order of the journal: an entry's own
time is only what its signer says, but no entry is older than one before it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from dslm.errors import ReleaseRefused
from dslm.provenance import canonical_json, digest_json
from dslm.records import JournalEntry
from dslm.settings.release_policy import ReleasePolicy, load_release_policy
from dslm.settings.workspace import Workspace
from dslm.strict_json import strict_json

NEWER = "a newer dslm may read it; `dslm release recover` puts aside what nobody can prove"


@dataclass(frozen=True)
class HeldPolicy:
    """A release policy, what it says as JSON, and the digest of that."""

    policy: ReleasePolicy
    plain: dict[str, Any]
    digest: str

    def retired_by(self, day: dt.date) -> frozenset[str]:
        """Ids of the keys whose last day it names, and that has come."""
        if not any(key.retired for key in self._keys()):
            return frozenset()
        from dslm.releasing.signing.trusted_keys import mover_trust, people_trust

        known = (*mover_trust(self.policy).keys, *people_trust(self.policy, None).keys)
        return frozenset(one.key.id for one in known if one.retired and one.retired <= day)

    def _keys(self) -> Iterable[Any]:
        yield from self.policy.signing.keys
        for keys in self.policy.people.values():
            yield from keys


@dataclass(frozen=True)
class Standing:
    """What stands after an entry: the policy, and the newest day that any entry names."""

    held: HeldPolicy | None = None
    day: dt.date = dt.date.min

    def after(self, entry: JournalEntry) -> Standing:
        """What stands after the next one.

        Raises:
            ReleaseRefused: Its policy is not what its digest says, or none that can be read.
        """
        return Standing(self._held_after(entry), self.day_of(entry))

    def day_of(self, entry: JournalEntry) -> dt.date:
        """The earliest day that an entry can be of: its own, or that of one before it."""
        try:
            return max(self.day, dt.datetime.fromisoformat(entry.at).astimezone(dt.UTC).date())
        except (ValueError, OverflowError):
            return self.day

    @property
    def retired(self) -> frozenset[str]:
        """Keys that sign nothing any more."""
        return self.held.retired_by(self.day) if self.held else frozenset()

    def _held_after(self, entry: JournalEntry) -> HeldPolicy | None:
        if entry.policy is not None:
            held = read_policy(entry.policy)
            if held.digest == entry.policy_digest:
                return held
            what = f"journal entry {entry.seq}: its policy is not the one that it names"
            raise ReleaseRefused(what, fix=NEWER)
        if entry.policy_digest is None:  # of before entries named one, or by an older dslm
            return self.held
        if self.held is None or self.held.digest != entry.policy_digest:
            what = f"journal entry {entry.seq} names a policy that no entry before it holds"
            raise ReleaseRefused(what, fix=NEWER)
        return self.held


def standing_after(entries: Iterable[JournalEntry]) -> Standing:
    """What stands after all entries.

    Raises:
        ReleaseRefused: As `Standing.after`.
    """
    now = Standing()
    for entry in entries:
        now = now.after(entry)
    return now


def policy_of(root: Path) -> HeldPolicy:
    """The policy that the repository's file has.

    Raises:
        Problems: Every mistake in it.
    """
    policy = load_release_policy(root)
    return HeldPolicy(policy, policy.plain(), policy.digest())


def policies_of(
    ws: Workspace, entries: Iterable[JournalEntry]
) -> tuple[HeldPolicy, HeldPolicy | None]:
    """The policy that a move back is made under, and the one that the journal holds.

    A change of the file waits for the next promotion: an emergency is not held up by it.

    Raises:
        Problems: The journal holds none, and the file is wrong.
    """
    held = standing_after(entries).held
    return held or policy_of(ws.root), held


def read_policy(plain: dict[str, Any]) -> HeldPolicy:
    """A policy as an entry holds it.

    Raises:
        ReleaseRefused: It is none that this dslm can read.
    """
    return _read(canonical_json(plain))


@lru_cache(maxsize=64)
def _read(text: bytes) -> HeldPolicy:
    plain = strict_json(text)
    try:
        policy = ReleasePolicy.model_validate(plain)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        what = f"the journal holds a release policy that cannot be read: {key}: {first['msg']}"
        raise ReleaseRefused(what, fix=NEWER) from None
    return HeldPolicy(policy, plain, digest_json(plain))
