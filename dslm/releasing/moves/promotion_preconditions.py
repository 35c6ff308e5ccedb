"""Whether a version may be promoted: approved, compared with what serves, as good by today's terms.

Takes a proved version and what serves; refuses with the reason. Called by promotion, approvals and
registration.
"""

from __future__ import annotations

from collections.abc import Sequence

from dslm.contract import load_contract
from dslm.errors import ReleaseRefused
from dslm.records import Baseline, Changes, JournalEntry
from dslm.releasing.journal.journal import withdrawn
from dslm.releasing.journal.look_anchors import refuse_lost_looks
from dslm.releasing.moves.anchor_release import refuse_other_anchor
from dslm.releasing.moves.baseline import read_champion
from dslm.releasing.moves.kept_terms import less_than_kept, terms_kept
from dslm.releasing.moves.release_identity import (
    digest_now,
    has_bytes_of,
    named,
    not_that_release,
    registered,
    taken_over,
)
from dslm.releasing.moves.rolled_back_terms import less_than_rolled_back
from dslm.releasing.package.smoke_test import Answer, smoke
from dslm.releasing.registry.mlflow_store import ModelStore
from dslm.releasing.registry.version import Version
from dslm.releasing.verification.recomputed_verdict import of_before_formats, refuse_unlike_release
from dslm.releasing.verification.release_verification import ReleaseProof
from dslm.settings.workspace import Workspace, stage_command

ANSWERED = "answered"  # the tag of a version that was loaded and answered, with its manifest


def serving(
    ws: Workspace,
    store: ModelStore,
    entries: Sequence[JournalEntry],
    versions: Sequence[Version],
) -> Baseline:
    """What serves by the journal; where that is empty, by the repository's own record."""
    noted = read_champion(ws.champion)
    if not entries:
        return noted
    found = registered(store, entries[-1], versions)
    return Baseline(
        version=entries[-1].to_version,
        digest=digest_now(store, entries[-1], versions, noted),
        contract_version=found and (found.contract_version or None),
        terms=found.terms if found else terms_kept(ws, entries[-1]),
    )


def lost(
    store: ModelStore,
    entries: Sequence[JournalEntry],
    versions: Sequence[Version],
    champion: Baseline,
) -> bool:
    """Whether there is a champion, but not in the registry or its journal, or broken there."""
    found = registered(store, entries[-1], versions) if entries else None
    return champion.version != 0 and (found is None or not found.approved)


def refuse_unexpected(ws: Workspace, champion: Baseline, expected: int | None) -> None:
    """Refuse where another release serves than the caller believes.

    What release a number is to the caller, the repository's own record says.

    Raises:
        ReleaseRefused: Another does.
    """
    if expected is None:
        return
    look = "look again, then decide"
    if expected != champion.version:
        what = f"the champion is version {champion.version}, not {expected}"
        raise ReleaseRefused(what, where=ws.workflow, fix=look)
    noted = read_champion(ws.champion)
    if noted.version == expected and noted.digest != champion.digest:
        what = f"the champion is {named(champion.version, champion.digest)}, not "
        what += f"{named(expected, noted.digest)}, as {ws.champion.name} says"
        raise ReleaseRefused(what, where=ws.workflow, fix=look)


def refuse_unapproved(store: ModelStore, entries: Sequence[JournalEntry], version: Version) -> None:
    """Refuse a version that was not read back and did not answer when it was registered.

    Raises:
        ReleaseRefused: Its status says so.
    """
    status = version.tags.get("status")
    if version.approved:
        return
    if taken_over(store, entries, version):
        also = f", and its status is {status!r}, not 'candidate'"
        raise not_that_release(version.number, store.model, also=also)
    where = f"{store.model} version {version.number}"
    fix = f"register it again: {stage_command('register', store.model)}"
    raise ReleaseRefused(f"its status is {status!r}, not 'candidate'", where=where, fix=fix)


def refuse_withdrawn(
    store: ModelStore, entries: tuple[JournalEntry, ...], version: Version, *, again: bool
) -> None:
    """Refuse a version that was rolled back from, by whatever number it is registered.

    The journal says so, not the version's status, which can be set by hand.

    Args:
        store: The registry.
        entries: The journal.
        version: To be promoted.
        again: Whether it is to be promoted all the same.

    Raises:
        ReleaseRefused: It was.
    """
    for made, by in withdrawn(entries):
        if not again and has_bytes_of(store, made, version):
            what = f"was withdrawn: {by.actor} rolled back from version {made.to_version} to "
            what += f"{by.to_version} (journal {by.seq}, {by.at}: {by.reason})"
            fix = "register a better one, or say why it may serve again: `dslm release promote "
            fix += f"{store.model} --version {version.number} --again --reason …`"
            raise ReleaseRefused(what, where=f"{store.model} version {version.number}", fix=fix)


