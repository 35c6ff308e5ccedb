"""Whose approvals count: different people of the role that the policy names, not who trained it.

Takes approvals, a move and the policy whose rule it is; gives who approved, each with the reason
why it counts not if so. Called by `required_approvals`, and by `journal_proof` for what an entry
keeps.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass

from dslm.errors import ReleaseRefused
from dslm.journal_entry import Approved
from dslm.releasing.approvals.approval_statement import ToApprove, signer_of
from dslm.releasing.journal.policy_in_force import HeldPolicy
from dslm.releasing.signing.trusted_keys import people_trust
from dslm.settings.release_policy import Approvable, Approval


@dataclass(frozen=True)
class Rule:
    """What has to be approved, by which policy's people, and what of it.

    `about`: digest of what is allowed, where the kind alone does not say. `told`: what that is.
    """

    kind: Approvable
    asks: Approval
    by: HeldPolicy
    about: str | None = None
    told: tuple[str, ...] = ()


@dataclass(frozen=True)
class CountedApprovals:
    """One approval: whose, and why it counts not; empty where it does."""

    approved: Approved
    who: str
    fault: str = ""


@dataclass(frozen=True)
class Judges:
    """What says whether a key still counts: the day of the move, and keys retired before it."""

    day: dt.date
    retired: Container[str] = frozenset()


def count_approvals(
    rule: Rule,
    given: Iterable[Approved],
    move: ToApprove,
    release_key: str | None,
    judges: Judges,
) -> tuple[CountedApprovals, ...]:
    """What every approval of a rule's kind is worth.

    Args:
        rule: What has to be approved.
        given: Approvals of any kind.
        move: What is approved.
        release_key: Id of the key that signed the release; None where nobody's did.
        judges: When.
    """
    found: list[CountedApprovals] = []
    for approved in given:
        if approved.kind == rule.kind:
            one = _heard(rule, approved, move, release_key, judges)
            again = not one.fault and any(e.who == one.who and not e.fault for e in found)
            found.append(
                CountedApprovals(approved, one.who, "has approved already") if again else one
            )
    return tuple(found)


def counted(found: Iterable[CountedApprovals]) -> tuple[Approved, ...]:
    """Those that count, one a person."""
    return tuple(one.approved for one in found if not one.fault)


def missing(rule: Rule, found: Sequence[CountedApprovals], release_key: str | None) -> str:
    """What is missing, for messages; empty where enough have approved."""
    asks, who = rule.asks, [one.who for one in found if not one.fault]
    if len(who) >= asks.count:
        return ""
    trainer = trainer_of(rule.by, release_key)
    what = f"{rule.kind}: {len(who)} of {asks.count} approvals by {asks.role}"
    if asks.not_the_trainer and trainer is None:
        return f"{what}: {NO_TRAINER}"
    named = rule.by.policy.roles.get(asks.role, [])
    left = [name for name in named if name not in who and not (name == trainer and
            asks.not_the_trainer)]  # fmt: skip
    may = f"may: {', '.join(left)}" if left else "nobody is left who may"
    what += f" ({', '.join(who)})" if who else ""
    why = "".join(f"; {one.who}: {one.fault}" for one in found if one.fault)
    return f"{what}, {may}{why}"


NO_TRAINER = (
    "who trained it is not known, since no key of somebody in `people` signed it "
    "(`not_the_trainer`)"
)


def trainer_of(held: HeldPolicy, release_key: str | None) -> str | None:
    """The person whose key signed the release; None where that is nobody the policy knows."""
    keys = people_trust(held.policy, None).keys
    return next((one.name for one in keys if one.key.id == release_key), None)


def _heard(
    rule: Rule, approved: Approved, move: ToApprove, release_key: str | None, judges: Judges
) -> CountedApprovals:
    everyone = people_trust(rule.by.policy, None)
    try:
        known = signer_of(approved, move, everyone, "")
    except ReleaseRefused as wrong:
        return CountedApprovals(approved, f"key {approved.key_id[:12]}", wrong.what)
    if (known.retired and known.retired < judges.day) or known.key.id in judges.retired:
        return CountedApprovals(approved, known.name, f"the key was retired on {known.retired}")
    if approved.about != rule.about:
        return CountedApprovals(approved, known.name, "approved something else")
    if known.name not in rule.by.policy.roles.get(rule.asks.role, []):
        return CountedApprovals(approved, known.name, f"has not the role {rule.asks.role}")
    if rule.asks.not_the_trainer:
        trainer = trainer_of(rule.by, release_key)
        if trainer is None:
            return CountedApprovals(approved, known.name, NO_TRAINER)
        if trainer == known.name:
            return CountedApprovals(approved, known.name, "trained it, and so does not count")
    return CountedApprovals(approved, known.name)
