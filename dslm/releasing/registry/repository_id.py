"""Whose a registry's versions are: each repository has a name in the registry and an id of its own.

Takes a repository root; gives the name that MLflow knows a model by (with the policy's `namespace`
before it), and the id that `registry/repository.json` keeps in git. Every version and every page of
a journal is tagged with the id of the repository that wrote it, and a new registered model too,
which only one of two can create. Called by `mlflow_store` and `mlflow_tracking`, which speak to
MLflow.

Versions of before there was an id have none, and are whoever's reads them, as they were.
"""

from __future__ import annotations

import json
import os
import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from dslm.errors import InputError, ReleaseRefused
from dslm.errors.notices import notice
from dslm.provenance import sync_folder
from dslm.releasing.registry.mlflow_connection import NAME, database
from dslm.settings.files.regular_files import is_there
from dslm.settings.release_policy import PATH, load_release_policy
from dslm.settings.workspace import Workspace, origin
from dslm.strict_json import strict_json

FILE = Path("registry") / "repository.json"
TAG = "repository"
_ID = re.compile(r"[0-9a-f]{16}\Z")


class Tagged(Protocol):
    """A version, or what has its tags."""

    @property
    def tags(self) -> Mapping[str, str]:
        """By key."""


def name_in_registry(root: Path, name: str) -> str:
    """The name of a registered model or an experiment in MLflow.

    A workflow's name has no dash, so that none is another one with a namespace before it.

    Args:
        root: The repository, whose policy may have a namespace.
        name: A workflow, or its journal.
    """
    namespace = load_release_policy(root).namespace
    return f"{namespace}-{name}" if namespace else name


def repository_id(root: Path) -> str | None:
    """The id that a repository has in git; None where none was made yet.

    Raises:
        InputError: The file holds none.
    """
    path = _file(root)
    if not is_there(path):
        return None
    try:
        said = strict_json(path.read_bytes())
    except ValueError:
        said = None
    found = said.get("id") if isinstance(said, dict) else None
    if not (isinstance(found, str) and _ID.match(found)):
        raise InputError("holds no id of a repository", where=path, fix="restore it from git")
    return found


def id_to_write(root: Path, versions: Iterable[Tagged]) -> str:
    """An id for a repository that has none yet: that of its own versions, else a new one.

    Args:
        root: The repository.
        versions: What is registered under its name, none of it another repository's.
    """
    there = next((v.tags[TAG] for v in versions if _ID.match(v.tags.get(TAG, ""))), None)
    made = _put(_file(root), there or secrets.token_hex(8))
    what = "now has the id by which a shared registry knows this repository: commit it"
    notice(f"{FILE} {what}")
    return made


def refuse_others(root: Path, name: str, versions: Sequence[Tagged]) -> None:
    """Refuse to go on where another repository has written under this name.

    A repository without an id may be a clone in which the file was never committed: what lies in
    its own `.mlflow` is its own, and so is a registry that has what its receipts name.

    Args:
        root: The repository.
        name: The workflow, or its journal.
        versions: What is registered under that name.

    Raises:
        ReleaseRefused: Somebody else has.
    """
    ids = {version.tags[TAG] for version in versions if TAG in version.tags}
    if not ids:
        return
    own = repository_id(root)
    others = ids - {own}
    if not others or (own is None and len(ids) == 1 and _is_kin(root, name, versions)):
        return
    raise other_repository(root, name, min(others))


def refuse_other_model(root: Path, name: str, tags: Mapping[str, str]) -> None:
    """Refuse a registered model that another repository was faster to create.

    Raises:
        ReleaseRefused: It was.
    """
    if tags.get(TAG, own := repository_id(root)) != own:
        raise other_repository(root, name, tags[TAG])


def other_repository(root: Path, name: str, there: str) -> ReleaseRefused:
    """The refusal of what another repository registered under this repository's name."""
    known = name_in_registry(root, name)
    fix = f"give this repository a `namespace` of its own in {PATH}; where it is a clone of that "
    fix += f"one, `git pull`: {FILE} is kept in git and has to say that id"
    what = f"belongs to another repository, of id {there[:40]!r}"
    return ReleaseRefused(what, where=known, fix=fix)


def _file(root: Path) -> Path:
    """Of an experiment of DVC's it is the repository's that it was started from."""
    return origin(root) / FILE


def is_own(root: Path) -> bool:
    """Whether the registry is the repository's own `.mlflow`, which nobody shares."""
    path = database(root)
    return path is not None and path.resolve() == (origin(root) / ".mlflow" / NAME).resolve()


def _is_kin(root: Path, name: str, versions: Iterable[Tagged]) -> bool:
    if is_own(root):
        return True
    known = _receipts(Workspace(root, name.partition(".")[0]))
    return any(version.tags.get("digest") in known for version in versions)


def _receipts(ws: Workspace) -> set[str]:
    """The digests of releases and of the journal's newest entry that git knows."""
    found: set[str] = set()
    for path in (ws.champion, ws.receipt):
        try:
            said = strict_json(path.read_bytes()) if path.is_file() else None
        except ValueError:
            continue
        if isinstance(said, dict):
            found |= {str(said[key]) for key in ("digest", "journal_head") if said.get(key)}
    return found


def _put(path: Path, value: str) -> str:
    """Write the file unless another process was faster; gives the id that it has."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        beside.write_text(json.dumps({"id": value}) + "\n")
        os.link(beside, path)
        sync_folder(path.parent)
    except FileExistsError:
        return repository_id(path.parent.parent) or value
    finally:
        beside.unlink(missing_ok=True)
    return value
