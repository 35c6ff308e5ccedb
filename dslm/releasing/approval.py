"""Whether a version may be promoted: approved, compared with what serves, of the contract in force.

Takes a version, its proof and what serves by the journal; refuses with the next step, or says
nothing. Called by `promoting`, and by `fetching` for a version's status.
"""

from __future__ import annotations

from collections.abc import Sequence

from dslm.contract import load_contract
from dslm.errors import ReleaseRefused
from dslm.records import Baseline, JournalEntry
from dslm.releasing.baseline import read_champion
from dslm.releasing.checking import Proof
from dslm.releasing.identity import digest_now, named, not_that_release, registered, taken_over
from dslm.releasing.store import ModelStore, Version
from dslm.settings.workspace import Workspace


def serving(
    ws: Workspace,
    store: ModelStore,
    entries: Sequence[JournalEntry],
    versions: Sequence[Version],
) -> Baseline:
    """What serves by the journal: number and digest."""
    if not entries:
        return Baseline()
    digest = digest_now(store, entries[-1], versions, read_champion(ws.champion))
    return Baseline(version=entries[-1].to_version, digest=digest)


def lost(store: ModelStore, entries: Sequence[JournalEntry], versions: Sequence[Version]) -> bool:
    """Whether there is a champion, but not in the registry."""
    return bool(entries) and registered(store, entries[-1], versions) is None


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
    if status == "candidate":
        return
    if taken_over(store, entries, version):
        also = f", and its status is {status!r}, not 'candidate'"
        raise not_that_release(version.number, store.model, also=also)
    where = f"{store.model} version {version.number}"
    fix = "register it again: `make release`"
    raise ReleaseRefused(f"its status is {status!r}, not 'candidate'", where=where, fix=fix)


def refuse_stale(proof: Proof, champion: Baseline, *, lost: bool) -> None:
    """Refuse a verdict against another champion than the one that serves.

    A champion that is lost from the registry may come back under another number: it would be
    compared with itself, and what let it in once still stands.

    Raises:
        ReleaseRefused: It is one.
    """
    tested = proof.verdict.baseline
    if (tested.version, tested.digest) == (champion.version, champion.digest):
        return
    if lost and proof.digest == champion.digest:
        return
    against = named(tested.version, tested.digest) if tested.version else "no champion"
    now = named(champion.version, champion.digest) if champion.version else "none"
    raise ReleaseRefused(
        f"stale baseline: version {proof.version} was compared with {against}, now {now} serves",
        where=proof.contract.name,
        fix="compare anew: `dvc repro`, then register and promote",
    )


def refuse_old_contract(proof: Proof, ws: Workspace) -> None:
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
            fix="retrain: `dvc repro`",
        )
