"""Every stored release of a workflow, as far as a registry of the repository keeps its files.

Takes a workspace; gives each with where its files lie, of the registry in use and of the
repository's own that was left behind. Called by `inventory` and `forgetting`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from dslm.errors import ReleaseRefused
from dslm.releasing.opening import nothing_yet, own_artifacts, plain_faults, registry_at
from dslm.releasing.repository_id import is_own
from dslm.releasing.store import FOLDER, ModelStore
from dslm.releasing.stored_files import refuse_foreign_place
from dslm.releasing.version import Version
from dslm.settings.workspace import Workspace


@dataclass(frozen=True)
class Stored:
    """The files of one release in the registry.

    Attributes:
        version: As the registry has it; number 0 where its files were uploaded and no version made.
        local: Where they lie, if that is on this machine.
        folder: A copy, or the same.
        left_behind: Whether the registry is the repository's own, which is not the one in use.
    """

    version: Version
    local: Path | None
    folder: Path
    left_behind: bool = False

    @property
    def named(self) -> str:
        """For people."""
        if self.version.number:
            return f"version {self.version.number}" + " in .mlflow" * self.left_behind
        return f"run {self.version.run_id}, which became no version"

    def registry(self) -> contextlib.AbstractContextManager[None]:
        """What is opened meanwhile is the registry that keeps it."""
        return registry_at(None) if self.left_behind else contextlib.nullcontext()


def stored_releases(ws: Workspace, scratch: Path) -> Iterator[Stored]:
    """Every release whose files a registry of the repository keeps, oldest first.

    Where that is a server by now, also those that were left behind in the repository's own.

    Args:
        ws: The workflow.
        scratch: A folder for copies of those that lie on a server.
    """
    met = set()
    for stored in _registered(ws, scratch):
        met.add(stored.folder.resolve())
        yield stored
    if not is_own(ws.root):
        with registry_at(None):
            left = _registered(ws, scratch, left_behind=True)
        for stored in left:
            if stored.folder.resolve() not in met:
                met.add(stored.folder.resolve())
                yield stored
    for folder in _folders(ws):
        if folder.resolve() not in met:
            yield Stored(Version(0, {}, (), "", folder.parents[1].name), folder, folder)


def _registered(ws: Workspace, scratch: Path, *, left_behind: bool = False) -> list[Stored]:
    """Those that MLflow knows: of versions, and of uploads that became none."""
    if nothing_yet(ws.root):
        return []
    store = ModelStore(ws.root, ws.workflow)
    versions = [one for one in store.versions() if one.run_id]
    known = {one.run_id for one in versions}
    runs = (run for run in store.release_runs() if run not in known)
    versions += [Version(0, {}, (), "", run) for run in runs]
    found = []
    for place, version in enumerate(versions):
        local = _local(store, str(version.run_id))
        if local is None:
            into = scratch / str(place)
            into.mkdir()
            with contextlib.suppress(ReleaseRefused):  # its files are gone
                found.append(Stored(version, None, store.fetch(version, into)))
        elif local.is_dir():
            found.append(Stored(version, local, local, left_behind))
    return found


def _folders(ws: Workspace) -> Iterator[Path]:
    """Folders of releases in the repository's own MLflow, also of runs that no MLflow knows.

    They stay there when releases move to a server.
    """
    found = sorted((own_artifacts(ws.root) / ws.workflow).glob(f"*/artifacts/{FOLDER}"))
    yield from (one for one in found if one.is_dir() and not one.is_symlink())


def _local(store: ModelStore, run_id: str) -> Path | None:
    """The folder of a run's release, if it lies on this machine.

    Raises:
        ReleaseRefused: Its address is no place for releases: nothing is written there.
    """
    with plain_faults(store.root):
        uri = store.mlflow.get_run(run_id).info.artifact_uri
    refuse_foreign_place(store.root, uri, FOLDER, where=store.model)
    split = urlsplit(uri)
    if split.scheme not in ("", "file"):
        return None
    return Path(url2pathname(split.path) if split.scheme else uri) / FOLDER
