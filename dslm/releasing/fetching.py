"""A registered release's files, fetched and proved.

Takes a workspace and a version; gives a folder that `dslm.inference.loading` loads. Called by the
score_champion stage and by `dslm predict`.
"""

from __future__ import annotations

from pathlib import Path

from dslm.errors import ReleaseRefused
from dslm.records import Baseline, JournalEntry
from dslm.releasing.agreement import refuse_wrong_alias
from dslm.releasing.approval import refuse_unapproved
from dslm.releasing.checking import prove
from dslm.releasing.identity import is_release, named, refuse_taken_over
from dslm.releasing.journal import Journal
from dslm.releasing.store import ModelStore
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


def fetch_release(ws: Workspace, baseline: Baseline, into: Path) -> Path:
    """Fetch the baseline's release into a folder.

    Returns:
        The release's folder, every byte compared with its manifest.

    Raises:
        ReleaseRefused: There is no such version, it is damaged, or it is another release; it was
            never champion; or the champion alias was set past the journal.
    """
    store, entries = _opened(ws)
    found = store.version(baseline.version)
    if found.digest != baseline.digest:
        raise ReleaseRefused(
            f"version {baseline.version} is not the release that {ws.champion.name} names",
            where=ws.champion,
            fix="look at `dslm release list` and `dslm release history`",
        )
    if not any(is_release(store, entry, found) for entry in entries):
        raise ReleaseRefused(
            f"{named(baseline.version, baseline.digest)} was never champion by the journal",
            where=ws.champion,
            fix="restore it from git",
        )
    refuse_wrong_alias(store, entries, store.versions())
    return prove(store, found, into).folder


def _opened(ws: Workspace) -> tuple[ModelStore, tuple[JournalEntry, ...]]:
    store = ModelStore(ws.root, ws.workflow)
    return store, Journal(store).entries()
