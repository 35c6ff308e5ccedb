"""What a pull request's `dvc.lock` and the folders that it names may say, before DVC reads them.

Takes their bytes; gives the objects to fetch, or refuses. DVC makes paths of the digests and names
in these files, in its cache and in the working tree: a digest or name of another form would be
written outside of both. Called by `evidence_pull`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from dslm.errors import ReleaseRefused
from dslm.settings.files.document_loading import plain, read_yaml
from dslm.strict_json import strict_json

FILE = re.compile(r"[0-9a-f]{32}\Z")
FOLDER = re.compile(r"[0-9a-f]{32}\.dir\Z")
_KEYS = frozenset({"path", "hash", "md5", "size", "nfiles", "isexec"})
_REPRO = "run `dvc repro` and `dvc push`, and commit dvc.lock as DVC writes it"
MOST_FILES = 100_000  # of one folder


@dataclass(frozen=True)
class Out:
    """One output of a stage, and the object that it is."""

    path: str
    md5: str


def read_lock(path: Path) -> dict[str, dict[str, Any]]:
    """The stages of a `dvc.lock`, every path and digest in it of the form that DVC writes.

    Raises:
        ReleaseRefused: One is not.
        InputError: It is no YAML.
    """
    document = plain(read_yaml(path))
    stages = document.get("stages") if isinstance(document, dict) else None
    if not isinstance(stages, dict) or document.get("schema") != "2.0":
        raise _no_lock("it is not of schema 2.0")
    for name, stage in stages.items():
        if not isinstance(stage, dict):
            raise _no_lock(f"{name} is no stage")
        for one in (*_listed(stage, "deps"), *_listed(stage, "outs")):
            _refuse_entry(name, one)
    return stages


def has_stages(stages: Mapping[str, Mapping[str, Any]], workflow: str) -> bool:
    """Whether a lock that was read has anything of a workflow."""
    return any(name.endswith(f"@{workflow}") for name in stages)


def _listed(stage: Mapping[str, Any], key: str) -> list[Any]:
    found = stage.get(key, [])
    if not isinstance(found, list):
        raise _no_lock(f"{key} is no list")
    return found


def _refuse_entry(stage: str, one: Any) -> None:
    if not isinstance(one, dict) or not one.keys() <= _KEYS or one.get("hash") != "md5":
        raise _no_lock(f"{stage} names something otherwise than by path and md5")
    if not is_inside(one.get("path")):
        raise _no_lock(f"{stage} names a path outside of the repository: {one.get('path')!r}")
    md5 = str(one.get("md5"))
    if not (FILE.match(md5) or FOLDER.match(md5)):
        raise _no_lock(f"{stage} has no digest of {one['path']}")


def is_inside(path: Any) -> bool:
    """Whether a path leads from a folder to something in it, and means the same everywhere."""
    if not isinstance(path, str) or not path or "\0" in path or "\\" in path or ":" in path:
        return False
    pure = PurePosixPath(path)
    plainly = pure.as_posix() == path and not pure.is_absolute()
    return plainly and not {"..", ".git", ".dvc"} & set(pure.parts)


def files_in(folder: Out, data: bytes) -> Iterator[Out]:
    """The files of a folder, by the object that lists them.

    Args:
        folder: The output.
        data: The object's bytes; their digest was compared.

    Raises:
        ReleaseRefused: It lists something otherwise than DVC does.
    """
    try:
        listed = strict_json(data)
    except ValueError as error:
        raise _no_folder(folder, f"is no list of files ({error})") from None
    if not isinstance(listed, list) or len(listed) > MOST_FILES:
        raise _no_folder(folder, "is no list of files, or of too many")
    seen = set[str]()
    for one in listed:
        if not isinstance(one, dict) or one.keys() != {"md5", "relpath"}:
            raise _no_folder(folder, "names a file otherwise than by md5 and relpath")
        name, md5 = one["relpath"], one["md5"]
        if not is_inside(name) or name in seen or not FILE.match(str(md5)):
            raise _no_folder(folder, f"names a file that cannot be in it: {name!r}")
        seen.add(name)
        yield Out(f"{folder.path}/{name}", md5)


def _no_lock(what: str) -> ReleaseRefused:
    return ReleaseRefused(f"not as DVC writes it: {what}", where="dvc.lock", fix=_REPRO)


def _no_folder(folder: Out, what: str) -> ReleaseRefused:
    return ReleaseRefused(f"its list in the DVC remote {what}", where=folder.path, fix=_REPRO)
