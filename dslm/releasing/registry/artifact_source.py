"""Where a version's files are fetched from: the place that the registry's own files lie in.

MLflow copies from whatever address its database names, another host's too, and follows links while
it copies. Takes the address that a run has; refuses one that is no place for releases, and a local
folder that holds anything but plain files. Called by `mlflow_store` before it fetches.
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from dslm.errors import ReleaseRefused
from dslm.releasing.package.allowed_files import refuse_irregular
from dslm.releasing.registry.mlflow_connection import NAME, artifact_folder, database
from dslm.uris import without_password

RESTORE = "somebody edited the registry: restore its database, and find out by whom"
FOREIGN = frozenset({"http", "https", "ftp", "sftp"})  # a server's own files are `mlflow-artifacts`


def _is_own(root: Path, files: Path) -> bool:
    """Whether the database lies beside a repository's files.

    Clones that share one elsewhere write each into their own folder, so that any may be meant.
    """
    there = database(root)
    return there is not None and there.resolve() == (files.parent / NAME).resolve()


def refuse_foreign_place(root: Path, uri: str, name: str, *, where: str) -> None:
    """Refuse files that lie elsewhere than this registry keeps them.

    Args:
        root: The repository.
        uri: Of the files of a run, as the registry has it.
        name: What of them is asked for, a relative path.
        where: Which version, for the message.

    Raises:
        ReleaseRefused: They do, or are no plain files.
    """
    scheme, own = urlsplit(uri).scheme, artifact_folder(root)
    if scheme in FOREIGN or (own is not None and scheme not in ("", "file")):
        what = f"its files would be fetched from {without_password(uri)}"
        raise ReleaseRefused(what, where=where, fix=RESTORE)
    if scheme not in ("", "file"):
        return
    path = Path(url2pathname(urlsplit(uri).path) if scheme else uri)
    folder = (path / name).resolve()
    if own is not None and _is_own(root, own) and not folder.is_relative_to(own.resolve()):
        what = f"its files would be read from {folder}, outside of {own}"
        raise ReleaseRefused(what, where=where, fix=RESTORE)
    if folder.is_dir():
        refuse_irregular(folder)
