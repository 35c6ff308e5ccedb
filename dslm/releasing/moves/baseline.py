"""Which release a candidate is compared with.

The champion: except that a candidate that has become champion, with nothing changed since, keeps
the comparison that let it in, so promoting changes no verdict and `dvc repro` settles. Called by
the baseline stage; reads files of the repository only.
"""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from dslm.errors import InputError
from dslm.records import Baseline, Champion, Verdict
from dslm.settings.files.regular_files import refuse_no_file
from dslm.settings.workspace import Workspace


def read_champion(path: Path) -> Baseline:
    """The version that serves, as promotion and rollback recorded it.

    Raises:
        InputError: The file is missing or is no such record.
    """
    return read_noted(path).release()


def read_noted(path: Path) -> Champion:
    """All that `champion.json` has: the version that serves, and the journal's newest entry then.

    Raises:
        InputError: The file is missing or is no such record.
    """
    refuse_no_file(path, fix='a new workflow starts with {"version": 0, "digest": null}')
    try:
        return Champion.model_validate_json(path.read_bytes())
    except ValidationError as error:
        what = f"is no record of a champion ({error.errors()[0]['msg']})"
        raise InputError(what, where=path, fix="restore it from git") from None


def readable_note(path: Path) -> Champion:
    """The same for who only looks or writes it anew: nothing of one that cannot be read."""
    try:
        return read_noted(path)
    except InputError:
        return Champion()


def _is_champion(ws: Workspace, champion: Baseline) -> bool:
    """Whether what lies in the working tree is the release that serves, evidence and all."""
    from dslm.evidence import current, release_digest  # loads much, and reading needs none of it

    return release_digest(ws.workflow, current(ws)) == champion.digest


def choose_baseline(ws: Workspace) -> Baseline:
    """The release that the candidate in the working tree is compared with.

    Raises:
        InputError: A record or the verdict that this depends on cannot be read.
    """
    champion = read_champion(ws.champion)
    if champion.version == 0 or not _is_champion(ws, champion):
        return champion
    verdict = ws.results / "gate.json"
    if not verdict.is_file():
        return champion  # compared with itself: every difference is then zero
    try:
        return Verdict.model_validate_json(verdict.read_bytes()).baseline
    except ValidationError as error:
        what = f"is no verdict ({error.errors()[0]['msg']})"
        raise InputError(what, where=verdict, fix="restore it from git, or delete it") from None
