"""What somebody signs who approves a move: an in-toto statement that is of this move and no other.

Takes what is approved; gives the statement, an `Approved` for the journal, or who signed one. A
statement names workflow, version, release, verdict, release policy and the journal's newest entry,
so that a signature fits no other version, workflow, policy or champion: after any move it is of
the past. Called by `approval_tags`, `counted_approvals` and `give_approval`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dslm.journal_entry import Approved
from dslm.provenance import canonical_json
from dslm.records import JournalEntry
from dslm.releasing.signing.dsse import STATEMENT, Signature, verify_bytes
from dslm.releasing.signing.trusted_keys import Trust, Trusted

PREDICATE = "urn:dslm:approval:v1"
TYPE = "https://in-toto.io/Statement/v1"


@dataclass(frozen=True)
class ToApprove:
    """A move that is to be made; `after`: digest of the journal's newest entry, or its beginning.

    `policy`: digest of the release policy that it will be made under.
    """

    workflow: str
    version: int
    release: str
    verdict: str
    policy: str
    after: str

    @classmethod
    def by(cls, entry: JournalEntry, workflow: str) -> ToApprove:
        """The move that an entry of the journal made."""
        return cls(
            workflow=workflow,
            version=entry.to_version,
            release=entry.to_digest or "",
            verdict=entry.verdict_digest,
            policy=entry.policy_digest or "",
            after=entry.previous_digest,
        )

    def statement(self, kind: str, reason: str, at: str, about: str | None) -> dict[str, Any]:
        """What is signed.

        Args:
            kind: What of the move is approved.
            reason: Why.
            at: When, ISO 8601.
            about: Digest of what is allowed, where the kind alone does not say.
        """
        subject = {
            "name": self.workflow,
            "digest": {"sha256": self.verdict.removeprefix("sha256:")},
        }
        predicate = {
            "kind": kind, "version": self.version, "release": self.release,
            "verdict": self.verdict, "policy": self.policy, "after": self.after, "about": about,
            "reason": reason, "approvedAt": at,
        }  # fmt: skip
        return {
            "_type": TYPE, "subject": [subject], "predicateType": PREDICATE, "predicate": predicate,
        }  # fmt: skip


def signer_of(approved: Approved, move: ToApprove, trust: Trust, where: str | Path) -> Trusted:
    """Whose signature an approval of a move is.

    Raises:
        ReleaseRefused: It is nobody's of those who are trusted, or of something else.
    """
    said = move.statement(approved.kind, approved.reason, approved.at, approved.about)
    signature = Signature(approved.key_id, approved.value)
    return verify_bytes(canonical_json(said), signature, trust, STATEMENT, where)
