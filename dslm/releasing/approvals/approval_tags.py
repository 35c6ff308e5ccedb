"""Where approvals are until the move: signed envelopes in tags of the version, one a person.

Takes a version and a move; gives the approvals that are of this move, and what the others are of.
A tag can be edited, deleted or copied by whoever can write to the registry: an envelope says itself
what it is of, and who signed it. Called by `required_approvals`, and written by `give_approval`.
"""

from __future__ import annotations

import base64
import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from dslm.errors import DslmError, ReleaseRefused
from dslm.journal_entry import Approved
from dslm.releasing.approvals.approval_statement import ToApprove
from dslm.releasing.journal.policy_in_force import HeldPolicy, policy_of
from dslm.releasing.registry.version import Version
from dslm.releasing.signing.dsse import opened, read_envelope
from dslm.releasing.signing.trusted_keys import people_trust
from dslm.strict_json import strict_json

PREFIX = "approval."  # and the kind, and the first digits of the key's id
DIGITS = 16
MALFORMED = (ValidationError, LookupError, TypeError, ValueError)
OF = {
    "version": "another version", "release": "another release", "verdict": "another verdict",
    "policy": "another release policy", "after": "another champion: one was made since",
}  # fmt: skip


@dataclass(frozen=True)
class KeptApproval:
    """One tag: an approval of this move, or why it is none.

    `who` is proved by the signature; empty where it is not.
    """

    kind: str
    who: str
    approved: Approved | None
    fault: str = ""


def tag_of(approved: Approved) -> str:
    """The tag that keeps an approval: nobody else's, so that two at once lose none."""
    return f"{PREFIX}{approved.kind}.{approved.key_id[:DIGITS]}"


def kept_with(
    version: Version, move: ToApprove, policies: tuple[HeldPolicy, ...]
) -> list[KeptApproval]:
    """What a version's tags keep.

    Args:
        version: To be promoted.
        move: What is to be approved.
        policies: Whose people may be named.
    """
    tags = sorted((key, text) for key, text in version.tags.items() if key.startswith(PREFIX))
    return [_kept(key, text, move, policies) for key, text in tags]


def waiting_approvers(root: Path, model: str, version: Version, after: str) -> tuple[str, ...]:
    """Who of the policy's people signed for the next move to a version, as far as its tags say.

    Args:
        root: The repository.
        model: Whose version.
        version: With its tags.
        after: Digest of the journal's newest entry.
    """
    try:
        held = policy_of(root)
    except DslmError:
        return ()
    wanted = {"version": version.number, "release": version.digest, "after": after,
              "policy": held.digest}  # fmt: skip
    found: list[str] = []
    for key, text in sorted(version.tags.items()):
        if key.startswith(PREFIX):
            with contextlib.suppress(
                DslmError, ValidationError, LookupError, TypeError, ValueError
            ):
                said, who = _opened(text, (held,))
                subject, predicate = said["subject"][0], said["predicate"]
                if subject["name"] == model and wanted.items() <= predicate.items():
                    found.append(who)
    return tuple(dict.fromkeys(found))


def _kept(key: str, text: str, move: ToApprove, policies: tuple[HeldPolicy, ...]) -> KeptApproval:
    kind = key.removeprefix(PREFIX).rpartition(".")[0]
    try:
        said, who = _opened(text, policies)
        approved = _approved(said, text)
    except DslmError as wrong:
        return KeptApproval(kind, "", None, wrong.what)
    except MALFORMED:
        return KeptApproval(kind, "", None, "is no approval")
    other = _other(said, move, approved)
    if not other and key != tag_of(approved):
        other = "stands in another's tag"
    return KeptApproval(approved.kind, who, None if other else approved, other)


def _opened(text: str, policies: tuple[HeldPolicy, ...]) -> tuple[dict[str, Any], str]:
    """The statement of an envelope, and the person who signed it.

    Raises:
        ReleaseRefused: Nobody whom a policy names did.
    """
    refused = ReleaseRefused("no policy says whose signature counts")
    for held in policies:
        try:
            said, known = opened(text.encode(), people_trust(held.policy, None), "")
        except ReleaseRefused as wrong:
            refused = wrong
        else:
            return said, known.name
    raise refused


def _approved(said: dict[str, Any], text: str) -> Approved:
    """A statement that was verified, as the journal keeps it."""
    signature = read_envelope(strict_json(text), "").signatures[0]
    predicate = said["predicate"]
    base64.b64decode(signature.sig, validate=True)
    return Approved(
        kind=predicate["kind"], reason=predicate["reason"], at=predicate["approvedAt"],
        about=predicate["about"], key_id=str(signature.keyid), value=signature.sig,
    )  # fmt: skip


def _other(said: dict[str, Any], move: ToApprove, approved: Approved) -> str:
    """What a statement is of instead of a move; empty where it is of that."""
    expected = move.statement(approved.kind, approved.reason, approved.at, approved.about)
    if said == expected:
        return ""
    for key, what in OF.items():
        if said["predicate"].get(key) != expected["predicate"][key]:
            return f"is of {what}"
    return "is of another workflow"
