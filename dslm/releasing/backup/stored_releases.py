"""What is left where a registry's database is lost: release folders, and the journal in git.

Takes a folder that MLflow kept artifacts in, at any depth, and the journal; gives for each release
that the journal names the folder that holds it, with the tags that registration gives. Folders of
anything else are passed over. Called by `restore_registry`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from pydantic import ValidationError

from dslm.errors import DslmError
from dslm.evidence import release_digest
from dslm.provenance import MANIFEST, digest_file
from dslm.records import JournalEntry, Release
from dslm.releasing.backup.backup_format import KeptRelease, KeptVersion, former, prove_kept
from dslm.releasing.registry.mlflow_store import FOLDER
from dslm.releasing.registry.version import CANDIDATE
from dslm.releasing.registry.version_tags import file_tags
from dslm.releasing.verification.release_verification import checked_files, read_verdict
from dslm.settings.files.regular_files import is_there, refuse_no_folder
from dslm.settings.workspace import Workspace
from dslm.strict_json import strict_json


def stored_releases(
    ws: Workspace, artifacts: Path, entries: Iterable[JournalEntry]
) -> dict[int, KeptRelease]:
    """The releases that the journal names, and the newest registration, of those that lie there.

    Args:
        ws: The workflow.
        artifacts: Such as `.mlflow/artifacts`, or a copy of a server's artifact store.
        entries: The journal.

    Returns:
        By their numbers; of several folders with one release, the first that is whole. When it was
        registered is not known: when its champion move was made stands for it.

    Raises:
        InputError: There is no such folder.
    """
    refuse_no_folder(artifacts, fix="name where MLflow kept artifacts")
    wanted: dict[tuple[str | None, str], dict[int, str]] = {}
    for entry in former(entries):
        same = wanted.setdefault((entry.to_digest, entry.verdict_digest), {})
        same[entry.to_version] = entry.at
    found: dict[int, KeptRelease] = {}
    receipt = _receipt(ws)
    for folder in _folders(artifacts):
        digest, verdict = _named(ws.workflow, folder)
        numbers = wanted.get((digest, verdict), {}) | wanted.get((None, verdict), {})
        if not numbers and receipt and receipt.digest == digest:
            numbers = {receipt.version: receipt.created}
        for number, at in numbers.items():  # several where the same bytes were registered twice
            if number not in found and (one := _whole(ws, folder, number, at)):
                found[number] = one
    return found


def candidate_of(ws: Workspace, releases: Mapping[int, KeptRelease]) -> int | None:
    """The newest registration by its receipt in git, where that release is among these."""
    receipt = _receipt(ws)
    there = receipt and releases.get(receipt.version)
    return receipt.version if receipt and there and there.version.digest == receipt.digest else None


def _receipt(ws: Workspace) -> Release | None:
    """The receipt of the newest registration; None of one that nobody can read."""
    try:
        return (
            Release.model_validate_json(ws.receipt.read_bytes()) if is_there(ws.receipt) else None
        )
    except ValidationError:
        return None


def _folders(artifacts: Path) -> Iterator[Path]:
    for manifest in sorted(artifacts.rglob(MANIFEST)):
        if manifest.parent.name == FOLDER and (manifest.parent / "gate.json").is_file():
            yield manifest.parent


def _named(workflow: str, folder: Path) -> tuple[str | None, str]:
    """Which release a folder says that it is: its digest, and its verdict's; nothing proved."""
    verdict = digest_file(folder / "gate.json")
    try:
        inputs = strict_json((folder / MANIFEST).read_bytes())["inputs"]
        return release_digest(workflow, inputs), verdict
    except (ValueError, TypeError, KeyError, AttributeError):
        return None, verdict


def _whole(ws: Workspace, folder: Path, number: int, at: str) -> KeptRelease | None:
    """The release in a folder; None where it is damaged, so that another copy may be whole."""
    try:
        evidence = checked_files(folder)
        verdict = read_verdict(folder / "gate.json", ws.workflow)
        tags = file_tags(ws.workflow, folder, evidence, verdict) | {"status": CANDIDATE}
        kept = KeptRelease(KeptVersion(number=number, tags=tags, registered=at), folder)
        prove_kept(ws, kept)
    except (DslmError, ValueError):
        return None
    return kept
