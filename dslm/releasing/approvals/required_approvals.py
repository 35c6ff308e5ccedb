"""What a promotion has to be approved for, by whom, and what is missing of that.

Takes a version that was proved and found fit, the journal and the release policy; gives
`RequiredApprovals`, or refuses what is not approved. Called by `promote_and_rollback`, by
`give_approval` and by `dslm release approvals`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from dslm.errors import ReleaseRefused
from dslm.errors.notices import notice
from dslm.journal_entry import Approved
from dslm.provenance import digest_json
from dslm.records import Changes, JournalEntry
from dslm.releasing.approvals.approval_statement import ToApprove
from dslm.releasing.approvals.approval_tags import KeptApproval, kept_with
from dslm.releasing.approvals.counted_approvals import (
    CountedApprovals,
    Judges,
    Rule,
    count_approvals,
    counted,
    missing,
)
from dslm.releasing.journal.journal import Journal, digest_of
from dslm.releasing.journal.policy_in_force import HeldPolicy, policy_of, standing_after
from dslm.releasing.moves.baseline import read_noted
from dslm.releasing.registry.mlflow_store import ModelStore
from dslm.releasing.registry.mlflow_tracking import flat
from dslm.releasing.registry.version import Version
from dslm.releasing.verification.release_verification import ReleaseProof
from dslm.settings.files.document_loading import shortened
from dslm.settings.release_policy import PATH
from dslm.settings.workspace import Workspace

MOST_NAMED = 5


@dataclass(frozen=True)
class RequiredApprovals:
    """What has to be approved of a move, and what there is of it.

    `under`: the policy that the move will be made under; `held`: that of the journal, None where it
    holds none yet. `refused`: what no approval can allow, since the policy does not name it.
    """

    move: ToApprove
    under: HeldPolicy
    held: HeldPolicy | None
    rules: tuple[Rule, ...]
    release_key: str | None
    judges: Judges
    refused: tuple[str, ...] = ()
    kept: tuple[KeptApproval, ...] = ()

    def with_tags_of(self, version: Version) -> RequiredApprovals:
        """The same with what the version's tags keep now."""
        policies = (self.under,) if self.held is None else (self.under, self.held)
        return replace(self, kept=tuple(kept_with(version, self.move, policies)))

    def heard(self, rule: Rule) -> tuple[CountedApprovals, ...]:
        """What the approvals of a rule's kind are worth."""
        given = [one.approved for one in self.kept if one.approved]
        return count_approvals(rule, given, self.move, self.release_key, self.judges)

    def missing(self) -> list[str]:
        """What is missing, a line for each rule."""
        lines = [missing(rule, self.heard(rule), self.release_key) for rule in self.rules]
        return [line for line in lines if line]

    def counted(self) -> tuple[Approved, ...]:
        """The approvals that count."""
        return tuple(one for rule in self.rules for one in counted(self.heard(rule)))


def required_approvals(
    ws: Workspace,
    store: ModelStore,
    entries: Sequence[JournalEntry],
    version: Version,
    proof: ReleaseProof,
    loosened: Sequence[Changes],
) -> RequiredApprovals:
    """What the promotion of a version has to be approved for.

    Args:
        ws: The workflow.
        store: The registry.
        entries: The journal.
        version: To be promoted, with its tags.
        proof: Of it.
        loosened: What it is asked less in than others were.

    Raises:
        ReleaseRefused: The journal is lost, and git names another policy than the file has.
        Problems: The policy is wrong.
    """
    under, before = policy_of(ws.root), standing_after(entries)
    _refuse_other_than_noted(ws, entries, under)
    move = ToApprove(
        workflow=store.model,
        version=proof.version,
        release=proof.digest,
        verdict=proof.verdict_digest,
        policy=under.digest,
        after=digest_of(entries[-1]) if entries else Journal(store).genesis,
    )
    rules = tuple(_rules(under, before.held, proof, loosened))
    today = max(before.day, dt.datetime.now(dt.UTC).date())
    return RequiredApprovals(
        move=move,
        under=under,
        held=before.held,
        rules=rules,
        release_key=proof.signed_with,
        judges=Judges(today, before.retired),
        refused=tuple(_not_allowed(under, loosened)),
    ).with_tags_of(version)


