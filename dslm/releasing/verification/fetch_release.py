"""A registered release's files, fetched and proved.

Takes a workspace and a version, or none for the one that serves; gives a folder that
`dslm.inference.decider_loading` loads. Called by the score_champion stage, `dslm predict` and
others.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from dslm.errors import InputError, ReleaseRefused
from dslm.errors.third_party_errors import VARIABLE
from dslm.evidence import ChampionRelease, adapter_digests
from dslm.records import Baseline, JournalEntry
from dslm.releasing.journal.journal_anchors import known_to_readers
from dslm.releasing.moves.baseline import read_champion
from dslm.releasing.moves.champion_agreement import refuse_wrong_alias
from dslm.releasing.moves.promotion_preconditions import refuse_unapproved
from dslm.releasing.moves.release_identity import is_release, named, refuse_taken_over, registered
from dslm.releasing.package.copy_without_inputs import leave_out_inputs
from dslm.releasing.registry.mlflow_connection import nothing_yet
from dslm.releasing.registry.mlflow_store import RESTORE, ModelStore
from dslm.releasing.verification.release_verification import checked_files, prove
from dslm.settings.files.regular_files import refuse_no_folder
from dslm.settings.recipe import load_recipe
from dslm.settings.workspace import Workspace


def fetch_version(ws: Workspace, version: int, into: Path) -> Path:
    """Fetch a version into a folder, whether it serves or not.

    Returns:
        The release's folder, every byte compared with its manifest.

    Raises:
        ReleaseRefused: There is no such version, it is damaged or was never approved, or its number
            or the champion alias promises another release than it is.
    """
    store, entries = _opened(ws)
    found = store.version(version)
    refuse_unapproved(store, entries, found)
    refuse_taken_over(store, entries, found)
    if "champion" in found.aliases:
        refuse_wrong_alias(store, entries, store.versions())
    return prove(store, found, into).folder


def fetch_asked(ws: Workspace, version: int | None, into: Path) -> tuple[int, Path]:
    """Fetch a version into a folder, or the one that serves by the journal where none is named.

    Returns:
        Its number, and its folder, every byte compared with its manifest.

    Raises:
        ReleaseRefused: Nothing serves, or as `fetch_version` does.
    """
    if version is not None:
        return version, fetch_version(ws, version, into)
    if nothing_yet(ws.root):
        raise _nothing_serves(ws)
    store, entries = _opened(ws)
    versions = store.versions()
    refuse_wrong_alias(store, entries, versions)
    if not entries:
        raise _nothing_serves(ws)
    head = entries[-1]
    found = registered(store, head, versions)
    if found is None:
        what = f"the champion, {named(head.to_version, head.to_digest)}, is not in the registry"
        raise ReleaseRefused(what, where=store.model, fix=RESTORE)
    refuse_unapproved(store, entries, found)
    return found.number, prove(store, found, into).folder


def fetch_to(
    ws: Workspace, version: int | None, into: Path, *, without_inputs_by: str | None = None
) -> int:
    """Copy a version, or the one that serves, into a new folder; gives its number.

    Args:
        ws: The workflow.
        version: Which; None for the one that serves.
        into: The new folder.
        without_inputs_by: Who leaves out the inputs that it carries; by default nobody does.

    Raises:
        InputError: Something is there already, or the folder above is not.
        ReleaseRefused: As `fetch_asked` does; nothing is left then.
    """
    if into.exists() or into.is_symlink():
        raise InputError("is there already", where=into, fix="name a new folder")
    refuse_no_folder(into.parent, fix="make it first")
    with tempfile.TemporaryDirectory(dir=into.parent, prefix=f".{into.name}.") as beside:
        number, folder = fetch_asked(ws, version, Path(beside))
        if without_inputs_by is not None:
            leave_out_inputs(ws.root, folder, without_inputs_by)
        folder.rename(into)
    return number


def _nothing_serves(ws: Workspace) -> ReleaseRefused:
    noted = read_champion(ws.champion)
    fix = "promote a version, or ask the trained adapter: --candidate"
    if noted.version == 0:
        return ReleaseRefused("there is no champion yet", where=ws.workflow, fix=fix)
    what = f"names {named(noted.version, noted.digest)}, and this registry has no champion"
    fix = f"name the registry's server in {VARIABLE}, or restore it: docs/releases.md says how"
    return ReleaseRefused(what, where=ws.champion, fix=fix)


def fetch_release(ws: Workspace, baseline: Baseline, into: Path) -> Path:
    """Fetch the baseline's release into a folder.

    Returns:
        The release's folder, every byte compared with its manifest.

    Raises:
        ReleaseRefused: There is no such version, it is damaged, or it is another release; it was
            never champion or is broken; or the champion alias was set past the journal.
    """
    store, entries = _opened(ws)
    versions = store.versions()
    named_so = [version for version in versions if version.number == baseline.version]
    if not named_so:
        what = f"{named(baseline.version, baseline.digest)} is not in the registry"
        raise ReleaseRefused(what, where=ws.champion, fix=_renewed(entries))
    (found,) = named_so
    if found.digest != baseline.digest:
        raise ReleaseRefused(
            f"version {baseline.version} is not the release that {ws.champion.name} names",
            where=ws.champion,
            fix=_renewed(entries),
        )
    if not any(is_release(store, entry, found) for entry in entries):
        raise ReleaseRefused(
            f"{named(baseline.version, baseline.digest)} was never champion by the journal",
            where=ws.champion,
            fix=_renewed(entries),
        )
    refuse_wrong_alias(store, entries, versions)
    refuse_unapproved(store, entries, found)
    return prove(store, found, into).folder


def what_it_says(folder: Path) -> ChampionRelease:
    """What a release says of itself, to be kept beside its answers: its evidence and calibration.

    Args:
        folder: As fetched.
    """
    calibration = (folder / "calibration.json").read_bytes().decode()
    adapter = adapter_digests(folder / "adapter")
    return ChampionRelease(
        evidence=checked_files(folder),
        calibration=calibration,
        plan=load_recipe(folder / "recipe.yaml").plan_digest(),
        recipe=adapter["recipe"],
        data=adapter["data"],
    )


def _renewed(entries: Sequence[JournalEntry]) -> str:
    """How the repository's record of the champion and the registry come together again."""
    if not entries:
        return "restore the registry and its journal, or begin again: docs/releases.md says how"
    again = f"promote version {entries[-1].to_version} again"
    return f"look at `dslm release list`; `git pull`, {again}, or restore the registry"


def _opened(ws: Workspace) -> tuple[ModelStore, tuple[JournalEntry, ...]]:
    store = ModelStore(ws.root, ws.workflow)
    return store, known_to_readers(ws, store)