def answered_tag(version: Version) -> dict[str, str]:
    """How registration writes down that a version has answered: with these bytes and no others."""
    return {ANSWERED: version.tags.get("manifest", "")}


def refuse_unanswered(
    ws: Workspace, store: ModelStore, version: Version, proof: ReleaseProof, answer: Answer | None
) -> None:
    """Refuse a version whose status alone says that it has answered: let it answer now.

    A status can be set by hand; versions of before registration wrote down more have no other.

    Raises:
        ReleaseRefused: It does not answer as was recorded, or nobody can ask it here.
    """
    if version.tags.get(ANSWERED) == answered_tag(version)[ANSWERED]:
        return
    if answer is None:
        what = "nothing shows that it has answered when it was registered"
        fix = f"register it again: {stage_command('register', store.model)}"
        where = f"{store.model} version {version.number}"
        raise ReleaseRefused(what, where=where, fix=fix)
    smoke(ws, proof, answer)
    store.tag(version.number, ANSWERED, answered_tag(version)[ANSWERED])


def refuse_stale(ws: Workspace, proof: ReleaseProof, champion: Baseline, *, lost: bool) -> None:
    """Refuse a verdict against another champion than the one that serves.

    A champion that is lost from the registry may come back under another number: it would be
    compared with itself, and what let it in once still stands.

    Raises:
        ReleaseRefused: It is one.
    """
    tested = proof.verdict.baseline
    if lost and proof.digest == champion.digest:
        return
    against = named(tested.version, tested.digest) if tested.version else "no champion"
    now = named(champion.version, champion.digest) if champion.version else "none"
    what = f"version {proof.version} was compared with {against}, now {now} serves"
    if (tested.version, tested.digest) == (champion.version, champion.digest):
        if not _misdated(tested, champion) and tested.terms == champion.terms:
            return
        what = f"version {proof.version} took the champion for one of contract version "
        what += f"{tested.contract_version}, it is of {champion.contract_version}"
        if tested.terms != champion.terms:
            what = f"version {proof.version} was not compared with what the champion was held to"
    fix = "compare again: `dvc repro`, then register and promote"
    if not _same(read_champion(ws.champion), champion):
        renew = f"`git pull`, or promote version {champion.version} again"
        fix = f"{ws.champion.name} is out of date: {renew}; then {fix}"
    raise ReleaseRefused(f"stale baseline: {what}", where=proof.contract.name, fix=fix)


def _same(one: Baseline, other: Baseline) -> bool:
    """Whether two records name the same champion."""
    same = (one.version, one.digest) == (other.version, other.digest)
    return same and not _misdated(one, other)


def _misdated(one: Baseline, other: Baseline) -> bool:
    """Whether two records of a champion differ on its contract, as far as both know it.

    The gate compares nothing with a champion of an older contract.
    """
    known = {one.contract_version, other.contract_version} - {None}
    return len(known) > 1


def refuse_old_contract(proof: ReleaseProof, ws: Workspace) -> None:
    """Refuse a version that fulfils an older contract than the one in force.

    Raises:
        ReleaseRefused: It does.
    """
    wanted = load_contract(ws.contract).version
    if proof.contract.version < wanted:
        raise ReleaseRefused(
            f"version {proof.version} fulfils contract version {proof.contract.version}, "
            f"{wanted} is in force",
            where=ws.contract,
            fix=f"retrain: {stage_command('gate', ws.workflow)}",
        )


def refuse_unfit(
    ws: Workspace,
    store: ModelStore,
    entries: Sequence[JournalEntry],
    versions: Sequence[Version],
    proof: ReleaseProof,
    champion: Baseline,
) -> tuple[Changes, ...]:
    """Refuse a proved version that was compared with another champion, or is not as good today.

    Returns:
        What changed since releases that were asked more, the champion first; none mostly.

    Raises:
        ReleaseRefused: It is one.
    """
    gone = lost(store, entries, versions, champion)
    refuse_stale(ws, proof, champion, lost=gone)
    refuse_old_contract(proof, ws)
    back = gone and proof.digest == champion.digest
    if not back:  # what let it in once still stands
        refuse_lost_looks(ws, versions, entries)
        refuse_other_anchor(ws, store, entries, proof, champion, versions)
    if back and of_before_formats(proof):  # which holds too little to be judged again
        return ()
    since = refuse_unlike_release(ws, proof).changes
    loosened: tuple[Changes, ...] = (since,) if since.loosening else ()
    if back:  # held to no less than it was then
        loosened += less_than_kept(ws, entries[-1] if entries else None, proof)
    return loosened + less_than_rolled_back(store, entries, versions, proof)
