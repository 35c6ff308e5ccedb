"""Moves the champion: promotion of a proved candidate, rollback to what served before.

Takes a workspace and a reason; gives the `JournalEntry` and leaves aliases and
`registry/<workflow>/champion.json` in step with it. Called by `dslm release`. The journal is
written first and is what counts: a move that was cut short is finished by asking for it again.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from dslm.errors import InputError, ReleaseRefused
from dslm.records import JournalEntry, Release
from dslm.releasing.approvals.required_approvals import refuse_not_approved, required_approvals
from dslm.releasing.drill.drill_record import refuse_undrilled
from dslm.releasing.journal.journal_anchors import (
    known_moves,
    known_to_readers,
    refuse_unknown_champion,
)
from dslm.releasing.journal.journal_proof import SignedMove, signed_moves
from dslm.releasing.journal.policy_in_force import policies_of
from dslm.releasing.moves import command_steps
from dslm.releasing.moves.baseline import read_noted
from dslm.releasing.moves.champion_agreement import (
    finish_half_done,
    refuse_alias_of_none,
    refuse_wrong_alias,
)
from dslm.releasing.moves.champion_move import ChampionMove, finish_move, make_move
from dslm.releasing.moves.promotion_preconditions import (
    refuse_unanswered,
    refuse_unapproved,
    refuse_unexpected,
    refuse_unfit,
    refuse_withdrawn,
    serving,
)
from dslm.releasing.moves.release_identity import is_release, registered
from dslm.releasing.moves.rollback_target import is_same_rollback, refuse_gone, target_of
from dslm.releasing.package.release_summary import as_release
from dslm.releasing.package.smoke_test import Answer, smoke
from dslm.releasing.registry.mlflow_connection import client, nothing_yet
from dslm.releasing.registry.mlflow_store import ModelStore
from dslm.releasing.registry.version import Version
from dslm.releasing.signing.version_signatures import state_move
from dslm.releasing.verification.release_verification import ReleaseProof, prove
from dslm.settings.gate_policy import letters
from dslm.settings.workspace import Workspace, stage_command
from dslm.stage import exclusive


def releases(ws: Workspace) -> list[Release]:
    """Every registered version, newest first; none where nothing was registered yet."""
    if nothing_yet(ws.root):
        return []
    store = ModelStore(ws.root, ws.workflow, mlflow=client(ws.root, writes=False))
    return [as_release(ws.workflow, version) for version in reversed(store.versions())]


def history(ws: Workspace) -> tuple[JournalEntry, ...]:
    """Every move of the champion, oldest first, the chain proved.

    Raises:
        ReleaseRefused: Somebody changed the history.
    """
    return tuple(entry for entry, _ in signed_history(ws))


def signed_history(ws: Workspace) -> list[tuple[JournalEntry, SignedMove]]:
    """The same with who made and approved each move, by their signatures.

    Raises:
        ReleaseRefused: As `history`.
    """
    if nothing_yet(ws.root):
        return []
    store = ModelStore(ws.root, ws.workflow, mlflow=client(ws.root, writes=False))
    entries = known_to_readers(ws, store)
    return list(zip(entries, signed_moves(entries, store.model), strict=True))


def promote(
    ws: Workspace,
    version: int | None,
    reason: str,
    actor: str,
    expected: int | None = None,
    *,
    again: bool = False,
    answer: Answer | None = None,
    within_drill: bool = False,
) -> JournalEntry | None:
    """Make a version the champion.

    Args:
        ws: The workflow.
        version: Which; by default the one that `candidate` names.
        reason: Why, for the journal.
        actor: Who, for the journal.
        expected: The champion that the caller believes to replace, 0 for none.
        again: Whether one may be taken that was rolled back from.
        answer: Loads a release and answers one input, where nothing shows that it has answered.
        within_drill: This is the drill that the policy asks for.

    Returns:
        The journal's entry, or None where that version is the champion already: what a move that
        was cut short had left undone is done then.

    Raises:
        ReleaseRefused: No PASS evidence for exactly it, its rows do not pass today, not approved.
    """
    _refuse_empty(reason, actor)
    with _alone(ws) as scratch:
        store = ModelStore(ws.root, ws.workflow)
        entries, versions = known_moves(ws, store)
        chosen = store.version(_asked_or_candidate(store, versions, version), versions)
        refuse_unapproved(store, entries, chosen)
        refuse_alias_of_none(store, entries, versions)
        refuse_unknown_champion(ws, store, entries)
        if entries and is_release(store, entries[-1], chosen):
            if expected != entries[-1].from_version:  # which this very move replaced
                refuse_unexpected(ws, serving(ws, store, entries, versions), expected)
            _finish(ws, store, entries, prove(store, chosen, scratch))
            return None
        versions = finish_half_done(ws, store, entries, versions)
        refuse_wrong_alias(store, entries, versions)
        refuse_withdrawn(store, entries, chosen, again=again)
        champion = serving(ws, store, entries, versions)
        refuse_unexpected(ws, champion, expected)
        command_steps.reached("planned")
        proof = prove(store, chosen, scratch)
        loosened = refuse_unfit(ws, store, entries, versions, proof, champion)
        asked = refuse_not_approved(required_approvals(ws, store, entries, chosen, proof, loosened))
        refuse_undrilled(ws, proof, champion, within_drill=within_drill)
        refuse_unanswered(ws, store, chosen, proof, answer)
        command_steps.reached("proved")
        leaves = entries[-1] if entries else None
        return make_move(ws, store, ChampionMove(
            "promote", leaves, champion.digest, proof, reason, actor, asked.under, asked.held,
            _lost_whole(ws, entries), approvals=asked.counted()))  # fmt: skip


def rollback(
    ws: Workspace,
    reason: str,
    actor: str,
    answer: Answer,
    to: int | None = None,
    expected: int | None = None,
) -> JournalEntry | None:
    """Go back to a version that was champion before; it must load and answer first.

    Args:
        ws: The workflow.
        reason: Why, for the journal.
        actor: Who, for the journal.
        answer: Loads a release's folder and answers one input.
        to: Which; by default the champion before this one.
        expected: The champion that the caller believes to leave. After a rollback, this or `to` is
            what asks for another one.

    Returns:
        The journal's entry, or None where the newest entry is this very rollback: what was left
        undone is done then, and nothing goes back any further.

    Raises:
        ReleaseRefused: There is none, its files are not what was promoted, it does not answer, or
            the champion came by another rollback. Nothing has moved then.
    """
    _refuse_empty(reason, actor)
    with _alone(ws) as scratch:
        store = ModelStore(ws.root, ws.workflow)
        entries, versions = known_moves(ws, store)
        champion = serving(ws, store, entries, versions)
        if entries and is_same_rollback(entries[-1], reason, actor, to, expected):
            there = registered(store, entries[-1], versions)
            _finish(ws, store, entries, prove(store, there, scratch) if there else None)
            return None
        refuse_unexpected(ws, champion, expected)
        target = target_of(store, entries, versions, to, stated=expected is not None)
        version = registered(store, target, versions)
        if version is None:
            raise refuse_gone(store, entries, target, versions)
        refuse_unapproved(store, entries, version)
        command_steps.reached("planned")
        proof = prove(store, version, scratch)
        bridged = smoke(ws, proof, answer)
        command_steps.reached("proved")
        under, held = policies_of(ws, entries)
        move = ChampionMove("rollback", entries[-1], champion.digest, proof, reason, actor, under,
                    held, bridged=bridged)  # fmt: skip
        return make_move(ws, store, move)


def _finish(
    ws: Workspace, store: ModelStore, entries: tuple[JournalEntry, ...], proof: ReleaseProof | None
) -> None:
    """Do what is left of the move that the journal's newest entry made."""
    finish_move(ws, store, entries)
    if proof is not None and not ws.promotion.exists():
        under, _ = policies_of(ws, entries)
        state_move(ws, proof.folder, entries[-1], under.policy)


