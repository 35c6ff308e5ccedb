"""One entry of the journal: a move of the champion, who signed and approved it, and its bridge.

Made and read by `dslm.releasing`; `champion.json` has the newest one. Fields that came later are
None in the entries of before, and are no part of their digest.
"""

from __future__ import annotations

from typing import Any, Literal

from dslm.record import Record


class Bridged(Record):
    """A release that computes otherwise than when it was gated, and answers as it did then.

    Attributes:
        was: Packages, device and code that it was gated with.
        now: Those that answer.
        answers: Recorded answers that it gave again, all of them the same.
        whole: Whether that were as many as a bridge asks for, or all that gold has.
    """

    was: dict[str, str]
    now: dict[str, str]
    answers: int
    whole: bool = True


class EntrySignature(Record):
    """Whose key signed an entry: all of it but this; `value` is base64."""

    key_id: str
    value: str


class Approved(Record):
    """One person's approval of a move, as its entry keeps it.

    What was signed is a statement that has these and the entry's own version, release, verdict,
    policy and entry before, so that it is of no other move. `about`: digest of what is allowed,
    where the kind alone does not say.
    """

    kind: Literal["promotion", "loosening", "waiver", "policy_change"]
    reason: str
    at: str
    about: str | None = None
    key_id: str
    value: str


class JournalEntry(Record):
    """One move of the champion alias, chained to the entry before it by digest.

    A release is its version's number and digest. Entries of before digests were kept have none,
    and name their release by the digest of its verdict. `operation` tells it from one that is
    otherwise alike; `lost` has the digests of entries that are gone for good, which `recover` says;
    `bridged`: that it computes otherwise here than when it was gated, and gave its recorded answers
    again. `terms`: digest of what the release was held to. `policy_digest`: of the release policy
    it was made under; `policy` what that says, where the entry before was made under another.
    `release_key`: of who signed the release.
    """

    seq: int
    at: str
    actor: str
    action: Literal["promote", "rollback", "recover"]
    from_version: int
    to_version: int
    from_digest: str | None = None
    to_digest: str | None = None
    reason: str
    verdict_digest: str
    look: str | None = None
    terms: str | None = None
    bridged: Bridged | None = None
    operation: str | None = None
    lost: tuple[str, ...] | None = None
    policy_digest: str | None = None
    policy: dict[str, Any] | None = None
    release_key: str | None = None
    approvals: tuple[Approved, ...] | None = None
    previous_digest: str
    signature: EntrySignature | None = None