def refuse_not_approved(asked: RequiredApprovals) -> RequiredApprovals:
    """Refuse a promotion that lacks approvals; say so where its policy is a new one.

    Raises:
        ReleaseRefused: Some are missing, or it is asked less and no policy lets that be approved.
    """
    where = f"{asked.move.workflow} version {asked.move.version}"
    if asked.refused:
        fix = (
            "take that back, gate and register again; or let the release policy say who may allow "
        )
        fix += f"a loosening by signature, `approvals.loosening` in {PATH} (docs/gates.md)"
        raise ReleaseRefused("; ".join(asked.refused), where=where, fix=fix)
    if lacking := asked.missing():
        named = f"{asked.move.workflow} --version {asked.move.version}"
        fix = f"`dslm release approve {named} --reason …`; `dslm release approvals {named}` shows "
        raise ReleaseRefused("; ".join(lacking), where=where, fix=f"{fix}what there is")
    _tell_policy(asked)
    return asked


def told_loosening(changes: Changes) -> list[str]:
    """In what a release is asked less, a line each."""
    return [
        f"{one.part} {one.key}: {one.was} → {one.now}" + (f" ({', '.join(one.ids[:MOST_NAMED])}"
        f"{', …' if len(one.ids) > MOST_NAMED else ''})" if one.ids else "")
        for one in changes.loosening
    ]  # fmt: skip


def _rules(
    under: HeldPolicy, held: HeldPolicy | None, proof: ReleaseProof, loosened: Sequence[Changes]
) -> Iterator[Rule]:
    change = held.policy.approvals.policy_change if held is not None else None
    if held is not None and change is not None and held.digest != under.digest:
        yield Rule("policy_change", change, held, told=tuple(_changed(held, under)))
    asks = under.policy.approvals
    if asks.promotion is not None:
        yield Rule("promotion", asks.promotion, under)
    if loosened and asks.loosening is not None:
        told = tuple(line for changes in loosened for line in told_loosening(changes))
        since = [
            [one.since, [c.model_dump(mode="json") for c in one.loosening]] for one in loosened
        ]
        yield Rule("loosening", asks.loosening, under, about=digest_json(since), told=told)
    waived = tuple(f"{one.id}: {one.why}" for one in proof.verdict.checks if one.waived)
    if waived and asks.waiver is not None:
        yield Rule("waiver", asks.waiver, under, told=waived)


def _plain(changes: Changes) -> list[dict[str, Any]]:
    return [one.model_dump(mode="json") for one in changes.loosening]


def _changed(held: HeldPolicy, under: HeldPolicy) -> Iterator[str]:
    """What the policy's file says otherwise than the last release's, a line each."""
    was, now = (dict(flat(one.plain)) for one in (held, under))
    for key in sorted(was.keys() | now.keys()):
        if was.get(key) != now.get(key):
            said = [shortened(str(one.get(key, "not there"))) for one in (was, now)]
            yield f"{PATH} {key}: {said[0]} → {said[1]}"


def _not_allowed(under: HeldPolicy, loosened: Sequence[Changes]) -> Iterator[str]:
    """What is asked less, where the policy lets nobody approve that."""
    if under.policy.approvals.loosening is not None:
        return
    for changes in loosened:
        told = told_loosening(changes)
        more = f"; and {len(told) - MOST_NAMED} more" if len(told) > MOST_NAMED else ""
        yield f"loosened since version {changes.since}: {'; '.join(told[:MOST_NAMED])}{more}"


def _refuse_other_than_noted(
    ws: Workspace, entries: Sequence[JournalEntry], under: HeldPolicy
) -> None:
    """Where there is no journal, the policy is the one that git's newest entry of it names.

    Raises:
        ReleaseRefused: It is another.
    """
    noted = read_noted(ws.champion).journal
    if entries or noted is None or noted.policy_digest in {None, under.digest}:
        return
    what = "the journal is lost, and its last entry was made under another release policy than "
    fix = f"restore the registry, or check out {PATH} as it was in the champion's commit"
    raise ReleaseRefused(f"{what}{PATH} now says", where=ws.champion, fix=fix)


def _tell_policy(asked: RequiredApprovals) -> None:
    """Say where a policy is taken on first use, or after a change that nobody had to approve."""
    if asked.held is None:
        what = f"{PATH} ({_short(asked.under)}) is TRUSTED ON FIRST USE: from now on the journal "
        what += "is checked against it"
    elif asked.held.digest != asked.under.digest:
        by = sum(one.kind == "policy_change" for one in asked.counted())
        what = (
            f"{PATH} ({_short(asked.under)}) differs from the last release's and was approved by "
        )
        what += f"{by}" if by else "nobody: that policy requires no approval of a change"
    else:
        return
    notice(asked.move.workflow, what)


def _short(held: HeldPolicy) -> str:
    return held.digest[:15]
