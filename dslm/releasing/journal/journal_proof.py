"""Proves the journal by its own order: who signed each entry, under which policy, by whose leave.

Takes the entries that count, oldest first; gives who signed each, or refuses. Called wherever the
journal is read. The first policy that an entry holds is trusted as it is; another needs the
approvals that the one before asks for. What each entry is held to was decided by entries before it,
never by what it says itself.
"""

from __future__ import annotations

import contextlib
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass

from dslm.errors import DslmError, ReleaseRefused
from dslm.journal_entry import Approved, JournalEntry
from dslm.releasing.journal.policy_in_force import HeldPolicy, Standing, standing_after

FIX = (
    "somebody wrote it past `dslm release`: find out who before anything is released; "
    "`dslm release recover {}` puts such entries aside"
)


def signers(entries: Sequence[JournalEntry], model: str) -> tuple[str | None, ...]:
    """Who signed each entry; None where nobody did, and nobody had to.

    Args:
        entries: The journal, its chain proved.
        model: Whose.

    Raises:
        ReleaseRefused: One is signed wrongly, or not at all where that is wanted, or a policy or
            promotion was not approved.
    """
    return tuple(_walk(entries, model))


@dataclass(frozen=True)
class SignedMove:
    """Who made a move and who approved it, by their signatures; `signed_by` None where unsigned."""

    signed_by: str | None
    approved_by: tuple[tuple[Approved, str], ...] = ()


def signed_moves(entries: Sequence[JournalEntry], model: str) -> tuple[SignedMove, ...]:
    """Who made each move and who approved it.

    Raises:
        ReleaseRefused: As `signers`.
    """
    found, now = [], Standing()
    for entry, signed_by in zip(entries, _walk(entries, model), strict=True):
        then = now.after(entry)
        found.append(SignedMove(signed_by, tuple(_approvers(entry, (then.held, now.held), model))))
        now = then
    return tuple(found)


def _approvers(
    entry: JournalEntry, policies: Sequence[HeldPolicy | None], model: str
) -> Iterator[tuple[Approved, str]]:
    """Whose approvals an entry keeps, of those whose signature is good."""
    if not entry.approvals:
        return
    from dslm.releasing.approvals.approval_statement import ToApprove, signer_of
    from dslm.releasing.signing.trusted_keys import people_trust

    move = ToApprove.by(entry, model)
    for approved in entry.approvals:
        for held in (one for one in policies if one is not None):
            with contextlib.suppress(ReleaseRefused):
                everyone = people_trust(held.policy, None)
                yield approved, signer_of(approved, move, everyone, "").name
                break


def refuse_to_write(entries: Sequence[JournalEntry], entry: JournalEntry, model: str) -> None:
    """Refuse an entry before it is written that nobody could prove afterwards.

    Raises:
        ReleaseRefused: It is one.
    """
    try:
        signers((*entries, entry), model)
    except ReleaseRefused as wrong:
        what = wrong.what.partition(": ")[2] or wrong.what
        fix = "sign and approve it as the policy of the last release asks (docs/releases.md)"
        raise ReleaseRefused(f"the move would not count: {what}", where=model, fix=fix) from wrong


def stands_alone(
    earlier: Sequence[JournalEntry], entry: JournalEntry, held: HeldPolicy, model: str
) -> bool:
    """Whether an entry whose way from the others is lost is signed and approved as a policy asks.

    Args:
        earlier: The journal as far as it is whole.
        entry: Of which only the registry knows.
        held: The policy in force.
        model: Whose.
    """
    then = Standing(held, standing_after(earlier).day)
    then = Standing(held, then.day_of(entry))
    try:
        _signer(entry, then, then)
        if entry.action == "recover" or needs_approval(earlier, entry):
            _refuse_fewer("promotion", held, entry, then, then, model)
    except DslmError:
        return False
    return True


def vouched_by_git_alone(
    entries: Sequence[JournalEntry], policies: Container[str], noted: int, *, asks: bool
) -> int:
    """The first entry that counts only where git knows of it, and git does not.

    Where nobody has to approve a policy, since it is the first or the one before asks for no
    approval of a change, whoever signs under a policy of his own would count, if it were not for
    the one that git has. And `recover` goes on from what served, which nobody can approve once the
    entry is lost: `champion.json` says so.

    Args:
        entries: The journal, proved.
        policies: Digests of those that git has.
        noted: Number of the entry that `champion.json` has.
        asks: Whether the one in git's file asks for signatures or approvals, of what came later.

    Returns:
        Its number; 0 where there is none.
    """
    now, since, recovered = Standing(), 0, 0
    for number, entry in enumerate(entries):
        then, was = now.after(entry), now.held
        if then.held is not None and (was is None or was.digest != then.held.digest):
            alone = _nobody_approves(was, asks and entry.seq > noted)
            since = entry.seq if alone and not since else since
        if then.held is not None and then.held.digest in policies:
            since = 0
        approved = then.held is not None and then.held.policy.approvals.promotion is not None
        if approved and entry.action == "recover" and entry.seq > noted and not recovered:
            recovered = entry.seq if _goes_elsewhere(entries[:number], entry) else 0
        now = then
    return min(filter(None, (since, recovered)), default=0)