@contextlib.contextmanager
def _alone(ws: Workspace) -> Iterator[Path]:
    """No other move in this clone meanwhile; gives a folder for a version's files."""
    with (
        exclusive(ws.root, f"release-{ws.workflow}", refusal=ReleaseRefused),
        tempfile.TemporaryDirectory(prefix="dslm-") as scratch,
    ):
        yield Path(scratch)


def _lost_whole(ws: Workspace, entries: Sequence[JournalEntry]) -> tuple[str, ...]:
    """The newest entry that git knows of, where there is no journal that could have it."""
    head = read_noted(ws.champion).journal_head
    return (head,) if head and not entries else ()


def _asked_or_candidate(store: ModelStore, versions: Sequence[Version], version: int | None) -> int:
    """The version that is asked for, by default the one that `candidate` names."""
    if version is not None:
        return version
    number = next((one.number for one in versions if "candidate" in one.aliases), None)
    if number is None:
        fix = f"register one: {stage_command('register', store.model)}"
        raise ReleaseRefused("there is no candidate", where=store.model, fix=fix)
    return number


def _refuse_empty(reason: str, actor: str) -> None:
    if not letters(reason):
        raise InputError(
            "the reason is empty", where="--reason", fix="give a reason for the journal"
        )
    if not letters(actor):
        raise InputError("the actor is empty", where="--actor", fix="say who, for the journal")
