"""A registered release's files, fetched and proved. Called by the score_champion stage."""

from __future__ import annotations

from pathlib import Path

from dslm.errors import ReleaseRefused
from dslm.records import Baseline
from dslm.releasing.checking import prove
from dslm.releasing.store import ModelStore
from dslm.settings.workspace import Workspace


def fetch_release(ws: Workspace, baseline: Baseline, into: Path) -> Path:
    """Fetch the baseline's release into a folder.

    Returns:
        The release's folder, every byte compared with its manifest.

    Raises:
        ReleaseRefused: There is no such version, it is damaged, or it is another release.
    """
    store = ModelStore(ws.root, ws.workflow)
    proof = prove(store, store.version(baseline.version), into)
    if proof.digest != baseline.digest:
        raise ReleaseRefused(
            f"version {baseline.version} is not the release that {ws.champion.name} names",
            where=ws.champion,
            fix="look at `dslm release history`",
        )
    return proof.folder