def _nobody_approves(was: HeldPolicy | None, asks: bool) -> bool:
    """Whether a policy after this one needs nobody's approval, where somebody cares."""
    if was is None:
        return asks
    return was.policy.approvals.policy_change is None and (was.policy.signing.required or asks)


def proved_part(entries: Sequence[JournalEntry], model: str) -> tuple[JournalEntry, ...]:
    """The entries before the first one that cannot be proved."""
    found: list[JournalEntry] = []
    try:
        for entry, _ in zip(entries, _walk(entries, model), strict=True):
            found.append(entry)
    except DslmError:
        pass
    return tuple(found)


def _walk(entries: Sequence[JournalEntry], model: str) -> Iterator[str | None]:
    now = Standing()
    for number, entry in enumerate(entries):
        try:
            then = now.after(entry)
            _refuse_not_approved(entries[:number], entry, now, then, model)
            yield _signer(entry, now, then)
        except DslmError as wrong:
            where = f"{model}.journal"
            what = wrong.what if wrong.what.startswith("journal entry") else (
                f"journal entry {entry.seq}: {wrong.what}"
            )  # fmt: skip
            raise ReleaseRefused(what, where=where, fix=FIX.format(model)) from wrong
        now = then


def _signer(entry: JournalEntry, before: Standing, then: Standing) -> str | None:
    held = then.held
    if entry.signature is None:
        if held is not None and held.policy.signing.required:
            raise ReleaseRefused("is not signed, and the policy it was made under wants that")
        return None
    if held is None:
        raise ReleaseRefused("is signed, and no entry says whose signatures count")
    from dslm.releasing.signing.journal_signatures import signer_of_entry

    known = signer_of_entry(entry, held.policy)
    known.refuse_retired(then.day, "")
    if known.key.id in before.retired:
        raise ReleaseRefused(f"signed with a key of {known.name} that was retired before")
    return known.name


def _refuse_not_approved(
    earlier: Sequence[JournalEntry],
    entry: JournalEntry,
    before: Standing,
    then: Standing,
    model: str,
) -> None:
    """Refuse an entry whose policy, or whose promotion, lacks the approvals that are asked for."""
    held = then.held
    if held is None:  # no policy so far: nothing is asked for
        return
    asked = []
    if before.held is not None and before.held.digest != held.digest:
        asked.append(("policy_change", before.held))
    if needs_approval(earlier, entry):
        asked.append(("promotion", held))
    for kind, by in asked:
        _refuse_fewer(kind, by, entry, before, then, model)


def _refuse_fewer(
    kind: str,
    by: HeldPolicy,
    entry: JournalEntry,
    before: Standing,
    then: Standing,
    model: str,
) -> None:
    rule = getattr(by.policy.approvals, kind)
    if rule is None:
        return
    from dslm.releasing.approvals.approval_statement import ToApprove
    from dslm.releasing.approvals.counted_approvals import Judges, Rule, count_approvals, missing

    wanted = Rule(kind, rule, by)  # type: ignore[arg-type]
    found = count_approvals(wanted, entry.approvals or (), ToApprove.by(entry, model),
                  entry.release_key, Judges(then.day, before.retired))  # fmt: skip
    if lacking := missing(wanted, found, entry.release_key):
        raise ReleaseRefused(f"was not approved: {lacking}")


def needs_approval(earlier: Sequence[JournalEntry], entry: JournalEntry) -> bool:
    """Whether an entry makes a release the champion that nobody approved so far.

    What `recover` goes on from is vouched for by git instead.
    """
    if entry.action == "rollback":
        return _goes_elsewhere(earlier, entry)
    return entry.action == "promote"


def _goes_elsewhere(earlier: Sequence[JournalEntry], entry: JournalEntry) -> bool:
    """Whether no entry before has gone to the same release."""
    return not any(
        one.to_digest == entry.to_digest if one.to_digest else one.to_version == entry.to_version
        for one in earlier
    )
