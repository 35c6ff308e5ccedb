"""Makes the dossier of a version: whole, into a folder that was not there, or not at all.

Takes a workspace, a version and a place; gives the `Dossier`. Called by `dslm release dossier`.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from dslm.errors import InputError, ReleaseRefused
from dslm.provenance import digest_file, sync_folder, write_manifest
from dslm.releasing.dossier.artefacts import Artefacts
from dslm.releasing.dossier.collected_files import gather, gathered_from
from dslm.releasing.dossier.derived_files import Dossier, build
from dslm.releasing.dossier.dossier_contents import MADE
from dslm.releasing.dossier.recomputed_numbers import not_as_computed
from dslm.releasing.journal.journal import Journal
from dslm.releasing.journal.journal_proof import signed_moves
from dslm.releasing.registry.mlflow_connection import nothing_yet
from dslm.releasing.registry.mlflow_store import ModelStore
from dslm.releasing.verification.release_verification import ReleaseProof, prove
from dslm.settings.files.regular_files import refuse_no_folder
from dslm.settings.workspace import Workspace

MOST_NAMED = 3


def make_dossier(ws: Workspace, version: int, into: Path, *, with_inputs: bool = False) -> Dossier:
    """Make the dossier of a version.

    Args:
        ws: The workflow.
        version: Which version.
        into: A folder that is not there yet.
        with_inputs: Add the inputs of gold, personal values hidden.

    Raises:
        InputError: Something is there already, the folder above is not, or inputs are asked for
            and the gold set here is another.
        ReleaseRefused: The version is not what was registered, personal data cannot be looked for
            here, or its numbers do not follow from its rows.
    """
    if into.exists() or into.is_symlink():
        raise InputError("is there already", where=into, fix="name a new folder: --to FOLDER")
    refuse_no_folder(into.parent, fix="make it first")
    if nothing_yet(ws.root):
        fix = "`dslm release list` shows what there is"
        raise ReleaseRefused("no version is registered yet", where=ws.workflow, fix=fix)
    with tempfile.TemporaryDirectory(dir=into.parent, prefix=f".{into.name}.") as beside:
        fetched, folder = Path(beside) / "release", Path(beside) / "dossier"
        fetched.mkdir()
        folder.mkdir()
        collect(ws, version, fetched, folder, with_inputs=with_inputs)
        told = build(folder)
        _refuse_other_numbers(Artefacts(folder))
        write_manifest(folder, {"release": told.digest, MADE: digest_file(folder / MADE)})
        sync_folder(folder)
        folder.rename(into)
        sync_folder(into.parent)
    return told


def collect(
    ws: Workspace, version: int, fetched: Path, folder: Path, *, with_inputs: bool
) -> ReleaseProof:
    """Fetch a version, prove it, and gather what its dossier rests on.

    Args:
        ws: The workflow.
        version: Which version.
        fetched: An empty folder for the version's files.
        folder: An empty folder for the dossier.
        with_inputs: Add the inputs of gold.
    """
    store = ModelStore(ws.root, ws.workflow)
    entries = Journal(store).entries()
    found = store.version(version)
    proof = prove(store, found, fetched)
    gather(
        gathered_from(ws, proof, entries, signed_moves(entries, store.model)),
        folder,
        with_inputs=with_inputs,
    )
    return proof


def _refuse_other_numbers(found: Artefacts) -> None:
    """Refuse to pass on numbers that do not follow from the rows.

    Raises:
        ReleaseRefused: Some do not.
    """
    if differ := not_as_computed(found):
        more = f"; and {len(differ) - MOST_NAMED} more" if len(differ) > MOST_NAMED else ""
        what = f"its numbers are not what follows from its rows: {'; '.join(differ[:MOST_NAMED])}"
        where = f"{found.made.workflow} version {found.made.version}"
        fix = "make its dossier with the dslm that it was scored with"
        raise ReleaseRefused(what + more, where=where, fix=fix)
