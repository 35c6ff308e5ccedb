"""A registered release's files, fetched and proved.

Takes a workspace and a version; gives a folder that `dslm.inference.loading` loads. Called by the
score_champion stage and by `dslm predict`.
"""

from __future__ import annotations

from pathlib import Path

from dslm.errors import ReleaseRefused
from dslm.records import Baseline
from dslm.releasing.checking import Proof, prove
from dslm.releasing.store import ModelStore
from dslm.settings.workspace import Workspace


def fetch_version(ws: Workspace, version: int, into: Path) -> Path:
    """Fetch a version into a folder, whether it serves or not.

    Returns:
        The release's folder, every byte compared with its manifest.

    Raises:
        ReleaseRefused: There is no such version, or it is damaged.
    """
    return _prove(ws, version, into).folder


def fetch_release(ws: Workspace, baseline: Baseline, into: Path) -> Path:
    """Fetch the baseline's release into a folder.

    Returns:
        The release's folder, every byte compared with its manifest.

    Raises:
        ReleaseRefused: There is no such version, it is damaged, or it is another release.
    """
    proof = _prove(ws, baseline.version, into)
    if proof.digest != baseline.digest:
        raise ReleaseRefused(
            f"version {baseline.version} is not the release that {ws.champion.name} names",
            where=ws.champion,
            fix="look at `dslm release history`",
        )
    return proof.folder


def _prove(ws: Workspace, version: int, into: Path) -> Proof:
    store = ModelStore(ws.root, ws.workflow)
    return prove(store, store.version(version), into)
