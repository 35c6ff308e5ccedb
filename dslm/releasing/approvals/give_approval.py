"""Approves the promotion of a version: with one's own key, in a tag of one's own.

Takes a workspace, a version and a reason; gives what was asked and what there is of it then. Called
by `dslm release approve` and `approvals`. Nobody approves what promotion would refuse anyway: the
version is proved, judged again and compared with what serves first, as promotion does it.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from dslm.errors import EnvironmentFault, InputError, ReleaseRefused
from dslm.journal_entry import Approved
from dslm.releasing.approvals.approval_statement import ToApprove
from dslm.releasing.approvals.approval_tags import tag_of
from dslm.releasing.approvals.counted_approvals import Rule, count_approvals, trainer_of
from dslm.releasing.approvals.required_approvals import RequiredApprovals, required_approvals
from dslm.releasing.journal.journal_anchors import known_moves
from dslm.releasing.moves import command_steps
from dslm.releasing.moves.promotion_preconditions import refuse_unapproved, refuse_unfit, serving
from dslm.releasing.moves.release_identity import is_release
from dslm.releasing.registry.mlflow_store import ModelStore
from dslm.releasing.registry.version import Version
from dslm.releasing.signing.dsse import envelope, read_envelope
from dslm.releasing.signing.key_choice import no_use
from dslm.releasing.signing.keys import KEYGEN, SigningKey, key_path, own_key
from dslm.releasing.signing.trusted_keys import Trust, people_trust
from dslm.releasing.verification.release_verification import prove
from dslm.settings.gate_policy import letters
from dslm.settings.release_policy import PATH, Approvable
from dslm.settings.workspace import Workspace
from dslm.strict_json import strict_json


@dataclass(frozen=True)
class GivenApproval:
    """What somebody approved: kinds anew, kinds approved before, and all that is asked."""

    who: str
    anew: tuple[str, ...]
    before: tuple[str, ...]
    passed_over: tuple[str, ...]
    asked: RequiredApprovals


@contextlib.contextmanager
def opened_version(
    ws: Workspace, number: int
) -> Iterator[tuple[ModelStore, RequiredApprovals | None]]:
    """What the promotion of a version asks for, once it was found fit; None where it serves.

    Raises:
        ReleaseRefused: It could not be promoted, whoever approves.
    """
    with tempfile.TemporaryDirectory(prefix="dslm-approve-") as scratch:
        store = ModelStore(ws.root, ws.workflow)
        entries, versions = known_moves(ws, store)
        version = store.version(number, versions)
        refuse_unapproved(store, entries, version)
        if entries and is_release(store, entries[-1], version):
            yield store, None
            return
        champion = serving(ws, store, entries, versions)
        proof = prove(store, version, Path(scratch))
        loosened = refuse_unfit(ws, store, entries, versions, proof, champion)
        yield store, required_approvals(ws, store, entries, version, proof, loosened)


def asked_for(ws: Workspace, number: int) -> RequiredApprovals | None:
    """What the promotion of a version asks for and what there is of it; None where it serves.

    Raises:
        ReleaseRefused: It could not be promoted, whoever approves.
    """
    with opened_version(ws, number) as (_, asked):
        return asked


def approve(
    ws: Workspace, number: int, reason: str, kinds: Sequence[Approvable] = ()
) -> GivenApproval:
    """Approve what the promotion of a version asks for and one's own key may.

    The same again signs nothing anew, and does what a call that was cut short has left.

    Args:
        ws: The workflow.
        number: Which version.
        reason: Why; part of what is signed.
        kinds: What of it; all that one may by default.

    Raises:
        InputError: There is no key here that is somebody's whom the policy names, or nothing has to
            be approved.
        ReleaseRefused: It could not be promoted anyway, or this person may not approve it.
    """
    if not letters(reason):
        raise InputError(
            "the reason is empty", where="--reason", fix="give a reason for the journal"
        )
    with opened_version(ws, number) as (store, asked):
        where = f"{ws.workflow} version {number}"
        asked = _not_yet_champion(asked, where)
        rules = _rules(asked, kinds, where)
        key, mine, others = _who(rules, asked)
        given = {rule.kind: _own(rule, asked, key) for rule in mine}
        command_steps.reached("planned")
        made = {
            rule.kind: _signed(rule, asked.move, reason.strip(), key)
            for rule in mine
            if given[rule.kind] is None
        }
        command_steps.reached("signed")
        for text, approved in made.values():
            store.tag(number, tag_of(approved), text)
            command_steps.reached("kept")
        after = asked.with_tags_of(_read_back(store, number, made.values()))
    who = next(one.name for one in _people(rules).keys if one.key.id == key.public.id)
    before = tuple(kind for kind, approved in given.items() if approved is not None)
    return GivenApproval(who, tuple(made), before, others, after)


def _not_yet_champion(asked: RequiredApprovals | None, where: str) -> RequiredApprovals:
    """What is asked of a version that does not serve yet.

    Raises:
        InputError: It does.
    """
    if asked is None:
        fix = "`dslm release history` says who approved it"
        raise InputError("is the champion already: there is nothing to approve", where=where,
                         fix=fix)  # fmt: skip
    return asked


def _rules(asked: RequiredApprovals, kinds: Sequence[Approvable], where: str) -> tuple[Rule, ...]:
    """What is to be approved.

    Raises:
        InputError: Nothing is.
        ReleaseRefused: No approval would let it be promoted.
    """
    if asked.refused:
        fix = f"take that back; or let `approvals.loosening` in {PATH} say who may allow it"
        raise ReleaseRefused("; ".join(asked.refused), where=where, fix=fix)
    known = [rule.kind for rule in asked.rules]
    if other := next((kind for kind in kinds if kind not in known), None):
        fix = f"it asks for: {', '.join(known) or 'nothing'}"
        raise InputError(f"its promotion asks for no approval of a {other}", where=where, fix=fix)
    if not known:
        what = f"its promotion needs no approval: {PATH} asks for none"
        raise InputError(what, where=where, fix=f"promote it, or add `approvals:` to {PATH}")
    return tuple(rule for rule in asked.rules if not kinds or rule.kind in kinds)


def _people(rules: Sequence[Rule]) -> Trust:
    keys = {one.key.id: one for rule in rules for one in people_trust(rule.by.policy, None).keys}
    return Trust(tuple(keys.values()), demonstration_key=False, where=str(PATH))


def _who(
    rules: Sequence[Rule], asked: RequiredApprovals
) -> tuple[SigningKey, list[Rule], tuple[str, ...]]:
    """One's own key, the rules that it may approve, and why not the others.

    Raises:
        InputError: There is no key, or it is nobody's.
        ReleaseRefused: It may approve none.
    """
    key = own_key()
    if key is None:
        raise InputError("no signing key here", where=key_path(), fix=KEYGEN)
    if fault := no_use(key, _people(rules), "among `people`"):
        raise fault
    mine, others = [], []
    for rule in rules:
        fault_of = _why_not(rule, asked, key)
        others += [f"{rule.kind}: {fault_of}"] if fault_of else []
        mine += [] if fault_of else [rule]
    if not mine:
        where = f"{asked.move.workflow} version {asked.move.version}"
        fix = "somebody else has to; `dslm release approvals` says who may"
        raise ReleaseRefused("; ".join(others), where=where, fix=fix)
    return key, mine, tuple(others)


def _why_not(rule: Rule, asked: RequiredApprovals, key: SigningKey) -> str:
    """Why an approval of a rule by a key would not count; empty where it would.

    A trial signature is judged as a real one is.
    """
    if trainer_of(rule.by, key.public.id) is None:
        return f"your key {key.public.short} is of nobody in the policy that decides this"
    _, trial = _signed(rule, asked.move, "a trial", key)
    (found,) = count_approvals(rule, [trial], asked.move, asked.release_key, asked.judges)
    return f"{found.who}: {found.fault}" if found.fault else ""


def _own(rule: Rule, asked: RequiredApprovals, key: SigningKey) -> Approved | None:
    """One's own approval of a rule that is there already."""
    counting = (one.approved for one in asked.heard(rule) if not one.fault)
    return next((one for one in counting if one.key_id == key.public.id), None)


def _signed(rule: Rule, move: ToApprove, reason: str, key: SigningKey) -> tuple[str, Approved]:
    """A new approval: its envelope, and as the journal will keep it."""
    now = dt.datetime.now(tz=dt.UTC).isoformat(timespec="seconds")
    text = envelope(move.statement(rule.kind, reason, now, rule.about), key)
    signature = read_envelope(strict_json(text), "").signatures[0]
    approved = Approved(
        kind=rule.kind, reason=reason, at=now, about=rule.about,
        key_id=key.public.id, value=signature.sig,
    )  # fmt: skip
    return text, approved


def _read_back(store: ModelStore, number: int, made: Iterable[tuple[str, Approved]]) -> Version:
    """The version with what was written.

    Raises:
        EnvironmentFault: It is not there.
    """
    version = store.version(number)
    if any(version.tags.get(tag_of(one)) != text for text, one in made):
        where = f"{store.model} version {number}"
        raise EnvironmentFault("an approval is not there after it was written", where=where,
                               fix="the same command again")  # fmt: skip
    return version
